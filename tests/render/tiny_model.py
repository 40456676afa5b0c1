"""Tiny random Stable Diffusion folders, made of diffusers' and transformers' real classes."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, PNDMScheduler, UNet2DConditionModel
from safetensors.torch import load_file, save_file
from transformers import CLIPTextConfig, CLIPTextModel

from livediffusion.spectrogram.params import SpectrogramParams

PARAMS = SpectrogramParams(
    sample_rate=16000,
    bands=64,
    max_hz=8000.0,
    window=1024,
    n_fft=1024,
    max_amplitude=100.0,
    steps=3,
    guidance=2.0,
)


def byte_symbols() -> list[str]:
    """The 256 printable stand-ins for bytes that GPT-2's and CLIP's BPE use."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    spare = iter(range(256, 512))
    return [chr(b) if b in kept else chr(next(spare)) for b in range(256)]


def write_tokenizer(folder: Path) -> None:
    """CLIP's old files: each byte is a token, with a few merges."""
    folder.mkdir(parents=True)
    symbols = byte_symbols()
    merges = ["t e", "te c", "tec h", "b i", "a m"]
    tokens = symbols + [s + "</w>" for s in symbols] + [m.replace(" ", "") for m in merges]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {token: i for i, token in enumerate(tokens)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
    config = {
        "bos_token": "<|startoftext|>",
        "eos_token": "<|endoftext|>",
        "unk_token": "<|endoftext|>",
        "pad_token": "<|endoftext|>",
        "model_max_length": 77,
        "tokenizer_class": "CLIPTokenizer",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


def write_model(folder: Path, *, seed: int = 0) -> Path:
    """A whole pipeline folder with spectrogram.json, in safetensors. Returns the folder."""
    torch.manual_seed(seed)
    write_tokenizer(folder / "tokenizer")
    vocabulary = len(json.loads((folder / "tokenizer" / "vocab.json").read_text()))
    text_config = CLIPTextConfig(
        vocab_size=vocabulary,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=77,
        bos_token_id=vocabulary - 2,
        eos_token_id=vocabulary - 1,
        pad_token_id=vocabulary - 1,
    )
    text_encoder = CLIPTextModel(text_config)
    # A fresh CLIP hardly tells one text from another: let its tokens speak up.
    text_encoder.get_input_embeddings().weight.data.mul_(30.0)
    text_encoder.save_pretrained(folder / "text_encoder")
    write_denoiser(folder, 4)
    AutoencoderKL(
        block_out_channels=(8, 8, 8, 16),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        norm_num_groups=4,
        layers_per_block=1,
        latent_channels=4,
    ).save_pretrained(folder / "vae")
    PNDMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        skip_prk_steps=True,
        steps_offset=1,
    ).save_pretrained(folder / "scheduler")
    write_index(folder)
    PARAMS.save(folder)
    return folder


def write_denoiser(folder: Path, channels: int) -> None:
    """A UNet for latents of so many channels."""
    UNet2DConditionModel(
        in_channels=channels,
        out_channels=channels,
        block_out_channels=(16, 32),
        layers_per_block=1,
        norm_num_groups=8,
        cross_attention_dim=32,
        attention_head_dim=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
    ).save_pretrained(folder / "unet")


def write_stereo_model(folder: Path, *, seed: int = 0) -> Path:
    """The same in stereo, as the pocket model is built: patches folded into an AutoencoderTiny's
    channels. Returns the folder."""
    write_model(folder, seed=seed)
    write_denoiser(folder, 10)
    shutil.rmtree(folder / "vae")
    AutoencoderTiny(
        in_channels=1024,
        out_channels=1024,
        latent_channels=10,
        encoder_block_out_channels=(8,),
        decoder_block_out_channels=(24,),
        num_encoder_blocks=(0,),
        num_decoder_blocks=(1,),
    ).save_pretrained(folder / "vae")
    index = json.loads((folder / "model_index.json").read_text())
    index["vae"] = ["diffusers", "AutoencoderTiny"]
    (folder / "model_index.json").write_text(json.dumps(index))
    dataclasses.replace(PARAMS, channels=2, patch=(32, 16)).save(folder)
    return folder


def write_index(folder: Path) -> None:
    """model_index.json as the pipelines of 2022 wrote it."""
    index = {
        "_class_name": "StableDiffusionPipeline",
        "_diffusers_version": "0.9.0",
        "feature_extractor": ["transformers", "CLIPFeatureExtractor"],
        "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
        "scheduler": ["diffusers", "PNDMScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    }
    (folder / "model_index.json").write_text(json.dumps(index))


def write_legacy(source: Path, folder: Path, *, safetensors: bool = False) -> Path:
    """The same model as diffusers 0.9 and transformers 4 kept it: old names, configs of then.

    Weights are .bin files, or safetensors as they were added later to such folders.
    """
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    text = load_file(source / "text_encoder" / "model.safetensors")
    text = {_text_name(name): tensor for name, tensor in text.items()}
    text["text_model.embeddings.position_ids"] = torch.arange(77).unsqueeze(0)
    unet = load_file(source / "unet" / "diffusion_pytorch_model.safetensors")
    vae = load_file(source / "vae" / "diffusion_pytorch_model.safetensors")
    vae = {_old_attention(name): tensor for name, tensor in vae.items()}
    for part, stem, tensors in (
        ("text_encoder", "model" if safetensors else "pytorch_model", text),
        ("unet", "diffusion_pytorch_model", unet),
        ("vae", "diffusion_pytorch_model", vae),
    ):
        if safetensors:
            save_file(tensors, folder / part / f"{stem}.safetensors", {"format": "pt"})
        else:
            torch.save(tensors, folder / part / f"{stem}.bin")
    for file, known in _OLD_KEYS.items():
        config = json.loads((folder / file).read_text())
        old = {key: config[key] for key in known.split() if key in config}
        old["_diffusers_version"] = "0.9.0"
        (folder / file).write_text(json.dumps(old, indent=2))
    return folder


_OLD_KEYS = {  # all that diffusers 0.9 wrote; scaling_factor, among others, came later
    "unet/config.json": "_class_name act_fn attention_head_dim block_out_channels "
    "center_input_sample cross_attention_dim down_block_types downsample_padding "
    "flip_sin_to_cos freq_shift in_channels layers_per_block mid_block_scale_factor norm_eps "
    "norm_num_groups out_channels sample_size up_block_types",
    "vae/config.json": "_class_name act_fn block_out_channels down_block_types in_channels "
    "latent_channels layers_per_block norm_num_groups out_channels sample_size up_block_types",
    "scheduler/scheduler_config.json": "_class_name beta_end beta_schedule beta_start "
    "num_train_timesteps set_alpha_to_one skip_prk_steps steps_offset trained_betas",
}


def _text_name(name: str) -> str:
    return name if name.startswith("text_model.") else f"text_model.{name}"


def _old_attention(name: str) -> str:
    """Names that the autoencoder's attention had before diffusers 0.15."""
    pairs = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    for new, old in pairs.items():
        name = name.replace(f".attentions.0.{new}.", f".attentions.0.{old}.")
    return name
