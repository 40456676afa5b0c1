"""Riffusion's request as JSON, and those who wait for its answer."""

from __future__ import annotations

import json
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from livediffusion.control.guests import MOST_WAITING, Busy, Guests, Wish
from livediffusion.control.inbox import Inbox
from livediffusion.control.inference import parse_inference, wish_of
from livediffusion.errors import UserError
from livediffusion.render.process import GuestFailed, GuestReady
from livediffusion.render.request import RenderRequest
from livediffusion.render.riffusion import End, Inference
from livediffusion.render.seed_images import SHIPPED, STAND_INS, find_image
from livediffusion.types import ModelDefaults

LEAST: dict[str, Any] = {
    "start": {"prompt": "church bells", "seed": 42},
    "end": {"prompt": "jazz 🎷", "seed": 123},
    "alpha": 0.25,
}
FULL: dict[str, Any] = {
    "start": {**LEAST["start"], "denoising": 0.5, "guidance": 5, "negative_prompt": "drums"},
    "end": {**LEAST["end"], "denoising": 1, "guidance": 3.5},
    "alpha": 0.25,
    "num_inference_steps": 20,
    "seed_image_id": "vibes",
    "mask_image_id": "mask_top_third_75",
    "something": "that nobody knows",
}
DISTILLED = ModelDefaults("pocket", "h", 4, 1.0, "model", 120.0)
WHOLE = ModelDefaults("riffusion", "h", 50, 7.0, "model", 93.75)


def test_only_the_required_fields_get_riffusions_defaults() -> None:
    inference = parse_inference(json.dumps(LEAST).encode())
    assert inference == Inference(End("church bells", 42), End("jazz 🎷", 123), 0.25)
    assert (inference.num_inference_steps, inference.seed_image_id) == (50, "og_beat")
    nulls = {**LEAST, "mask_image_id": None, "num_inference_steps": None}
    assert parse_inference(json.dumps(nulls).encode()) == inference


