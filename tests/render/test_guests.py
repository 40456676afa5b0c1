"""Guests of the renderer: served in what time is left, and never in the way."""

from __future__ import annotations

import base64
import io
import threading
from typing import Any

import pytest
import soundfile
from conftest import MakeRequest
from PIL import Image

from livediffusion.render.cache import LoopCache
from livediffusion.render.engines.stable_diffusion import StableDiffusion
from livediffusion.render.guests import Guests, Interrupted
from livediffusion.render.loop import Cancelled
from livediffusion.render.offline import render_loop
from livediffusion.render.request import RenderRequest
from livediffusion.spectrogram.image import params_of_image
from livediffusion.spectrogram.params import RIFFUSION


class House:
    """Guests, what they were told, and a performance that may want something in between."""

    def __init__(self, make_request: MakeRequest) -> None:
        self.told: list[dict[str, Any]] = []
        self.answered = threading.Event()
        self.passes = 0
        self.on_pass = lambda: None
        self.cache = LoopCache(64.0)
        self.guests = Guests(self._send, self._make_way, self.cache.picture)
        self._make_request = make_request

    def come(self, number: int, *, picture_only: bool = False, **changes: Any) -> RenderRequest:
        request = self._make_request(**changes)
        message = {"id": number, "request": request.to_json(), "picture_only": picture_only}
        self.guests.take(message)
        return request

    def _send(self, message: dict[str, Any]) -> bool:
        self.told.append(message)
        self.answered.set()
        return True

    def _make_way(self) -> None:
        self.passes += 1
        self.on_pass()

    def answer(self) -> dict[str, Any]:
        """The last answer; that with files comes from another thread."""
        assert self.answered.wait(60.0)
        self.answered.clear()
        return self.told[-1]


@pytest.fixture
def house(make_request: MakeRequest) -> House:
    return House(make_request)


def test_a_guest_gets_an_mp3_and_a_jpeg(house: House, engine: StableDiffusion) -> None:
    house.come(7)
    house.guests.render_next(engine)
    answer = house.answer()
    assert (answer["type"], answer["id"], answer["duration_s"]) == ("guest", 7, 1.0)
    audio, rate = soundfile.read(io.BytesIO(base64.b64decode(answer["audio"])))
    assert (audio.shape, rate) == ((48000, 2), 48000)
    assert 0.01 < abs(audio).max() <= 1.0
    image = Image.open(io.BytesIO(base64.b64decode(answer["image"])))
    assert (image.format, image.size) == ("JPEG", (256, 64))
    assert not house.guests.waiting


def test_who_wants_the_picture_alone_gets_the_one_that_sounds_with_what_it_means(
    house: House, engine: StableDiffusion, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = house.come(3, picture_only=True, tempo=100.0)
    render_loop(engine, request, house.cache)
    monkeypatch.setattr(type(engine), "picture", None)  # it is there: nothing is rendered
    house.guests.render_next(engine)
    answer = house.answer()
    assert (answer["audio"], answer["duration_s"]) == ("", 60.0 / 100.0 * request.beats)
    image = Image.open(io.BytesIO(base64.b64decode(answer["image"])))
    assert image.format == "PNG" and image.width == 64 * request.beats
    said = params_of_image(image, RIFFUSION)
    params = engine.params
    assert (said.bands, said.max_hz, said.channels) == (params.bands, params.max_hz, 1)
    assert said.native_tempo == pytest.approx(100.0)


def test_the_performance_renders_between_a_guests_steps_and_neither_is_changed(
    house: House, engine: StableDiffusion, make_request: MakeRequest
) -> None:
    house.come(1, steps=4)
    house.guests.render_next(engine)
    alone, quiet_passes = house.answer(), house.passes
    own = make_request(seeds=((9, 1.0),), steps=3)
    undisturbed, played = render_loop(engine, own).audio, []
    house.on_pass = lambda: played.append(render_loop(engine, own).audio)
    house.come(2, steps=4)
    house.guests.render_next(engine)
    visited = house.answer()
    assert len(played) == quiet_passes >= 5, "before every step and stage"
    assert all((audio == undisturbed).all() for audio in played)
    assert visited["audio"] == alone["audio"]
    assert visited["image"] == alone["image"]


def test_one_who_is_dismissed_is_not_answered(house: House, engine: StableDiffusion) -> None:
    house.come(1)
    house.come(2)
    house.guests.dismiss(1)
    house.on_pass = lambda: house.guests.dismiss(2)
    house.guests.render_next(engine)
    assert not house.guests.waiting
    assert house.told == []
    assert house.passes == 1


def test_one_who_was_interrupted_comes_first_again(house: House, engine: StableDiffusion) -> None:
    def interrupt() -> None:
        house.on_pass = lambda: None
        raise Interrupted

    house.on_pass = interrupt
    house.come(1)
    house.come(2)
    house.guests.render_next(engine)
    assert house.told == []
    house.guests.render_next(engine)
    assert house.answer()["id"] == 1


def test_what_cannot_be_rendered_is_a_sentence(house: House, engine: StableDiffusion) -> None:
    house.come(1, sampler="magic")
    house.come(2, model="other")
    house.guests.take({"id": 3, "request": {"prompts": 5}})
    for number, words in ((1, "sampler 'magic'"), (2, "'other' is not"), (3, "not understood")):
        house.guests.render_next(engine)
        answer = house.answer()
        assert (answer["type"], answer["id"], answer["busy"]) == ("guest-failed", number, False)
        assert words in answer["error"]


def test_without_memory_or_engine_it_is_another_time(house: House, engine: StableDiffusion) -> None:
    def run_out() -> None:
        raise MemoryError

    house.on_pass = run_out
    house.come(1)
    house.guests.render_next(engine)
    assert house.answer()["busy"]
    house.come(2)
    house.guests.refuse_all("No model is loaded.")
    assert house.answer() == {
        "type": "guest-failed",
        "id": 2,
        "error": "No model is loaded.",
        "busy": True,
    }


def test_a_fault_is_told_and_a_lost_device_ends_the_process(
    house: House, engine: StableDiffusion
) -> None:
    class AcceleratorError(RuntimeError):
        pass

    def fail(error: Exception) -> None:
        raise error

    house.on_pass = lambda: fail(ValueError("a bug"))
    house.come(1)
    house.guests.render_next(engine)
    assert "ValueError" in house.answer()["error"]
    house.on_pass = lambda: fail(AcceleratorError("gone"))
    house.come(2)
    with pytest.raises(AcceleratorError):
        house.guests.render_next(engine)
    assert "AcceleratorError" in house.answer()["error"]


def test_interrupted_is_a_way_of_being_cancelled() -> None:
    assert issubclass(Interrupted, Cancelled), "engines let it pass"
