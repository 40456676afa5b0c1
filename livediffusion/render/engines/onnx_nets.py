"""A model's networks with nothing but tensors in and out, as an exporter wants them."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn


class TextNet(nn.Module):
    """Token ids (1, tokens) to hidden states (1, tokens, width)."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        hidden: Tensor = self.model(input_ids, attention_mask=attention_mask)[0]
        return hidden


class DenoiserNet(nn.Module):
    """Latents (n, C, h, w), a timestep and embeddings (n, tokens, width) to a prediction."""

    def __init__(self, unet: Any) -> None:
        super().__init__()
        self.unet = unet

    def forward(self, sample: Tensor, timestep: Tensor, context: Tensor) -> Tensor:
        out: Tensor = self.unet(sample, timestep, encoder_hidden_states=context, return_dict=False)[
            0
        ]
        return out


class DecoderNet(nn.Module):
    """Latents (1, C, h, w), scaled back, to an image (1, c, H, W)."""

    def __init__(self, vae: Any) -> None:
        super().__init__()
        self.vae = vae

    def forward(self, sample: Tensor) -> Tensor:
        image: Tensor = self.vae.decode(sample, return_dict=False)[0]
        return image


class EncoderNet(nn.Module):
    """An image to latents, or to means and log variances (1, 2 C, h, w) where they are drawn."""

    def __init__(self, vae: Any) -> None:
        super().__init__()
        self.vae = vae

    def forward(self, sample: Tensor) -> Tensor:
        encoded = self.vae.encode(sample)
        if hasattr(encoded, "latent_dist"):
            found: Tensor = encoded.latent_dist.parameters
        else:
            found = encoded.latents
        return found
