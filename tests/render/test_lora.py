"""LoRAs: added to the weights exactly, swapped and weighed between loops, refused in a sentence."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import lora_files
import pytest
import torch
from conftest import MakeRequest
from safetensors.torch import load_file, save_file
from torch import Tensor

from livediffusion.errors import UserError
from livediffusion.render.engines import denoiser
from livediffusion.render.engines.lora import Addition, read_lora
from livediffusion.render.engines.stable_diffusion import StableDiffusion
from livediffusion.render.engines.tensorfile import read_tensors
from livediffusion.render.loop import Stopwatch
from livediffusion.render.offline import default_request, open_engine
from livediffusion.render.request import RenderRequest
from livediffusion.render.settings import POCKET_FOLDER, Addons


def opened(folder: Path, said: list[str] | None = None, **loras: object) -> StableDiffusion:
    """The tiny model with LoRAs at hand, by name."""
    addons = Addons(loras={name: str(path) for name, path in loras.items()})
    notice = (said if said is not None else []).append
    return open_engine("tiny", folder, device="cpu", threads=1, addons=addons, notice=notice)


@pytest.fixture(scope="module")
def wardrobe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the files of `dressed` lie, as NAME.safetensors; they may come later."""
    return tmp_path_factory.mktemp("loras")


@pytest.fixture(scope="module")
def dressed(tiny_folder: Path, wardrobe: Path) -> StableDiffusion:
    """The tiny model with many LoRAs by name."""
    names = [*lora_files.STYLES, "a", "b", "c", "d", "headed", "multiplied", "replaced"]
    return opened(tiny_folder, **{name: wardrobe / f"{name}.safetensors" for name in names})


def picture(engine: StableDiffusion, request: RenderRequest) -> Tensor:
    return engine.picture(engine.settle(request), Stopwatch())


@pytest.fixture(scope="module")
def made(tiny_folder: Path) -> lora_files.Made:
    return lora_files.make(tiny_folder, {"unet": lora_files.UNET, "text_encoder": lora_files.TEXT})


@pytest.fixture(scope="module")
def lora(made: lora_files.Made, wardrobe: Path) -> Path:
    """The file of `dressed`'s LoRA "a"."""
    return lora_files.write_kohya(made, wardrobe / "a.safetensors")


@pytest.mark.parametrize("style", lora_files.STYLES)
def test_it_is_added_as_the_paper_says(
    style: str, dressed: StableDiffusion, wardrobe: Path, tiny_folder: Path, tmp_path: Path,
    make_request: MakeRequest,
) -> None:  # fmt: skip
    write, layers = lora_files.STYLES[style]
    made = lora_files.make(tiny_folder, layers)
    by_hand = opened(lora_files.fused(tiny_folder, made, 0.7, tmp_path / "fused"))
    write(made, wardrobe / f"{style}.safetensors")
    heard = picture(dressed, make_request(loras=((style, 0.7),)))
    torch.testing.assert_close(heard, picture(by_hand, make_request()), atol=2e-5, rtol=0.0)
    without = picture(dressed, make_request())
    assert (heard - without).abs().max() > 0.01


def test_two_add_up_and_a_folder_will_do(
    tiny_folder: Path, made: lora_files.Made, lora: Path, tmp_path: Path, make_request: MakeRequest
) -> None:
    other = lora_files.make(tiny_folder, {"unet": lora_files.UNET[1:4]}, seed=9)
    (tmp_path / "b").mkdir()
    folder = lora_files.write_peft(other, tmp_path / "b" / "any.safetensors").parent
    engine = opened(tiny_folder, a=lora, b=folder)
    both = picture(engine, make_request(loras=(("a", 0.5), ("b", -1.0))))
    first = lora_files.fused(tiny_folder, made, 0.5, tmp_path / "first")
    by_hand = opened(lora_files.fused(first, other, -1.0, tmp_path / "second"))
    torch.testing.assert_close(both, picture(by_hand, make_request()), atol=2e-5, rtol=0.0)


def test_weights_come_and_go_without_a_trace(
    dressed: StableDiffusion, lora: Path, make_request: MakeRequest
) -> None:
    requests = [make_request(loras=loras) for loras in ((), (("a", 0.3),), (("a", 1.0),))]
    first = [picture(dressed, request) for request in requests]
    again = [picture(dressed, request) for request in reversed(requests)]
    for one, other in zip(first, reversed(again), strict=True):
        assert torch.equal(one, other)
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(first[1], first[2])


def test_a_small_networks_trace_is_left_to_the_plain_model(
    tiny_folder: Path, lora: Path, make_request: MakeRequest
) -> None:
    plain, worn = make_request(), make_request(loras=(("a", 1.0),))
    engine = opened(tiny_folder, a=lora)
    engine.hasten()
    assert engine._denoiser._traced is not None
    before = [picture(engine, plain) for _ in range(2)][1]
    heard = [picture(engine, worn) for _ in range(2)][1]
    assert (heard - before).abs().max() > 0.01, "the trace has the weights of the file"
    again = opened(tiny_folder)
    again.hasten()  # takes over the trace of the first
    assert torch.equal([picture(again, plain) for _ in range(2)][1], before)
    assert torch.equal(picture(engine, plain), before)


