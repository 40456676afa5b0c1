"""Riffusion's Python call, over the same engine that the daemon plays with.

    pipe = RiffusionPipeline.from_pretrained("riffusion/riffusion-model-v1")
    clip = pipe("Synthwave nostalgique avec des nappes chaudes", num_inference_steps=50)
    clip.export("synthwave.wav")

torch is loaded by `from_pretrained`, not by importing this.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from livediffusion.config import load_config
from livediffusion.errors import UserError
from livediffusion.render.loop import Stopwatch
from livediffusion.render.request import RenderRequest
from livediffusion.render.riffusion import End, Inference, request_of, suited
from livediffusion.render.seed_images import beats_in, find_image, seed_images_folder
from livediffusion.render.settings import POCKET, model_source
from livediffusion.render.soundfiles import write_sound
from livediffusion.types import BPM, SAMPLE_RATE, Seconds

if TYPE_CHECKING:
    from livediffusion.render.engines.stable_diffusion import StableDiffusion

Picture: TypeAlias = str | Path | Image.Image  # a seed image's name, a file, or what is in it
_SEED_IMAGE = "og_beat"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A loop of exactly `beats` beats, which closes on itself without a seam."""

    samples: NDArray[np.float32]  # (frames, 2), within -1..1
    image: Image.Image  # the spectrogram, as Riffusion's
    beats: int
    tempo: BPM
    sample_rate: int = SAMPLE_RATE  # Hz

    @property
    def duration_s(self) -> Seconds:
        """How long it is."""
        return len(self.samples) / self.sample_rate

    def export(self, path: str | Path) -> Path:
        """Write it as WAV, FLAC, MP3 or OGG, by the name's ending; the path.

        Raises UserError with one sentence when it cannot be written there.
        """
        write_sound(Path(path), self.samples)
        return Path(path)


class RiffusionPipeline:
    """A warm model that turns prompts into loops. Used by one thread at a time.

    Whatever cannot be done raises `livediffusion.errors.UserError` with one sentence.
    """

    def __init__(self, engine: StableDiffusion, seed_images: Path) -> None:
        """See `from_pretrained`; `seed_images` is the folder where names are looked for first."""
        self._engine = engine
        self._seed_images = seed_images

    @classmethod
    def from_pretrained(
        cls,
        name_or_folder: str | Path = POCKET,
        *,
        device: str = "auto",
        dtype: str = "auto",
        threads: int = 0,
    ) -> RiffusionPipeline:
        """Load a model: "pocket", a name of the config or of the hub, or a folder of a pipeline.

        Nothing is downloaded: `livediffusion models pull` does that. `device` is "auto", "cpu",
        "cuda" or "mps", `dtype` "auto", "float32", "float16" or "bfloat16", `threads` those of
        the CPU, 0 for all but one. LoRAs, embeddings and decoders have their names from the config.
        """
        from livediffusion.render.offline import open_engine

        config = load_config()
        name, source = str(name_or_folder), str(Path(name_or_folder).expanduser())
        try:
            source = model_source(name, config.models)
        except UserError:
            # A name on the hub, or a folder that is not one: loading says which.
            if "/" not in name and not Path(source).is_dir():
                raise
        engine = open_engine(
            name,
            source,
            device=device,
            dtype=dtype,
            threads=threads,
            addons=config.addons,
            notice=_log.warning,
        )
        return cls(engine, seed_images_folder(config.render.seed_images))

    def __call__(
        self,
        prompt: str,
        num_inference_steps: int | None = None,
        *,
        negative_prompt: str = "",
        guidance_scale: float | None = None,
        seed: int = 0,
        tempo: BPM | None = None,
        beats: int = 8,
        sampler: str | None = None,
        loras: Mapping[str, float] | None = None,
        decoder: str = "",
    ) -> Clip:
        """A loop of a prompt, from noise. None leaves it to the model (Riffusion's: 50 steps).

        `seed` is 0..2**31 - 1: the same one gives the same loop. `tempo` is 20 to 300 bpm and does
        not change the pitch. Negative prompts need a guidance of more than 1. `loras` are weights
        by the config's names, `sampler` what they were distilled for ("lcm", ...), `decoder`
        makes the picture in place of the model's own.
        """
        from livediffusion.render.offline import default_request

        own = default_request(self._engine, prompt, seed=seed)
        request = dataclasses.replace(
            own,
            steps=own.steps if num_inference_steps is None else num_inference_steps,
            guidance=own.guidance if guidance_scale is None else guidance_scale,
            negative=negative_prompt,
            tempo=own.tempo if tempo is None else tempo,
            beats=beats,
            sampler=own.sampler if sampler is None else sampler,
            loras=tuple((loras or {}).items()),
            decoder=decoder,
        )
        return self._render(request)

    def riffuse(
        self,
        start: End | Mapping[str, Any],
        end: End | Mapping[str, Any],
        alpha: float,
        num_inference_steps: int = 50,
        seed_image: Picture = _SEED_IMAGE,
        mask_image: Picture | None = None,
        *,
        tempo: BPM | None = None,
    ) -> Clip:
        """A place between two ends over a seed image, as Riffusion's server renders it.

        Each end is {"prompt": ..., "seed": ...} with "denoising" 0.75, "guidance" 7.0 and
        "negative_prompt" unless given; `alpha` 0 is at the start, 1 at the end. Images are
        512 pixels high with 64 columns a beat; white of a mask is repainted. A distilled model,
        as the pocket model, keeps its own guidance and at most its own steps.
        """
        inference = Inference(_end(start, "start"), _end(end, "end"), alpha, num_inference_steps)
        params = self._engine.params
        with self._file(seed_image) as seeds, self._file(mask_image) as mask:
            request = request_of(
                inference,
                seed_image=str(seeds),
                mask=str(mask or ""),
                model=self._engine.name,
                beats=beats_in(Path(str(seeds))),
                tempo=params.native_tempo if tempo is None else tempo,
                sampler=params.sampler,
            )
            return self._render(suited(request, params.guidance, params.steps))

    def _render(self, request: RenderRequest) -> Clip:
        from livediffusion.render.offline import sound_of
        from livediffusion.spectrogram.image import picture_to_image

        watch = Stopwatch()
        request = self._engine.settle(request)
        picture = self._engine.picture(request, watch)
        loop, _ = sound_of(self._engine, request, picture, None, watch)
        return Clip(loop.audio, picture_to_image(picture), request.beats, request.tempo)

    @contextmanager
    def _file(self, picture: Picture | None) -> Iterator[Path | None]:
        """The file of an image while it is needed."""
        if isinstance(picture, Image.Image):
            with TemporaryDirectory() as folder:
                path = Path(folder) / "image.png"
                picture.save(path)
                yield path
        elif picture is None or Path(picture).is_file():
            yield Path(picture).absolute() if picture is not None else None
        else:
            yield find_image(str(picture), self._seed_images)


def _end(given: End | Mapping[str, Any], what: str) -> End:
    if isinstance(given, End):
        return given
    try:
        return End(**given)
    except TypeError:
        known = ", ".join(field.name for field in dataclasses.fields(End))
        raise UserError(
            f"{what} needs prompt and seed, and may have no others than {known}."
        ) from None
