"""LoRA files: for each layer two narrow matrices whose product is added to its weights.

Low-rank adaptation (Hu et al. 2021): W + weight * alpha / rank * up @ down. Layers are named in
three ways, by kohya's tools, by diffusers of 2023 and by PEFT; a file is read by looking its names
up among those of the network's own layers, so what does not fit is noticed at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from livediffusion.errors import UserError
from livediffusion.render.engines.tensorfile import TensorFile, read_tensors

_MATRIX = re.compile(
    r"(?P<layer>.+?)[._]lora(?:_linear_layer)?[._](?P<side>down|up|mid|A|B)(?:\.default)?\.weight"
)
_SIDES = {"A": "down", "B": "up"}  # PEFT's words
_ALPHA = ".alpha"
_TEXT = ("lora_te_", "lora_te1_", "text_encoder.")
_UNET = ("lora_unet_", "unet.", "base_model.model.")
_OLD_TEXT = {"to_q": "q_proj", "to_k": "k_proj", "to_v": "v_proj", "to_out": "out_proj"}


@dataclass(frozen=True, slots=True, eq=False)
class Addition:
    """What one file adds to one layer's weights, (out, in) or (out, in, kh, kw), at weight 1."""

    up: Tensor  # (out, rank) or (out, rank, 1, 1)
    down: Tensor  # (rank, in) or (rank, in, kh, kw)
    scale: float  # alpha / rank
    mid: Tensor | None = None  # (rank, rank, kh, kw), where down and up are 1 x 1

    def fits(self, weights: Tensor) -> bool:
        """Whether it can be added to such weights."""
        rank = self.down.shape[0]
        if self.up.shape[1] != rank or self.up.numel() != self.up.shape[0] * rank:
            return False
        count = self.down[0].numel()
        if self.mid is not None:
            if self.mid.shape[:2] != (rank, rank):
                return False
            count *= self.mid[0, 0].numel()
        return self.up.shape[0] == weights.shape[0] and count == weights[0].numel()

    def add_to(self, weights: Tensor, weight: float) -> None:
        """Add so much of it to weights, in place; they are float32 and contiguous."""
        up = self.up.to(weights.device, torch.float32).flatten(1)
        down = self.down.to(weights.device, torch.float32).flatten(1)
        if self.mid is None:
            weights.view(len(weights), -1).addmm_(up, down, alpha=weight * self.scale)
            return
        mid = self.mid.to(weights.device, torch.float32)
        weights += torch.einsum("or,rshw,si->oihw", up, mid, down) * (weight * self.scale)

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        held = [one for one in (self.up, self.down, self.mid) if one is not None]
        return sum(one.nbytes for one in held)


@dataclass(frozen=True, slots=True, eq=False)
class Lora:
    """What one file adds, by the names of the layers."""

    unet: dict[str, Addition]
    text_encoder: dict[str, Addition]

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return sum(one.nbytes for one in (*self.unet.values(), *self.text_encoder.values()))


def read_lora(name: str, path: Path, unet: nn.Module, text_encoder: nn.Module) -> Lora:
    """A LoRA for these networks. Raises UserError with one sentence when it does not fit."""
    file = read_tensors(f"LoRA '{name}'", path)
    layers = {"unet": _layers(unet), "text_encoder": _layers(text_encoder)}
    found: dict[str, dict[str, Addition]] = {"unet": {}, "text_encoder": {}}
    for written, sides in _matrices(name, file).items():
        network, flat = _place(written)
        layer = layers[network].get(flat)
        if layer is None:
            raise UserError(
                f"LoRA '{name}' does not fit this model, which has no layer {written}; "
                f"choose one that was trained on a model like it."
            )
        addition = _addition(sides, _default_alpha(file, network))
        if addition is None or not addition.fits(layer[1]):
            raise UserError(
                f"LoRA '{name}' does not fit this model: its {written} has another shape; "
                f"choose one that was trained on a model like it."
            )
        found[network][layer[0]] = addition
    return Lora(**found)


def _layers(network: nn.Module) -> dict[str, tuple[str, Tensor]]:
    """Layers that have a matrix, with it, by their name as kohya's tools flatten it."""
    found = {}
    for layer, module in network.named_modules():
        weights = getattr(module, "weight", None)
        if isinstance(weights, Tensor) and weights.dim() in (2, 4):
            flat = layer.replace(".", "_").removeprefix("text_model_")
            found[flat] = (layer, weights)
    return found


def _matrices(name: str, file: TensorFile) -> dict[str, dict[str, Tensor]]:
    """Each layer's down, up, mid and alpha, by the layer's name as it is written."""
    found: dict[str, dict[str, Tensor]] = {}
    for key, tensor in file.tensors.items():
        if match := _MATRIX.fullmatch(key):
            side = _SIDES.get(match["side"], match["side"])
            found.setdefault(match["layer"], {})[side] = tensor
        elif key.endswith(_ALPHA) and tensor.numel() == 1:
            found.setdefault(key.removesuffix(_ALPHA), {})["alpha"] = tensor
        else:
            raise UserError(
                f"LoRA '{name}' holds {key}, which is of no LoRA (LoHa, LoKr and DoRA are not "
                f"played); choose a plain LoRA."
            )
    if not found:
        raise UserError(f"LoRA '{name}' holds nothing; copy or download it again.")
    return found


def _place(written: str) -> tuple[str, str]:
    """Network and flat name of a layer that a file names in its own way."""
    for prefix in _TEXT:
        if written.startswith(prefix):
            flat = written.removeprefix(prefix).replace(".", "_").removeprefix("text_model_")
            stem, _, last = flat.rpartition("self_attn_")
            return "text_encoder", f"{stem}self_attn_{_OLD_TEXT.get(last, last)}" if stem else flat
    for prefix in _UNET:
        written = written.removeprefix(prefix)
    flat = written.replace(".processor.", ".").replace(".", "_")
    return "unet", f"{flat}_0" if flat.endswith("_to_out") else flat


def _default_alpha(file: TensorFile, network: str) -> float | None:
    """The alpha of layers that bring none: diffusers writes it into the file's head."""
    try:
        settings = json.loads(file.about.get("lora_adapter_metadata", "{}"))
        return float(settings[f"{network}.lora_alpha"])
    except (ValueError, TypeError, KeyError):
        return None


def _addition(sides: Mapping[str, Tensor], default_alpha: float | None) -> Addition | None:
    """A layer's addition; None where a half of it is missing, or is no matrix."""
    down, up, mid = sides.get("down"), sides.get("up"), sides.get("mid")
    if down is None or up is None or min(down.dim(), up.dim()) < 2:
        return None
    rank = down.shape[0]
    alpha = float(sides["alpha"]) if "alpha" in sides else default_alpha
    return Addition(up, down, 1.0 if alpha is None else alpha / rank, mid)