def test_nothing_is_traced_that_has_worn_a_lora(
    tiny_folder: Path, lora: Path, make_request: MakeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(denoiser, "_traces", {})
    engine = opened(tiny_folder, a=lora)
    picture(engine, make_request(loras=(("a", 1.0),)))
    engine.hasten()
    assert engine._denoiser._traced is None
    assert not denoiser._traces


def test_compiled_code_finds_new_weights_where_the_old_were(
    tiny_folder: Path, lora: Path, make_request: MakeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livediffusion.render.engines.compute.what_is_missing", lambda _: "")
    addons = Addons(loras={"a": str(lora)})
    engine = open_engine("tiny", tiny_folder, device="cpu", compiles=True, addons=addons)
    places = {name: weights.data_ptr() for name, weights in engine._parts.unet.named_parameters()}
    before = picture(engine, make_request())
    assert not torch.equal(picture(engine, make_request(loras=(("a", 1.0),))), before)
    after = {name: weights.data_ptr() for name, weights in engine._parts.unet.named_parameters()}
    assert after == places
    assert torch.equal(picture(engine, make_request()), before)


def test_a_picture_in_between_does_not_dress_the_first(
    dressed: StableDiffusion, lora: Path, make_request: MakeRequest
) -> None:
    plain, worn = make_request(), make_request(loras=(("a", 1.0),))
    alone = {request: picture(dressed, request) for request in (plain, worn)}
    for guest, other in ((plain, worn), (worn, plain)):
        watch = Stopwatch(lambda request=other: picture(dressed, request))  # type: ignore[misc]
        found = dressed.picture(dressed.settle(guest), watch)
        assert torch.equal(found, alone[guest])


def test_what_decides_the_sound_is_in_the_key(
    dressed: StableDiffusion, wardrobe: Path, tiny_folder: Path, made: lora_files.Made,
    make_request: MakeRequest,
) -> None:  # fmt: skip
    path = lora_files.write_kohya(made, wardrobe / "replaced.safetensors")
    worn = make_request(loras=(("replaced", 0.5),))
    less = make_request(loras=(("replaced", 0.25),))
    settled = dressed.settle(worn)
    others = [dressed.settle(request).picture_key() for request in (make_request(), less)]
    assert settled.picture_key() not in others
    assert RenderRequest.from_json(settled.to_json()) == settled
    assert dressed.additions.has_what(settled)
    lora_files.write_kohya(lora_files.make(tiny_folder, {"unet": lora_files.UNET}, seed=5), path)
    assert dressed.settle(worn).picture_key() != settled.picture_key()
    assert not dressed.additions.has_what(settled)
    with pytest.raises(UserError, match="has changed since"):
        dressed.settle(settled)
    path.unlink()
    assert not dressed.additions.has_what(settled)


def test_keys_of_before_there_were_loras_hold() -> None:
    request = RenderRequest(
        prompts=(("a", 0.25), ("b 🌊", 0.75)), seeds=((1, 1.0),), tempo=120.0, guidance=3.0,
        negative="n", seed_image="x.png",
    )  # fmt: skip
    assert request.picture_key() == "d14de9f01e9c5cad4ecfca7c10b78838"
    assert request.audio_key() == "8aea0b0c3070ec00c2ec6ac52c203c0c"
    old = {k: v for k, v in request.to_json().items() if k not in ("loras", "decoder")}
    assert RenderRequest.from_json(old) == request


def _nothing(path: Path) -> None:
    save_file({}, path)


def _other_model(path: Path) -> None:
    save_file({"lora_unet_no_such_layer.lora_down.weight": torch.ones(2, 2),
               "lora_unet_no_such_layer.lora_up.weight": torch.ones(2, 2)}, path)  # fmt: skip


def _other_width(path: Path) -> None:
    layer = f"unet.{lora_files.UNET[0]}"
    save_file({f"{layer}.lora_A.weight": torch.ones(2, 77),
               f"{layer}.lora_B.weight": torch.ones(77, 2)}, path)  # fmt: skip


def _half(path: Path) -> None:
    save_file({f"unet.{lora_files.UNET[0]}.lora_A.weight": torch.ones(2, 32)}, path)


def _loha(path: Path) -> None:
    save_file({"lora_unet_mid_block.hada_w1_a": torch.ones(2, 2)}, path)


def _garbage(path: Path) -> None:
    path.write_bytes(b"no tensors here")


WRONG: dict[str, tuple[Any, str]] = {
    "nothing": (_nothing, "holds nothing"),
    "another model's": (_other_model, "has no layer lora_unet_no_such_layer"),
    "another width": (_other_width, "has another shape"),
    "a half": (_half, "has another shape"),
    "a LoHa": (_loha, "is of no LoRA"),
    "garbage": (_garbage, "it is broken"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_does_not_fit_is_refused_in_a_sentence(
    what: str, engine: StableDiffusion, tmp_path: Path
) -> None:
    write, sentence = WRONG[what]
    write(tmp_path / "wrong.safetensors")
    parts = engine._parts
    with pytest.raises(UserError, match=sentence) as caught:
        read_lora("wrong", tmp_path / "wrong.safetensors", parts.unet, parts.text_encoder)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_used_is_said_once_and_left_out_until_it_is_mended(
    tiny_folder: Path, engine: StableDiffusion, made: lora_files.Made, tmp_path: Path,
    make_request: MakeRequest,
) -> None:  # fmt: skip
    said: list[str] = []
    path = tmp_path / "late.safetensors"
    playing = opened(tiny_folder, said, late=path)
    request = make_request(loras=(("late", 1.0), ("unheard of", 1.0)))
    plain = picture(engine, make_request())
    for _ in range(2):
        assert torch.equal(picture(playing, request), plain)
    assert ["there is no file" in said[0], "There is no LoRA 'unheard of'" in said[1]] == [True] * 2
    _other_width(path)
    assert torch.equal(picture(playing, request), plain)
    lora_files.write_kohya(made, path)
    assert not torch.equal(picture(playing, request), plain)
    assert len(said) == 3
    assert all(sentence.endswith("It is left out.") for sentence in said)


class Evil:
    """Runs code when it is unpickled."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return (print, ("this must never run",))


@pytest.mark.parametrize("content", [Evil(), [torch.ones(1)], {"a": "text"}, {1: torch.ones(1)}])
def test_a_bin_that_is_no_plain_state_dict_is_refused(
    content: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save(content, tmp_path / "a.bin")
    with pytest.raises(UserError, match="is refused"):
        read_tensors("LoRA 'a'", tmp_path / "a.bin")
    assert "never" not in capsys.readouterr().out


def test_a_plain_bin_is_as_good_as_safetensors(lora: Path, tmp_path: Path) -> None:
    expected = load_file(lora)
    for content in (expected, {"state_dict": expected, "step": 3}):
        torch.save(content, tmp_path / "b.bin")
        found = read_tensors("LoRA 'b'", tmp_path / "b.bin").tensors
        assert found.keys() == expected.keys()
        assert all(torch.equal(found[key], expected[key]) for key in found)


def test_a_convolution_in_three_parts() -> None:
    """LoCon's: 1 x 1 down, k x k in the middle, 1 x 1 up, as convolutions one after the other."""
    drawn = torch.Generator().manual_seed(0)
    down, mid, up = (
        torch.randn(shape, generator=drawn) for shape in ((2, 5, 1, 1), (2, 2, 3, 3), (7, 2, 1, 1))
    )
    found = Addition(up, down, 0.5, mid)
    weights = torch.zeros(7, 5, 3, 3)
    assert found.fits(weights)
    x = torch.randn((1, 5, 8, 8), generator=drawn)
    conv = torch.nn.functional.conv2d
    expected = 0.5 * conv(conv(conv(x, down), mid, padding=1), up)
    found.add_to(weights, 2.0)
    heard = conv(x, weights, padding=1)
    torch.testing.assert_close(heard, 2.0 * expected, atol=1e-4, rtol=1e-4)
    assert not dataclasses.replace(found, mid=torch.ones(2, 3, 3, 3)).fits(weights)


def test_alpha_may_stand_in_the_files_head(
    dressed: StableDiffusion, made: lora_files.Made, wardrobe: Path, make_request: MakeRequest
) -> None:
    headed, multiplied = {}, {}
    for layer, pair in made["unet"].items():
        for side, tensor in (("A", pair.down), ("B", pair.up)):
            headed[f"unet.{layer}.lora_{side}.weight"] = tensor
            multiplied[f"unet.{layer}.lora_{side}.weight"] = tensor * (2.0 if side == "B" else 1.0)
    about = {"lora_adapter_metadata": f'{{"unet.lora_alpha": {2 * lora_files.RANK}}}'}
    save_file(headed, wardrobe / "headed.safetensors", about)
    save_file(multiplied, wardrobe / "multiplied.safetensors")
    names = ("headed", "multiplied")
    one, other = (picture(dressed, make_request(loras=((name, 0.5),))) for name in names)
    torch.testing.assert_close(one, other)
    assert not torch.equal(one, picture(dressed, make_request()))


def test_the_pocket_model_wears_one_too(tmp_path: Path) -> None:
    weights = lora_files.weights_of(POCKET_FOLDER, "unet")
    layers = tuple(name.removesuffix(".weight") for name in weights if "attn1.to_q" in name)
    made = lora_files.make(POCKET_FOLDER, {"unet": layers, "text_encoder": lora_files.TEXT[:1]})
    addons = Addons(loras={"a": str(lora_files.write_kohya(made, tmp_path / "a.safetensors"))})
    engine = open_engine(device="cpu", threads=1, addons=addons)
    plain = dataclasses.replace(default_request(engine, "dub"), beats=4, steps=1)
    worn = dataclasses.replace(plain, loras=(("a", 1.0),))
    before = picture(engine, plain)
    assert (picture(engine, worn) - before).abs().max() > 0.01
    assert torch.equal(picture(engine, plain), before)
