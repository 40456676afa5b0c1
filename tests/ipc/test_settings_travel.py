"""Settings arrive in a child as they were, also what lies within them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from livediffusion.ipc.launch import decode
from livediffusion.render.settings import Addons, RendererSettings


def test_settings_within_settings_arrive() -> None:
    addons = Addons(loras={"a": "/a.safetensors"}, embeddings={"<b>": "b.pt"})
    settings = RendererSettings(Path("/run"), addons=addons, decoder="taesd")
    sent = json.dumps(dataclasses.asdict(settings), default=str)
    assert decode(RendererSettings, json.loads(sent)) == settings
