"""What a model's spectrogram pictures mean: `spectrogram.json` as a frozen value.

A model folder without that file was trained on Riffusion's pictures, so Riffusion's numbers
are the defaults.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from livediffusion.errors import UserError

FILE_NAME = "spectrogram.json"
Phase: TypeAlias = Literal["peaks", "fast", "reference"]
PhaseChoice: TypeAlias = Literal["model", "peaks", "fast", "reference"]  # "model": its own
PHASES: tuple[Phase, ...] = ("peaks", "fast", "reference")


@dataclass(frozen=True, slots=True)
class SpectrogramParams:
    """Geometry and scaling of a mel spectrogram picture (`bands` rows, 64 columns a beat)."""

    sample_rate: int = 44100  # Hz, of the model; the player always gets 48 kHz
    columns_per_beat: int = 64
    bands: int = 512
    min_hz: float = 0.0
    max_hz: float = 10000.0
    mel_norm: Literal["none", "mean"] = "none"  # "mean": every band's weights sum to 1
    window: int = 4410  # samples of the Hann window
    n_fft: int = 17640  # the window is zero-padded to this many samples
    power: float = 0.25  # picture = (amplitude / max_amplitude) ** power
    max_amplitude: float = 30e6
    native_tempo: float = 93.75  # bpm at which the model's training pictures were laid out
    channels: int = 1  # 1 mono, 2 stereo (left and right as picture channels)
    patch: tuple[int, int] = (1, 1)  # (bands, columns) folded into the autoencoder's channels
    steps: int = 50
    guidance: float = 7.0
    sampler: str = "model"
    phase: Phase = "peaks"  # how it is found: see `reconstruct` and `reference`
    apart: float = 0.0  # share of denoising, from noise on, in which prompts are predicted apart

    @classmethod
    def load(cls, folder: Path) -> SpectrogramParams:
        """Read `spectrogram.json` in a model folder; Riffusion's values where there is none.

        Raises UserError naming the file when it is not JSON or has an unknown key or phase.
        """
        path = folder / FILE_NAME
        if not path.is_file():
            return RIFFUSION
        try:
            values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise UserError(f"{path} is not valid JSON ({error}); restore the file.") from error
        known = {field.name for field in dataclasses.fields(cls)}
        if unknown := sorted(set(values) - known):
            raise UserError(f"{path} has unknown keys {', '.join(unknown)}; remove them.")
        if values.get("phase", "peaks") not in PHASES:
            raise UserError(f"{path}: phase must be one of {', '.join(PHASES)}.")
        if "patch" in values:
            values["patch"] = tuple(values["patch"])
        return cls(**values)

    def save(self, folder: Path) -> None:
        """Write `spectrogram.json` into a model folder."""
        text = json.dumps(dataclasses.asdict(self), indent=2) + "\n"
        (folder / FILE_NAME).write_text(text, encoding="utf-8")

    def columns(self, beats: int) -> int:
        """Columns of a picture of so many beats."""
        return beats * self.columns_per_beat

    def period(self, beats: int, tempo: float) -> int:
        """Samples of a loop of so many beats at the model's own rate."""
        return round(beats * 60.0 / tempo * self.sample_rate)


RIFFUSION = SpectrogramParams(phase="fast")
