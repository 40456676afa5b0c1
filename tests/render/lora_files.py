"""LoRAs for tiny models, made by hand and written as three kinds of tools write them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

UNET = (  # of the tiny model: attention, an output in a list, a 1 x 1 and a 3 x 3 convolution
    "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q",
    "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_v",
    "up_blocks.0.attentions.1.transformer_blocks.0.attn2.to_out.0",
    "mid_block.attentions.0.proj_in",
    "down_blocks.0.resnets.0.conv1",
)
TEXT = ("encoder.layers.0.self_attn.q_proj", "encoder.layers.1.mlp.fc1")
RANK, ALPHA = 3, 1.5
_FILES = {
    "unet": "unet/diffusion_pytorch_model.safetensors",
    "text_encoder": "text_encoder/model.safetensors",
}


@dataclass(frozen=True)
class Pair:
    """What is added to a layer: alpha / rank * up @ down."""

    up: Tensor
    down: Tensor

    def product(self, shape: torch.Size) -> Tensor:
        """At weight 1, in the layer's shape."""
        return (ALPHA / RANK) * (self.up.flatten(1) @ self.down.flatten(1)).reshape(shape)


Made = dict[str, dict[str, Pair]]  # network -> layer -> pair


def weights_of(model: Path, network: str) -> dict[str, Tensor]:
    """A tiny model's weights by name."""
    return load_file(model / _FILES[network])


def make(model: Path, layers: Mapping[str, tuple[str, ...]], *, seed: int = 0) -> Made:
    """Random pairs, large enough to be heard, for layers of the model's networks."""
    drawn = torch.Generator().manual_seed(seed)
    made: Made = {}
    for network, names in layers.items():
        weights = weights_of(model, network)
        made[network] = {}
        for name in names:
            shape = weights[_written(weights, name)].shape
            out = (shape[0], RANK) + (1, 1) * (len(shape) == 4)
            pair = Pair(
                torch.randn(out, generator=drawn) * 0.3,
                torch.randn((RANK, *shape[1:]), generator=drawn) * 0.3,
            )
            made[network][name] = pair
    return made


def fused(model: Path, made: Made, weight: float, folder: Path) -> Path:
    """A copy of a model with the pairs added to its weights."""
    shutil.copytree(model, folder)
    for network, pairs in made.items():
        weights = weights_of(folder, network)
        for name, pair in pairs.items():
            key = _written(weights, name)
            weights[key] = weights[key] + weight * pair.product(weights[key].shape)
        save_file(weights, folder / _FILES[network], {"format": "pt"})
    return folder


def _written(weights: Mapping[str, Tensor], layer: str) -> str:
    return next(key for key in weights if key.removeprefix("text_model.") == f"{layer}.weight")


def _kohya(network: str, layer: str) -> str:
    prefix = "lora_unet_" if network == "unet" else "lora_te_text_model_"
    return prefix + layer.replace(".", "_")


def write_kohya(made: Made, path: Path) -> Path:
    """As kohya's scripts write it."""
    tensors = {}
    for network, pairs in made.items():
        for layer, pair in pairs.items():
            name = _kohya(network, layer)
            tensors[f"{name}.lora_down.weight"] = pair.down
            tensors[f"{name}.lora_up.weight"] = pair.up
            tensors[f"{name}.alpha"] = torch.tensor(ALPHA)
    save_file(tensors, path)
    return path


def write_peft(made: Made, path: Path) -> Path:
    """As diffusers writes it with PEFT, with alpha multiplied in."""
    tensors = {}
    for network, pairs in made.items():
        inner = "" if network == "unet" else "text_model."
        for layer, pair in pairs.items():
            tensors[f"{network}.{inner}{layer}.lora_A.weight"] = pair.down
            tensors[f"{network}.{inner}{layer}.lora_B.weight"] = pair.up * (ALPHA / RANK)
    save_file(tensors, path)
    return path


def write_old(made: Made, path: Path) -> Path:
    """As diffusers wrote it in 2023, with alpha multiplied in; it knew attention alone."""
    tensors = {}
    for network, pairs in made.items():
        for layer, pair in pairs.items():
            block, _, last = layer.removesuffix(".0").rpartition(".")
            if network == "unet":
                name = f"unet.{block}.processor.{last}_lora"
            else:
                old = {"q_proj": "to_q", "out_proj": "to_out"}[last]
                name = f"text_encoder.text_model.{block}.{old}_lora"
            tensors[f"{name}.down.weight"] = pair.down
            tensors[f"{name}.up.weight"] = pair.up * (ALPHA / RANK)
    save_file(tensors, path)
    return path


STYLES: dict[str, tuple[Callable[[Made, Path], Path], dict[str, tuple[str, ...]]]] = {
    "kohya": (write_kohya, {"unet": UNET, "text_encoder": TEXT}),
    "peft": (write_peft, {"unet": UNET, "text_encoder": TEXT}),
    "diffusers of 2023": (write_old, {"unet": UNET[:3], "text_encoder": TEXT[:1]}),
}
