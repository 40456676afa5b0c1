"""Write the model folder: a diffusers pipeline in half precision, plus spectrogram.json."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path

import torch
from diffusers import AutoencoderTiny

from livediffusion.training import noise, vocabulary
from livediffusion.training.denoiser import Networks
from livediffusion.training.pictures import POCKET

INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.38.0",
    "feature_extractor": [None, None],
    "image_encoder": [None, None],
    "requires_safety_checker": False,
    "safety_checker": [None, None],
    "scheduler": ["diffusers", "DDIMScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderTiny"],
}


def export(networks: Networks, vae: AutoencoderTiny, tokenizer: Path, out: Path) -> None:
    """Write everything the engine loads; the folder's README.md is left alone."""
    out.mkdir(parents=True, exist_ok=True)
    parts = {"unet": networks.unet, "text_encoder": networks.text_encoder, "vae": vae}
    for name, module in parts.items():
        half = copy.deepcopy(module)
        for parameter in half.parameters():
            parameter.data = parameter.data.to(torch.float16).contiguous()
        half.save_pretrained(out / name, safe_serialization=True)
    # AutoencoderTiny warns of a key that it wrote itself; transformers would load half
    # precision as it is, beside a UNet that diffusers widens.
    _change(out / "vae" / "config.json", {"block_out_channels": None})
    _change(out / "text_encoder" / "config.json", {"dtype": "float32"})
    noise.scheduler().save_pretrained(out / "scheduler")
    shutil.copytree(tokenizer, out / "tokenizer", dirs_exist_ok=True)
    (out / "model_index.json").write_text(json.dumps(INDEX, indent=2) + "\n", encoding="utf-8")
    POCKET.save(out)
    vocabulary.write(out)


def _change(path: Path, changes: dict[str, object]) -> None:
    """Change keys of a part's config; None takes a key out."""
    config = json.loads(path.read_text(encoding="utf-8"))
    for key, value in changes.items():
        config.pop(key, None)
        if value is not None:
            config[key] = value
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
