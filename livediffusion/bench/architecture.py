"""Stable Diffusion 1.5 with random weights: speed does not depend on what they are.

Nothing is downloaded. The tokenizer is the pocket model's, read for a window of 77 tokens.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from livediffusion.render.engines.compute import Compute
from livediffusion.render.settings import POCKET_FOLDER
from livediffusion.spectrogram.params import RIFFUSION

DECODERS = ("VAE", "TAESD")
_WINDOW = 77
_SCHEDULE = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}


@dataclass(frozen=True, slots=True)
class Size:
    """Widths of the networks, and how high a picture is; it has 512 columns.

    Latents are an eighth of a picture either way.
    """

    name: str
    unet: tuple[int, int, int, int]
    text: tuple[int, int, int]  # width, layers, heads
    vae: tuple[int, int, int, int]
    tiny: int  # channels of the decoder that is built like TAESD
    layers: int = 2
    groups: int = 32
    bands: int = 512


FULL = Size("full size", (320, 640, 1280, 1280), (768, 12, 12), (128, 256, 512, 512), 64)
SCALED_DOWN = Size(
    "scaled down", (32, 48, 64, 64), (64, 2, 4), (16, 16, 32, 32), 8, layers=1, groups=16, bands=64
)


def write(size: Size, target: Path, compute: Compute) -> dict[str, Path]:
    """A model folder for each of DECODERS, in the precision that plays on this device.

    They play four steps without guidance unless asked otherwise. What both have in common lies on
    the disk once.
    """
    import diffusers
    import transformers

    for library in (diffusers, transformers):  # which miss what is not needed here
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()
    folders = {name: target / name for name in DECODERS}
    torch.manual_seed(0)
    with torch.device(compute.device):
        networks = text_encoder(size), denoiser(size), autoencoder(size), tiny(size)
    text, unet, vae, small = (network.to(compute.dtype) for network in networks)
    tokenizer = transformers.CLIPTokenizer.from_pretrained(
        str(POCKET_FOLDER / "tokenizer"), local_files_only=True, model_max_length=_WINDOW
    )
    scheduler = diffusers.PNDMScheduler(**_SCHEDULE, skip_prk_steps=True, steps_offset=1)
    diffusers.StableDiffusionPipeline(
        vae=vae,
        text_encoder=text,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folders["VAE"])
    params = dataclasses.replace(RIFFUSION, bands=size.bands, steps=4, guidance=1.0, sampler="lcm")
    params.save(folders["VAE"])
    _with_other_decoder(folders["VAE"], folders["TAESD"], small)
    return folders


def _with_other_decoder(folder: Path, target: Path, vae: Any) -> None:
    shutil.copytree(folder, target, copy_function=os.link)
    shutil.rmtree(target / "vae")
    vae.save_pretrained(target / "vae")
    index = json.loads((folder / "model_index.json").read_text(encoding="utf-8"))
    index["vae"] = ["diffusers", type(vae).__name__]
    (target / "model_index.json").unlink()  # a link: the other folder's would change with it
    (target / "model_index.json").write_text(json.dumps(index), encoding="utf-8")


def text_encoder(size: Size) -> Any:
    """CLIP's text model."""
    from transformers import CLIPTextConfig, CLIPTextModel

    width, layers, heads = size.text
    config = CLIPTextConfig(
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        max_position_embeddings=_WINDOW,
    )
    return CLIPTextModel(config)


def denoiser(size: Size) -> Any:
    """Stable Diffusion 1.5's UNet."""
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=64,
        block_out_channels=size.unet,
        layers_per_block=size.layers,
        cross_attention_dim=size.text[0],
        attention_head_dim=8,
        norm_num_groups=size.groups,
    )


def autoencoder(size: Size) -> Any:
    """Its autoencoder."""
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=size.vae,
        layers_per_block=size.layers,
        latent_channels=4,
        norm_num_groups=size.groups,
        sample_size=512,
    )


def tiny(size: Size) -> Any:
    """TAESD, which stands in for it where time is short."""
    from diffusers import AutoencoderTiny

    widths = (size.tiny,) * 4
    return AutoencoderTiny(encoder_block_out_channels=widths, decoder_block_out_channels=widths)