def test_every_field_is_read_and_unknown_ones_are_passed_over() -> None:
    inference = parse_inference(json.dumps(FULL).encode())
    assert inference.start == End("church bells", 42, "drums", 0.5, 5.0)
    assert inference.end == End("jazz 🎷", 123, "", 1.0, 3.5)
    assert (inference.num_inference_steps, inference.seed_image_id) == (20, "vibes")
    assert inference.mask_image_id == "mask_top_third_75"


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in LEAST.items() if key != name}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        ([LEAST], "must be an object"),
        (without("start"), "start must be an object"),
        (without("alpha"), "alpha is missing"),
        ({**LEAST, "alpha": "0.5"}, "alpha must be a number from 0 to 1"),
        ({**LEAST, "alpha": float("nan")}, "alpha must be"),
        ({**LEAST, "alpha": 1.5}, "not 1.5"),
        ({**LEAST, "alpha": True}, "alpha must be"),
        ({**LEAST, "end": {"prompt": "x"}}, "end.seed is missing"),
        ({**LEAST, "end": {"prompt": 5, "seed": 1}}, "end.prompt must be text"),
        ({**LEAST, "end": {"prompt": "x", "seed": -1}}, "end.seed must be a whole number"),
        ({**LEAST, "end": {"prompt": "x" * 10_000, "seed": 1}}, "at most 1000 characters"),
        ({**LEAST, "num_inference_steps": 0}, "num_inference_steps must be"),
        ({**LEAST, "num_inference_steps": 10**9}, "from 1 to 100"),
        ({**LEAST, "seed_image_id": 3}, "seed_image_id must be text"),
    ],
    ids=range(17),
)
def test_what_is_wrong_is_one_sentence(given: Any, says: str) -> None:
    body = given if isinstance(given, bytes) else json.dumps(given).encode()
    with pytest.raises(UserError) as refusal:
        parse_inference(body)
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/b", "", ".hidden", "C:\\x", "x\0"])
def test_an_image_is_found_by_name_and_never_by_path(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(b"x")
    (tmp_path / "in").mkdir()
    with pytest.raises(UserError, match="There is no seed or mask image"):
        find_image(name, tmp_path / "in")


def test_the_users_folder_comes_first_and_ours_stand_in(tmp_path: Path) -> None:
    assert find_image("og_beat", tmp_path) == SHIPPED / "house.png"
    assert find_image("mask_gradient_dark", tmp_path / "nowhere").parent == SHIPPED
    Image.new("L", (512, 512)).save(tmp_path / "og_beat.png")
    assert find_image("og_beat", tmp_path) == tmp_path / "og_beat.png"
    with pytest.raises(UserError, match=r"choose one of .*house.*og_beat"):
        find_image("nosuch", tmp_path)


def test_what_ships_is_whole_and_small() -> None:
    assert all((SHIPPED / f"{name}.png").is_file() for name in STAND_INS.values())
    files = list(SHIPPED.glob("*.png"))
    assert sum(file.stat().st_size for file in files) < 1_500_000
    for file in files:
        with Image.open(file) as image:
            assert image.size == (512, 512)


def test_a_wish_knows_its_files_and_its_beats(tmp_path: Path) -> None:
    Image.new("L", (256, 512)).save(tmp_path / "short.png")
    Image.new("L", (1, 1)).save(tmp_path / "dot.png")
    (tmp_path / "text.png").write_text("no image")
    start, end = End("a", 1), End("b", 2)
    wish = wish_of(Inference(start, end, 0.5, 50, "short", "mask_top_third_95"), tmp_path)
    assert (wish.seed_image, wish.beats) == (str(tmp_path / "short.png"), 4)
    assert wish.mask == str(SHIPPED / "mask_top_third_95.png")
    assert wish_of(Inference(start, end, 0.5), tmp_path).mask == ""
    for name, says in (("dot", "1 x 1"), ("text", "cannot be read"), ("nosuch", "no seed or mask")):
        with pytest.raises(UserError, match=says):
            wish_of(Inference(start, end, 0.5, 50, name), tmp_path)


class Renderer:
    """What guests see of the renderer."""

    def __init__(self) -> None:
        self.invited: list[RenderRequest] = []
        self.picture_only = False
        self.dismissed: list[int] = []

    def invite(self, request: RenderRequest, *, picture_only: bool = False) -> int:
        self.invited.append(request)
        self.picture_only = picture_only
        return len(self.invited)

    def dismiss(self, number: int) -> None:
        self.dismissed.append(number)


class House:
    """Guests, a renderer that does what the test says, and a control loop."""

    def __init__(self, defaults: ModelDefaults | None) -> None:
        self.defaults = defaults
        self.renderer, self.inbox = Renderer(), Inbox()
        images = Path("nowhere")
        self.guests = Guests(self.renderer, self.inbox, lambda: self.defaults, images)  # type: ignore[arg-type]

    def ask(self, **changes: Any) -> Future[GuestReady]:
        inference = Inference(End("a", 1), End("b", 2), 0.5, **changes)
        return self.guests.ask(Wish(inference, "seed.png", 8))

    def turn(self) -> None:
        self.inbox.run_errands()
        self.guests.look()


def test_one_at_a_time_in_their_order() -> None:
    house = House(WHOLE)
    first, second = house.ask(num_inference_steps=10), house.ask(num_inference_steps=20)
    house.turn()
    assert [request.steps for request in house.renderer.invited] == [10]
    ready = GuestReady(1, "mp3", "jpeg", 5.12, 100.0)
    house.guests.hear(GuestReady(99, "", "", 0.0, 0.0))
    house.guests.hear(ready)
    assert first.result(0) is ready
    house.turn()
    assert [request.steps for request in house.renderer.invited] == [10, 20]
    house.guests.hear(GuestFailed(2, "No.", busy=False))
    with pytest.raises(UserError, match="No"):
        second.result(0)
    third = house.ask()
    house.turn()
    house.guests.hear(GuestFailed(3, "Away.", busy=True))
    with pytest.raises(Busy, match="Away"):
        third.result(0)


def test_the_queue_is_short_and_those_who_left_make_room() -> None:
    house = House(None)
    waiting = [house.ask() for _ in range(MOST_WAITING)]
    over = house.ask()
    house.turn()
    assert house.renderer.invited == [], "no model is ready"
    with pytest.raises(Busy, match="ask again"):
        over.result(0)
    waiting[0].cancel()
    another = house.ask()
    house.turn()
    assert not another.done()
    house.defaults = WHOLE
    house.turn()
    assert len(house.renderer.invited) == 1
    assert house.renderer.dismissed == []
    waiting[1].cancel()
    house.turn()
    assert house.renderer.dismissed == [1]
    assert len(house.renderer.invited) == 2


def test_the_request_is_the_present_models_own() -> None:
    house = House(WHOLE)
    house.ask()
    house.turn()
    whole = house.renderer.invited[0]
    assert (whole.model, whole.tempo, whole.guidance, whole.steps) == ("riffusion", 93.75, 7.0, 50)
    assert whole.prompts == (("a", 0.5), ("b", 0.5))
    house = House(DISTILLED)
    house.ask()
    house.turn()
    own = house.renderer.invited[0]
    assert (own.model, own.tempo, own.guidance, own.steps) == ("pocket", 120.0, 1.0, 4)


def test_a_loop_s_picture_is_asked_for_by_its_key() -> None:
    house = House(WHOLE)
    request = RenderRequest((("a", 1.0),), ((1, 1.0),), 100.0, model="riffusion")
    house.guests.requests = {"k": request, "old": replace(request, model="pocket")}.get
    with pytest.raises(UserError, match="nobody knows how it was made"):
        house.guests.ask_for_picture("other")
    with pytest.raises(UserError, match="Nothing sounds yet"):
        house.guests.ask_for_picture("")
    gone, wanted = house.guests.ask_for_picture("old"), house.guests.ask_for_picture("k")
    house.turn()
    assert house.renderer.invited == [request] and house.renderer.picture_only
    with pytest.raises(UserError, match="of the model pocket, which is gone"):
        gone.result(0)
    assert not wanted.done()
    house.guests.hear(GuestReady(1, "", "png", 4.8, 1.0))
    assert wanted.result(0).image == "png"


def test_a_value_that_no_request_can_have_is_said() -> None:
    house = House(WHOLE)
    wrong = house.guests.ask(Wish(Inference(End("a", 1), End("b", 2), 7.0), "seed.png", 8))
    good = house.ask()
    house.turn()
    with pytest.raises(UserError, match="alpha"):
        wrong.result(0)
    assert not good.done()
    assert len(house.renderer.invited) == 1
