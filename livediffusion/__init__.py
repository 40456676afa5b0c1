"""livediffusion: beat-exact loops from a warm diffusion model, played by OSC and MIDI.

From Python, one loop at a time (nothing is loaded before it is asked for):

    from livediffusion import RiffusionPipeline

    pipe = RiffusionPipeline.from_pretrained("pocket")
    pipe("dark techno").export("techno.wav")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from livediffusion.pipeline import RiffusionPipeline

__version__ = "0.1.0"
__all__ = ["RiffusionPipeline", "__version__"]


def __getattr__(name: str) -> object:
    if name != "RiffusionPipeline":
        raise AttributeError(f"module 'livediffusion' has no attribute {name!r}")
    return import_module("livediffusion.pipeline").RiffusionPipeline
