"""Which output plays: switched while it plays, waited for while it is away, never off the beat."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from player_stage import loop, noise

from livediffusion.errors import UserError
from livediffusion.ipc.arena import Arena
from livediffusion.player import device, speaker
from livediffusion.player.deck import Swap
from livediffusion.player.engine import Engine
from livediffusion.player.mixer import Mixer
from livediffusion.player.outputs import Fill
from livediffusion.player.settings import PlayerSettings
from livediffusion.player.speaker import Speaker

SECOND = 10**9
BLOCK = 480  # frames, 10 ms


class Device:
    """An output that a test calls back from, with time of its own."""

    def __init__(self, name: str, starts: bool = True) -> None:
        self.name, self.underruns, self.latency = name, 0, 0.01
        self._starts = starts
        self.fill: Fill | None = None

    def start(self, fill: Fill) -> None:
        if not self._starts:
            raise UserError(f"{self.name} does not start")
        self.fill = fill

    def close(self) -> None:
        self.fill = None


class House:
    """A speaker among devices that come and go."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, wanted: str | None) -> None:
        self.there = {"A": True, "B": True}  # and whether it starts
        self.opened: list[Device] = []
        self.said: list[str] = []
        self.now_ns = 100 * SECOND
        arena = folder / "arena"
        self.arena = Arena(arena) if arena.exists() else Arena.create(arena)
        self.mixer = Mixer()
        self.engine = Engine(self.arena, self.mixer)
        self.speaker = Speaker(PlayerSettings(folder, wanted), self.engine, self.said.append)
        monkeypatch.setattr(device, "open_output", self.open)
        monkeypatch.setattr(device, "refresh", lambda: None)

    def open(self, name: str | None, *_: object, **__: object) -> Device:
        if (name or "A") not in self.there:
            raise UserError(f"there is no audio device {name!r}")
        self.opened.append(Device(name or "A", self.there[name or "A"]))
        return self.opened[-1]

    def play_song(self) -> None:
        self.mixer.swap(Swap(loop(noise(48000)), fade_frames=0))
        self.mixer.play()

    def run(self, seconds: float) -> None:
        """Let the device that is open now call back."""
        for _ in range(round(seconds * 100)):
            fill = self.opened[-1].fill
            assert fill is not None
            fill(np.empty((BLOCK, 2), np.float32), self.now_ns)
            self.now_ns += SECOND // 100

    @property
    def beat(self) -> float:
        return self.arena.read_transport().beat_at(self.now_ns)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], House]:
    return lambda wanted: House(tmp_path, monkeypatch, wanted)


def test_another_output_goes_on_on_the_beat(house: Callable[[str | None], House]) -> None:
    one = house("A")
    one.speaker.start()
    one.play_song()
    one.run(1.0)
    beat = one.beat
    one.speaker.change("B")
    assert one.speaker.name == "B" and one.opened[0].fill is None
    one.now_ns += SECOND * 7 // 10  # it takes its time to open
    one.run(0.5)
    assert one.beat == pytest.approx(beat + 4 * 1.2, abs=0.01)
    assert one.arena.read_transport().frame + BLOCK == round(2.2 * 48000)
    assert one.arena.read_transport().peak > 0.0


@pytest.mark.parametrize("name", ["C", "B"])
def test_what_cannot_be_opened_or_started_is_said_and_the_sound_stays(
    house: Callable[[str | None], House], name: str
) -> None:
    one = house("A")
    one.there["B"] = False
    one.speaker.start()
    one.play_song()
    one.run(0.2)
    one.speaker.change(name)
    assert one.speaker.name == "A" and one.opened[-1].fill is not None
    assert "the sound stays where it was" in one.said[0]
    one.run(0.2)
    assert one.arena.read_transport().peak > 0.0


def test_a_device_that_is_away_is_waited_for(house: Callable[[str | None], House]) -> None:
    one = house(None)
    one.there.clear()
    one.speaker.start()
    assert one.speaker.name == "nowhere: the default device is away"
    assert "unheard" in one.said[0]
    assert not one.speaker.look_again(10.0)
    one.there["A"] = False
    assert not one.speaker.look_again(13.0), "it is there, and does not start"
    one.there["A"] = True
    assert not one.speaker.look_again(14.0), "not all the time"
    assert one.speaker.look_again(16.0)
    assert one.speaker.name == "A" and "there again" in one.said[-1]
    assert not one.speaker.look_again(20.0)
    one.speaker.close()


def test_a_successor_knows_what_was_switched_to(house: Callable[[str | None], House]) -> None:
    one = house("A")
    one.speaker.start()
    one.speaker.change("B")
    again = house("A")
    again.speaker.again = True
    again.speaker.start()
    assert again.speaker.name == "B"
    again.speaker.change("nosuch")
    third = house("A")
    third.speaker.again = True
    third.speaker.start()
    assert third.speaker.name == "B"


def test_a_new_run_takes_what_it_was_told(house: Callable[[str | None], House]) -> None:
    one = house("A")
    one.speaker.start()
    assert one.speaker.name == "A"
    with pytest.raises(UserError):
        house("nosuch").speaker.start()


@pytest.mark.parametrize(("wanted", "opened"), [(None, ["A", "A"]), ("A", ["A"])])
def test_the_systems_default_is_followed_by_who_asked_for_no_device(
    house: Callable[[str | None], House],
    monkeypatch: pytest.MonkeyPatch,
    wanted: str | None,
    opened: list[str],
) -> None:
    default = 41
    monkeypatch.setattr(speaker, "system_default", lambda: default)
    one = house(wanted)
    one.speaker.start()
    one.play_song()
    one.run(1.0)
    beat = one.beat
    assert not one.speaker.look_again(10.0)
    default = 57
    assert not one.speaker.look_again(11.0), "it has just looked"
    assert one.speaker.look_again(12.5) == (wanted is None)
    one.run(0.5)
    assert [output.name for output in one.opened] == opened
    assert one.beat == pytest.approx(beat + 4 * 0.5, abs=0.05)
    assert not one.speaker.look_again(15.0)
