"""A model's networks as ONNX Runtime runs them: stand in for torch's in `Components`.

The only user of ONNX Runtime at play. Tensors go in and out through the CPU's memory, also where
the network runs on a GPU: what a step moves is a thousandth of what it computes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from livediffusion.errors import UserError
from livediffusion.render.engines.compute import Compute
from livediffusion.render.engines.folder import ONNX_FILES


class Runtime:
    """Opens the networks of one folder, on the CPU or on a GPU."""

    def __init__(self, folder: Path, compute: Compute) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise UserError(
                "To play an exported model onnxruntime is missing; "
                "pip install 'livediffusion[onnx]', or onnxruntime-gpu for CUDA."
            ) from error
        self._onnxruntime: Any = onnxruntime
        self._folder = folder
        self._threads = compute.threads
        self.device = compute.device
        self._providers: list[Any] = ["CPUExecutionProvider"]
        if compute.device.type == "cuda":
            if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
                raise UserError(
                    "This onnxruntime knows no CUDA; install onnxruntime-gpu in its place, "
                    'or set [render] device to "cpu".'
                )
            # Heuristic: the fastest kernel of today would be another one tomorrow.
            options = {
                "device_id": compute.device.index or 0,
                "cudnn_conv_algo_search": "HEURISTIC",
                "use_tf32": 0,
            }
            self._providers.insert(0, ("CUDAExecutionProvider", options))
        first = "cuda" if len(self._providers) > 1 else "cpu"
        self.identity = f"stable_diffusion onnxruntime-{onnxruntime.__version__}-{first}"

    def has(self, part: str) -> bool:
        """Whether the folder holds this network."""
        return (self._folder / ONNX_FILES[part]).is_file()

    def open(self, part: str) -> Any:
        """A warm session of a network."""
        options = self._onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors
        # Idle threads must sleep, not spin, beside a player and its callback.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        return self._onnxruntime.InferenceSession(
            str(self._folder / ONNX_FILES[part]), options, providers=self._providers
        )


def _run(session: Any, device: torch.device, **inputs: Tensor) -> Tensor:
    """The only output of a network, on `device`."""
    feeds = {name: value.detach().cpu().contiguous().numpy() for name, value in inputs.items()}
    (found,) = session.run(None, feeds)
    return torch.from_numpy(found).to(device)


class OnnxText:
    """As transformers' CLIPTextModel, as far as `TextEncoder` knows it."""

    def __init__(self, runtime: Runtime, config: Any) -> None:
        self.config = config
        self.device = runtime.device
        self._session = runtime.open("text_encoder")

    def __call__(self, ids: Tensor, attention_mask: Tensor | None = None) -> tuple[Tensor]:
        """Hidden states (1, tokens, width) of ids (1, tokens)."""
        mask = {} if attention_mask is None else {"attention_mask": attention_mask}
        return (_run(self._session, self.device, input_ids=ids, **mask),)


class OnnxDenoiser:
    """As diffusers' UNet2DConditionModel, as far as `Denoiser` knows it."""

    dtype = torch.float32

    def __init__(self, runtime: Runtime, config: Any) -> None:
        self.config = config
        self.device = runtime.device
        self._session = runtime.open("unet")

    def __call__(
        self, sample: Tensor, t: Tensor, encoder_hidden_states: Tensor, return_dict: bool = False
    ) -> tuple[Tensor]:
        """Prediction (n, C, h, w)."""
        time = torch.as_tensor(t, dtype=torch.float32)
        return (
            _run(
                self._session,
                self.device,
                sample=sample.float(),
                timestep=time,
                context=encoder_hidden_states.float(),
            ),
        )


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What an encoder that draws its latents gives."""

    latent_dist: Any


@dataclass(frozen=True, slots=True)
class _Latents:
    """What an encoder that does not gives."""

    latents: Tensor


class OnnxAutoencoder:
    """As diffusers' AutoencoderKL or AutoencoderTiny, as far as the engine knows them.

    It was exported as it plays: with the seam closed, also where an open one is asked for. The
    engine says so.
    """

    dtype = torch.float32

    def __init__(self, runtime: Runtime, config: Any) -> None:
        self.config = config
        self.device = runtime.device
        self._runtime = runtime
        self._decoder = runtime.open("vae_decoder")
        self._encoder: Any = None

    def decode(self, latents: Tensor, return_dict: bool = False) -> tuple[Tensor]:
        """Image (1, c, H, W) of latents (1, C, h, w), scaled back."""
        return (_run(self._decoder, self.device, sample=latents.float()),)

    def encode(self, image: Tensor) -> _Drawn | _Latents:
        """Latents of an image (1, c, H, W). Raises UserError where no encoder was exported."""
        if self._encoder is None:
            if not self._runtime.has("vae_encoder"):
                raise UserError("This exported model has no encoder, so it takes no seed image.")
            self._encoder = self._runtime.open("vae_encoder")
        found = _run(self._encoder, self.device, sample=image.float())
        if found.shape[1] == int(self.config.latent_channels):
            return _Latents(found)
        from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution

        return _Drawn(DiagonalGaussianDistribution(found))
