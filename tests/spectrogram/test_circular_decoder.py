"""Convolutions that wrap in time and not in frequency."""

from __future__ import annotations

import copy

import pytest
import torch
from diffusers import AutoencoderKL, AutoencoderTiny
from diffusers.models.downsampling import Downsample2D
from torch import Tensor, nn
from torch.nn import functional

from livediffusion.spectrogram.circular import make_circular_in_time, opened_in_time


def _noise(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def _turns_along(module: nn.Module, x: Tensor, shift: int, scale: float) -> bool:
    with torch.no_grad():
        out, turned = module(x), module(torch.roll(x, shift, dims=-1))
    return torch.allclose(turned, torch.roll(out, round(shift * scale), dims=-1), atol=1e-4)


CONVOLUTIONS = [
    {"kernel_size": 3, "padding": 1},
    {"kernel_size": 1},
    {"kernel_size": (5, 7), "padding": (2, 3)},
    {"kernel_size": 3, "padding": 2, "dilation": 2},
    {"kernel_size": 3, "padding": 1, "stride": 2},
    {"kernel_size": 3, "padding": "same"},
    {"kernel_size": (2, 4), "padding": "same"},
    {"kernel_size": 3, "padding": 1, "groups": 2},
]


@pytest.mark.filterwarnings("ignore:Using padding=.same.")
@pytest.mark.parametrize("options", CONVOLUTIONS, ids=str)
def test_time_wraps_and_frequency_does_not(options: dict[str, object]) -> None:
    torch.manual_seed(0)
    plain = nn.Conv2d(4, 6, **options)  # type: ignore[arg-type]
    circular = make_circular_in_time(nn.Conv2d(4, 6, **options))  # type: ignore[arg-type]
    circular.load_state_dict(plain.state_dict())
    x = _noise(2, 4, 8, 16)
    stride = plain.stride[1]
    assert _turns_along(circular, x, 4, 1 / stride)
    # Three turns in a row, cut out of the middle, is what wrapping means.
    with torch.no_grad():
        thrice = plain(x.repeat(1, 1, 1, 3))
        width = 16 // stride
        assert torch.allclose(circular(x), thrice[..., width : 2 * width], atol=1e-5)


def test_doing_it_twice_and_saving_change_nothing() -> None:
    module = nn.Sequential(nn.Conv2d(2, 2, 3, padding=1), nn.ReLU(), nn.Conv2d(2, 2, 3, padding=1))
    names = list(module.state_dict())
    once = make_circular_in_time(module)
    kinds = [type(part) for part in once.modules()]
    out = once(_noise(1, 2, 5, 6))
    twice = make_circular_in_time(once)
    assert twice is module
    assert [type(part) for part in twice.modules()] == kinds
    assert torch.equal(twice(_noise(1, 2, 5, 6)), out)
    assert list(twice.state_dict()) == names
    assert isinstance(module[0], nn.Conv2d)


def test_other_paddings_are_refused() -> None:
    with pytest.raises(ValueError, match="reflect"):
        make_circular_in_time(nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect"))


@pytest.mark.parametrize("padding", [0, 1])
def test_downsampling_of_diffusers_wraps(padding: int) -> None:
    torch.manual_seed(0)
    down = Downsample2D(4, use_conv=True, padding=padding)
    x = _noise(1, 4, 8, 16)
    assert not _turns_along(down, x, 4, 0.5)
    with torch.no_grad():
        before = down(x)
        after = make_circular_in_time(down)(x)
    assert _turns_along(down, x, 4, 0.5)
    assert torch.allclose(after[..., 1:-1], before[..., 1:-1], atol=1e-6)


def test_decoders_of_diffusers_turn_along() -> None:
    torch.manual_seed(0)
    large = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        block_out_channels=(8, 16),
        norm_num_groups=4,
        sample_size=32,
    ).eval()
    tiny = AutoencoderTiny(
        encoder_block_out_channels=(8, 8),
        decoder_block_out_channels=(8, 8),
        num_encoder_blocks=(1, 1),
        num_decoder_blocks=(1, 1),
    ).eval()
    latents = _noise(1, 4, 8, 16)
    for model in (large, tiny):
        assert not _turns_along(model.decoder, latents, 4, 2.0)
        assert _turns_along(make_circular_in_time(model.decoder), latents, 4, 2.0)
    pictures = _noise(1, 3, 16, 32)
    assert _turns_along(make_circular_in_time(large.encoder), pictures, 8, 0.5)


def test_export_sees_plain_operations() -> None:
    torch.manual_seed(0)
    module = make_circular_in_time(nn.Sequential(nn.Conv2d(2, 2, 3, padding=1), nn.SiLU())).eval()
    x = _noise(1, 2, 5, 6)
    exported = torch.export.export(module, (x,)).module()
    assert torch.allclose(exported(x), module(x), atol=1e-6)


def test_zeros_pad_the_frequency_axis() -> None:
    conv = make_circular_in_time(nn.Conv2d(1, 1, 3, padding=1, bias=False))
    x = _noise(1, 1, 5, 6)
    wrapped = functional.pad(x, (1, 1, 0, 0), mode="circular")
    expected = functional.conv2d(functional.pad(wrapped, (0, 0, 1, 1)), conv.weight)
    assert torch.allclose(conv(x), expected, atol=1e-6)


def test_an_opened_copy_is_the_plain_one_and_leaves_the_closed_one_alone() -> None:
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.Conv2d(3, 2, 3, padding=1))
    closed = make_circular_in_time(copy.deepcopy(plain))
    x = _noise(1, 2, 5, 6)
    before = closed(x)
    opened = opened_in_time(closed)
    assert torch.equal(opened(x), plain(x))
    assert torch.equal(closed(x), before) and not torch.equal(before, plain(x))
    pairs = zip(opened.parameters(), closed.parameters(), strict=True)
    assert all(mine is its for mine, its in pairs), "not in memory twice"
