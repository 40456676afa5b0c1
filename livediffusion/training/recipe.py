"""The whole recipe: from nothing to a model folder, in stages that leave files behind.

A stage whose file is there is skipped, and the long one goes on from its checkpoint, so an
interrupted training is started again with the same words.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny, UNet2DConditionModel
from transformers import CLIPTokenizer

from livediffusion.spectrogram.circular import make_circular_in_time
from livediffusion.training import autoencoder, dataset, denoiser, text, tokenizer
from livediffusion.training.corpus import Corpus, fair_shares
from livediffusion.training.dataset import Dataset, Progress
from livediffusion.training.denoiser import Networks
from livediffusion.training.distil import Distiller
from livediffusion.training.export import export

SEEDS, STYLES = 76, 8  # of every genre; styles of every seed
CAPTIONS = 8  # of every loop
# Shares of the time for the stages that take as much as they are given.
SHARES = {"text": 0.03, "denoiser": 0.77, "student": 0.12, "decoder": 0.08}


@dataclass(frozen=True, slots=True)
class Workshop:
    """The work folder, the time for each stage, and where progress is reported."""

    folder: Path
    minutes: float
    processes: int
    progress: Progress
    earlier: Path | None = None  # a model folder whose denoiser is trained on

    def time_for(self, stage: str) -> float:
        """Minutes of a stage."""
        return self.minutes * SHARES[stage]

    def data(self) -> Dataset:
        """The training loops, rendered if need be."""
        rows = dataset.plan(SEEDS, STYLES)
        return dataset.render(rows, self.folder / "data", "train", self.processes, self.progress)

    def tokenizer(self, data: Dataset) -> CLIPTokenizer:
        """A tokenizer trained on captions of the loops, in a folder of its own."""
        folder = self.folder / "tokenizer"
        if not (folder / "tokenizer_config.json").is_file():
            tokenizer.train(tokenizer.texts(data.rows), folder)
        return text.load_tokenizer(folder)

    def vae(self, data: Dataset) -> AutoencoderTiny:
        """The closed-form autoencoder."""
        path = self.folder / "vae.pt"
        if not path.is_file():
            self.progress("fitting the autoencoder", 0.0)
            before = self.earlier and AutoencoderTiny.from_pretrained(self.earlier / "vae")
            torch.save(autoencoder.fit(data, before).state_dict(), path)
        return _load_vae(path)

    def corpus(self, data: Dataset, vae: AutoencoderTiny, reader: CLIPTokenizer) -> Corpus:
        """Latents and captions of all loops."""
        path = self.folder / "corpus.pt"
        if not path.is_file():
            self.progress("encoding the loops", 0.0)
            rng = np.random.default_rng(0)
            latents = autoencoder.encode_all(vae, data)
            ids = torch.from_numpy(text.captions_for(data.rows, CAPTIONS, rng, reader))
            torch.save({"latents": latents, "ids": ids}, path)
        blank = text.token_ids(reader, [""])[0]
        shares = fair_shares(data.rows)
        return Corpus(**torch.load(path, weights_only=True), blank=blank, shares=shares)

    def networks(self, data: Dataset, reader: CLIPTokenizer) -> Networks:
        """A denoiser, fresh or an earlier model's, and a text encoder that can read captions."""
        torch.manual_seed(0)
        encoder, path = text.build(reader), self.folder / "text.pt"
        if path.is_file():
            encoder.load_state_dict(torch.load(path, weights_only=True))
        else:
            text.pretrain(encoder, reader, data.rows, self.time_for("text"), self.progress)
            torch.save(encoder.state_dict(), path)
        unet = denoiser.build()
        if self.earlier:
            denoiser.grow(unet, UNet2DConditionModel.from_pretrained(self.earlier / "unet"))
        return Networks(unet.to(memory_format=torch.channels_last), encoder)

    def student(self, teacher: Networks, corpus: Corpus) -> Networks:
        """The teacher distilled to few steps."""
        path = self.folder / "student.pt"
        if path.is_file():
            teacher.load(torch.load(path, weights_only=True))
            return teacher
        student = Distiller(teacher, corpus).run(self.time_for("student"), self.progress)
        torch.save(student.state(), path)
        return student

    def decoder(self, vae: AutoencoderTiny, data: Dataset, corpus: Corpus) -> AutoencoderTiny:
        """The autoencoder with a trained decoder."""
        path = self.folder / "decoder.pt"
        if path.is_file():
            return _load_vae(path)
        minutes = self.time_for("decoder")
        autoencoder.train_decoder(vae, data, corpus.latents, minutes, self.progress)
        torch.save(vae.state_dict(), path)
        return vae


def _load_vae(path: Path) -> AutoencoderTiny:
    vae = autoencoder.build()
    make_circular_in_time(vae)
    vae.load_state_dict(torch.load(path, weights_only=True))
    return vae.eval()


def train(
    out: Path,
    workdir: Path,
    minutes: float,
    threads: int,
    progress: Callable[[str, float], None],
    earlier: Path | None = None,
) -> None:
    """Make the pocket model in `out`, working in `workdir`, in about so many minutes.

    Rendering the loops comes before and takes about half an hour on each of two cores.
    `progress` hears what is being done and how far that stage is, 0..1. Goes on where it was
    interrupted. `earlier` is a model folder of the same design to begin from, perhaps a mono
    one; without it everything begins from nothing.
    Raises UserError where FluidSynth, its sound font or the samples are missing.
    """
    torch.set_num_threads(threads)
    shop = Workshop(workdir, minutes, threads, progress, earlier)
    data = shop.data()
    reader = shop.tokenizer(data)
    vae = shop.vae(data)
    corpus = shop.corpus(data, vae, reader)
    networks = shop.networks(data, reader)
    # Compiling takes minutes and makes a step a quarter shorter; it needs a C++ compiler.
    compiled = minutes > 30 and shutil.which("g++") is not None
    trainer = denoiser.Trainer(networks, corpus, workdir / "denoiser.pt", compiled)
    teacher = trainer.run(shop.time_for("denoiser"), progress)
    student = shop.student(teacher, corpus)
    export(student, shop.decoder(vae, data, corpus), workdir / "tokenizer", out)
    progress(f"wrote {out}", 1.0)
