"""Riffusion's request as JSON: what its web app and its other clients send."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from livediffusion.control.guests import Wish
from livediffusion.errors import UserError
from livediffusion.render.request import SEED_MAX
from livediffusion.render.riffusion import End, Inference
from livediffusion.render.seed_images import beats_in, find_image
from livediffusion.state.checks import number, text, whole
from livediffusion.state.tomlsource import Check

# Each field's check and whether it must be there; None stands for a field that is not.
_END: Mapping[str, tuple[Check, bool]] = {
    "prompt": (text(), True),
    "seed": (whole(0, SEED_MAX), True),
    "negative_prompt": (text(), False),
    "denoising": (number(0, 1), False),
    "guidance": (number(0, 20), False),
}
_REQUEST: Mapping[str, tuple[Check, bool]] = {
    "alpha": (number(0, 1), True),
    "num_inference_steps": (whole(1, 100), False),
    "seed_image_id": (text(100), False),
    "mask_image_id": (text(100), False),
}


def parse_inference(body: bytes) -> Inference:
    """A request from its JSON; fields that are not known are passed over.

    Raises UserError with one sentence on the first thing that is wrong.
    """
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise UserError("The request is not JSON.") from None
    if not isinstance(given, dict):
        raise UserError('The request must be an object: {"start": {…}, "end": {…}, "alpha": 0.5}.')
    start = End(**_checked(given.get("start"), _END, "start."))
    end = End(**_checked(given.get("end"), _END, "end."))
    return Inference(start, end, **_checked(given, _REQUEST, ""))


def wish_of(inference: Inference, folder: Path) -> Wish:
    """The request with its images found in `folder` or among ours. Raises UserError."""
    seed_image = find_image(inference.seed_image_id, folder)
    mask = find_image(inference.mask_image_id, folder) if inference.mask_image_id else ""
    return Wish(inference, str(seed_image), beats_in(seed_image), str(mask))


def _checked(
    given: object, fields: Mapping[str, tuple[Check, bool]], prefix: str
) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise UserError(f"{prefix[:-1]} must be an object with prompt and seed.")
    found = {}
    for name, (check, needed) in fields.items():
        value = given.get(name)
        if value is None and not needed:
            continue
        if value is None:
            raise UserError(f"{prefix}{name} is missing.")
        try:
            found[name] = check(value)
        except ValueError as error:
            raise UserError(f"{prefix}{name} {error}.") from None
    return found
