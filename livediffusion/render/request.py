"""What decides the sound of a loop, and nothing else (DESIGN.md section 4).

Equal keys, rendered under an equal `engine_id`, give equal samples.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from livediffusion.errors import UserError
from livediffusion.spectrogram.params import PHASES, PhaseChoice
from livediffusion.types import BPM, Json

Weighted: TypeAlias = tuple[tuple[str, float], ...]
WeightedSeeds: TypeAlias = tuple[tuple[int, float], ...]
SAMPLERS = ("model", "dpm++", "ddim", "ddim-trailing", "euler", "lcm", "tcd")
SEED_MAX = 2**31 - 1
LORA_MOST = 4.0  # the most of a LoRA, either way; long before it nothing but noise is left
BATCH_MOST = 8
BEFORE = "before"  # as `phase_from` in an order: the loop that is rendered before it
_WEIGHT_GRID = 1000  # finer differences than 1/1000 cannot be heard, but would defeat the cache


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """One loop to render.

    Weights of prompts and of seeds sum to 1. Two seeds are slerped by the second one's weight,
    more are summed and rescaled to keep the noise's norm. `seed_image` and `mask` are file
    paths ("" for none). `model_hash` and `images_hash` say which weights and which pictures are
    meant; empty, the renderer takes what is there and fills them in. `seam` says whether the
    decoder pads a picture in time with its other end, so that the loop closes, or with zeros as
    Riffusion's. `phase` is how it is found, "model" for the renderer's choice. `phase_from` is the
    audio key of the loop whose phase this one starts from, or None for a cold start; in an order
    also `BEFORE`.

    `loras` are added to the model's weights, so much of each; `decoder` makes the picture in place
    of the model's own, "" leaves that to the renderer and "model" means its own. `addons_hash` is
    to these, and to the embeddings that prompts name, what `images_hash` is to pictures.

    `batch` pictures are denoised together: not heard, but it may decide the last bits.
    """

    prompts: Weighted
    seeds: WeightedSeeds
    tempo: BPM
    model: str = "pocket"
    model_hash: str = ""
    negative: str = ""
    guidance: float = 1.0
    strength: float = 0.75
    steps: int = 4
    sampler: str = "model"
    noise: Literal["cpu", "device"] = "cpu"
    seed_image: str = ""
    mask: str = ""
    images_hash: str = ""
    loras: Weighted = ()
    decoder: str = ""
    addons_hash: str = ""
    seam: Literal["closed", "open"] = "closed"
    beats: int = 8
    phase: PhaseChoice = "model"
    phase_iterations: int = 0  # 0: as many as the engine thinks right for cold or warm
    phase_from: str | None = None
    batch: int = 1

    def picture_key(self) -> str:
        """Key of everything that decides the spectrogram."""
        return self._digest(_PICTURE_FIELDS)

    def cache_key(self) -> str:
        """Key of everything that can be heard but the phase's history."""
        return self._digest(_CACHE_FIELDS)

    def company_key(self) -> str:
        """Key of what pictures must have in common to be denoised together."""
        texts = tuple((text, 1.0) for text, _ in self.prompts)
        guidance = 2.0 if self.guidance > 1.0 else 1.0  # each may have its own, once it has one
        alike = dataclasses.replace(self, prompts=texts, seeds=(), guidance=guidance, batch=1)
        return alike._digest(_PICTURE_FIELDS)

    def audio_key(self) -> str:
        """Key of everything that decides the samples."""
        return self._digest(_ALL_FIELDS)

    def to_json(self) -> Json:
        """As a JSON object."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: Json) -> RenderRequest:
        """Back from `to_json`, also after a trip through JSON."""
        prompts = tuple((str(text), float(weight)) for text, weight in values["prompts"])
        seeds = tuple((int(seed), float(weight)) for seed, weight in values["seeds"])
        loras = tuple((str(name), float(weight)) for name, weight in values.get("loras", ()))
        return cls(**{**values, "prompts": prompts, "seeds": seeds, "loras": loras})

    def check(self) -> None:
        """Raise UserError with one sentence when no loop can be rendered from this."""
        if not self.prompts:
            raise UserError("There is no prompt to render; give at least one a weight above 0.")
        if not self.seeds or any(not 0 <= seed <= SEED_MAX for seed, _ in self.seeds):
            raise UserError(f"Seeds must be in 0..{SEED_MAX}; choose at least one.")
        if self.sampler not in SAMPLERS:
            known = ", ".join(SAMPLERS)
            raise UserError(f"There is no sampler '{self.sampler}'; choose one of {known}.")
        if self.seam not in ("closed", "open"):
            raise UserError(f"seam must be closed or open, not {self.seam!r}.")
        if self.phase not in ("model", *PHASES):
            raise UserError(f"phase must be model, {', '.join(PHASES)}, not {self.phase!r}.")
        if any(not (math.isfinite(w) and abs(w) <= LORA_MOST) for _, w in self.loras):
            raise UserError(f"Weights of LoRAs must be in -{LORA_MOST:g}..{LORA_MOST:g}.")
        for name, low, high in _RANGES:
            value = getattr(self, name)
            if not (math.isfinite(value) and low <= value <= high):
                raise UserError(f"{name} must be in {low}..{high}, not {value}.")

    def _digest(self, names: Sequence[str]) -> str:
        silent = self._without_effect()
        values = [[name, _canonical(getattr(self, name))] for name in names if name not in silent]
        text = json.dumps(values, ensure_ascii=False)
        # A lone surrogate, which OSC can deliver, has no UTF-8.
        data = text.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(data, digest_size=16).hexdigest()

    def _without_effect(self) -> set[str]:
        """Fields that cannot be heard in this request, so that turning them finds the cache."""
        # Keys are older than these fields.
        silent = {"seam"} if self.seam == "closed" else set()
        silent |= {"phase"} if self.phase == "model" else set()
        silent |= {"batch"} if self.batch == 1 else set()
        silent |= {name for name in ("loras", "decoder", "addons_hash") if not getattr(self, name)}
        if not self.seed_image:
            silent |= {"strength", "mask"}
        if self.guidance <= 1.0:
            silent |= {"guidance", "negative"}
        return silent


def normalise(items: Sequence[tuple[str, float]]) -> Weighted:
    """Drop what weighs nothing, bring the rest to a sum of 1 on the weight grid."""
    total = sum(weight for _, weight in items)
    if total <= 0.0:
        return ()
    rounded = [(item, round(weight / total * _WEIGHT_GRID)) for item, weight in items]
    grid_total = sum(weight for _, weight in rounded)
    return tuple((item, weight / grid_total) for item, weight in rounded if weight > 0)


def slerped(seed_a: int, seed_b: int, morph: float) -> WeightedSeeds:
    """The seeds of a morph from a (0) to b (1)."""
    step = round(morph * _WEIGHT_GRID) / _WEIGHT_GRID
    if step <= 0.0 or seed_a == seed_b:
        return ((seed_a, 1.0),)
    if step >= 1.0:
        return ((seed_b, 1.0),)
    return ((seed_a, 1.0 - step), (seed_b, step))


_ALL_FIELDS = tuple(sorted(field.name for field in dataclasses.fields(RenderRequest)))
_CACHE_FIELDS = tuple(name for name in _ALL_FIELDS if name not in ("phase_from", "batch"))
_OF_AUDIO = ("tempo", "phase", "phase_iterations", "phase_from")
_PICTURE_FIELDS = tuple(name for name in _ALL_FIELDS if name not in _OF_AUDIO)
_RANGES: tuple[tuple[str, float, float], ...] = (
    ("tempo", 20, 300),
    ("beats", 1, 64),
    ("batch", 1, BATCH_MOST),
    ("steps", 1, 100),
    ("guidance", 0, 20),
    ("strength", 0, 1),
    ("phase_iterations", 0, 1000),
)


def _canonical(value: object) -> object:
    """Numbers that compare equal must be written alike: 120 and 120.0, 0.0 and -0.0."""
    if isinstance(value, tuple):
        return [_canonical(item) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) + 0.0
    return value
