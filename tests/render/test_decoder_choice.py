"""Another decoder in the place of the model's own: TAESD and its kin, by name or folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import tiny_model
import torch
from conftest import MakeRequest
from diffusers import AutoencoderTiny
from torch import Tensor

from livediffusion.render.engines import canvas
from livediffusion.render.engines.stable_diffusion import StableDiffusion
from livediffusion.render.loop import Stopwatch
from livediffusion.render.offline import open_engine, render_loop
from livediffusion.render.request import RenderRequest
from livediffusion.render.settings import Addons


def write_decoder(folder: Path, *, latents: int = 4, seed: int = 3) -> Path:
    """A tiny random autoencoder of TAESD's kind for the tiny model's latents."""
    torch.manual_seed(seed)
    autoencoder = AutoencoderTiny(
        latent_channels=latents,
        encoder_block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8, 8),
        num_encoder_blocks=(1, 1, 1, 1),
        num_decoder_blocks=(1, 1, 1, 1),
    )
    last = autoencoder.decoder.layers[-1]  # a fresh one paints all black
    last.weight.data.mul_(20.0)
    last.bias.data.fill_(0.5)
    autoencoder.save_pretrained(folder)
    return folder


def opened(
    model: Path, decoders: dict[str, Path], *, default: str = "", said: list[str] | None = None
) -> StableDiffusion:
    addons = Addons(decoders={name: str(path) for name, path in decoders.items()})
    return open_engine(
        "tiny", model, device="cpu", threads=1, addons=addons, decoder=default,
        notice=(said if said is not None else []).append,
    )  # fmt: skip


def picture(engine: StableDiffusion, request: RenderRequest) -> Tensor:
    return engine.picture(engine.settle(request), Stopwatch())


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_decoder(tmp_path_factory.mktemp("decoders") / "small")


@torch.inference_mode()
def test_it_decodes_as_diffusers_does(
    small: Path, tiny_folder: Path, make_request: MakeRequest
) -> None:
    engine = opened(tiny_folder, {"small": small})
    request = engine.settle(make_request(decoder="small", seam="open"))
    latents = engine._denoise([request], Stopwatch())
    decoded = AutoencoderTiny.from_pretrained(small).decode(latents, return_dict=False)[0]
    expected = canvas.from_autoencoder(decoded, engine.params)
    torch.testing.assert_close(picture(engine, request), expected)
    closed = picture(engine, make_request(decoder="small"))
    assert not torch.equal(closed, expected), "its ends are padded with each other"
    assert not torch.allclose(closed, picture(engine, make_request()), atol=0.01)


def test_request_and_config_choose_and_the_key_knows(
    small: Path, tiny_folder: Path, tmp_path: Path, make_request: MakeRequest
) -> None:
    decoder = Path(shutil.copytree(small, tmp_path / "mine"))
    plain = opened(tiny_folder, {})
    engine = opened(tiny_folder, {"small": decoder}, default="small")
    asked, own = engine.settle(make_request()), engine.settle(make_request(decoder="model"))
    assert asked.decoder == "small"
    assert asked.picture_key() != own.picture_key()
    assert torch.equal(picture(engine, own), picture(plain, make_request()))
    assert plain.settle(make_request()).picture_key() == plain.settle(
        make_request(decoder="")).picture_key()  # fmt: skip
    loop = render_loop(engine, make_request())
    assert loop.request.audio_key() == render_loop(engine, loop.request).request.audio_key()
    write_decoder(decoder, seed=4)
    assert engine.settle(make_request()).picture_key() != asked.picture_key()


WRONG = {
    "latents": "does not fit this model",
    "unet": "holds a UNet2DConditionModel",
    "bare": "has no weights",
    "broken": "does not load",
    "nothing": "no folder with a config.json",
}


def test_what_does_not_fit_is_said_and_the_models_own_plays_on(
    small: Path, tiny_folder: Path, tmp_path: Path, make_request: MakeRequest
) -> None:
    write_decoder(tmp_path / "latents", latents=5)
    tiny_model.write_denoiser(tmp_path, 4)  # a folder "unet"
    for kind in ("bare", "broken"):
        shutil.copytree(small, tmp_path / kind)
    (tmp_path / "bare" / "diffusion_pytorch_model.safetensors").unlink()
    (tmp_path / "broken" / "diffusion_pytorch_model.safetensors").write_bytes(b"broken")
    said: list[str] = []
    playing = opened(tiny_folder, {kind: tmp_path / kind for kind in WRONG}, said=said)
    expected = picture(playing, make_request())
    for kind, sentence in WRONG.items():
        assert torch.equal(picture(playing, make_request(decoder=kind)), expected)
        assert sentence in said[-1]
        assert "\n" not in said[-1]
        playing.settle(make_request(decoder=kind))
    assert len(said) == len(WRONG), "each is said once"
