"""From ticks on a cable to attacks in the output: MIDI clock, timekeeper and mixer in a row.

All on one exact clock that is not ours; what is measured is the sound.
"""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from livediffusion.control.clock_ticks import START, TICK
from livediffusion.control.midiclock import MidiClock
from livediffusion.control.timekeeper import Timekeeper
from livediffusion.ipc.arena import Transport
from livediffusion.player.loop import Loop
from livediffusion.player.mixer import Mixer, Swap
from livediffusion.state.patch import parse_patch
from livediffusion.state.performance import Performance
from livediffusion.types import BPM, Lead
from tests.player.clicks import RATE, attacks_in, clicks

BEGIN = 3000.0  # seconds, when output frame 0 leaves
BLOCK = 256
PATCH = 'tempo = 120\n[[prompt]]\ntext = "techno"\n'


class Player:
    """What the control process has of the player: the mixer, told without delay."""

    def __init__(self) -> None:
        self.mixer = Mixer()

    def lead(self, lead: Lead | None) -> bool:
        self.mixer.lead(lead)
        return True

    def bend(self, tempo: BPM | None) -> bool:
        self.mixer.bend(tempo)
        return True


class Rig:
    """A master with a list of (beat, tempo), and a player of clicks that hears its clock."""

    def __init__(self, *tempos: tuple[int, float], late: float = 0.0, block: int = 0) -> None:
        """Ticks come up to `late` seconds late, or all at the end of blocks of JACK's."""
        self.player = Player()
        self.performance = Performance(parse_patch(PATCH, Path("set.toml")), "pocket")
        self.performance.values["clock.source"] = "midi"
        self.keeper = Timekeeper(self, self.performance, self.player, lambda sentence: None)
        self.beats = [BEGIN + 0.5]
        for (here, tempo), (there, _) in pairwise([*tempos, (2000, 0.0)]):
            for _ in range(here, there):
                self.beats.append(self.beats[-1] + 60.0 / tempo)
        chance, length = random.Random(1), block / RATE
        places = np.arange(0, len(self.beats) - 1, 1 / 24)
        dues = np.interp(places, range(len(self.beats)), self.beats)
        self._ticks = [
            (np.ceil(due / length) * length if block else due + chance.uniform(0.0, late))
            for due in dues.tolist()
        ]
        self._sent = 0
        mixer = self.player.mixer
        mixer.swap(Swap(Loop.listened_to(clicks(120.0, each=1), 8, 0, "first")))
        mixer.play()

    def open(self, name, say):
        self.clock = MidiClock(self._transport, say)
        self.clock.hear("klick", START, BEGIN)
        return self.clock

    def play(self, seconds: float) -> NDArray[np.float32]:
        """The output, (frames, 2), while the master plays."""
        mixer, blocks = self.player.mixer, []
        for _ in range(round(seconds * RATE / BLOCK)):
            now = BEGIN + mixer.frame / RATE
            while self._ticks[self._sent] <= now:
                self.clock.hear("klick", TICK, self._ticks[self._sent])
                self._sent += 1
            self.keeper.look(now)
            out = np.empty((BLOCK, 2), np.float32)
            mixer.fill(out, now)
            blocks.append(out)
        return np.concatenate(blocks)

    def errors(self, out: NDArray[np.float32]) -> NDArray[np.float64]:
        """For each beat of the master, seconds by which the nearest attack is late, (beats,)."""
        heard = BEGIN + attacks_in(out) / RATE
        beats = np.array([beat for beat in self.beats if beat < BEGIN + len(out) / RATE - 0.1])
        nearest = np.abs(heard[None] - beats[:, None]).argmin(axis=1)
        return np.asarray(heard[nearest] - beats)

    def _transport(self) -> Transport:
        mixer = self.player.mixer
        now = round((BEGIN + mixer.frame / RATE) * 1e9)
        return Transport(mixer.frame, now, mixer.beat, mixer.beats_per_second)


@pytest.mark.parametrize(
    ("late", "block", "mean"), [(0.0, 0, 0.0), (0.004, 0, 0.002), (0.0, 512, 512 / RATE / 2)]
)
def test_beats_are_with_the_masters_after_two_bars(late: float, block: int, mean: float) -> None:
    rig = Rig((0, 123.0), late=late, block=block)
    rig.keeper.look(BEGIN)
    errors = rig.errors(rig.play(20.0))
    assert np.abs(errors[8:] - mean).max() < 0.005


def test_a_new_tempo_is_followed_within_a_beat() -> None:
    rig = Rig((0, 120.0), (20, 126.0), late=0.002)
    rig.keeper.look(BEGIN)
    errors = rig.errors(rig.play(20.0)) - 0.001
    assert np.abs(errors[8:20]).max() < 0.005
    assert np.abs(errors[21:]).max() < 0.008
    assert np.abs(errors[28:]).max() < 0.005
    assert rig.performance.trajectory.tempo == 126.0  # so its exact loop is rendered


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("block", [0, 512])
def test_there_is_no_drift_over_five_minutes(block: int) -> None:
    rig = Rig((0, 123.45), late=0.004, block=block)
    rig.keeper.look(BEGIN)
    errors = rig.errors(rig.play(300.0))[8:]
    errors -= block / RATE / 2 if block else 0.002
    half = len(errors) // 2
    means = [1e3 * part.mean() for part in (errors[:half], errors[half:])]
    print(f"{block}: at most {1e3 * np.abs(errors).max():.2f} ms, means {means} ms")
    assert np.abs(errors).max() < 0.005
    assert abs(errors[:half].mean() - errors[half:].mean()) < 0.0005
