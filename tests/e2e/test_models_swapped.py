"""Models by name, swapped on stage through `/ld/model`: heard in a capture, without a gap.

Two tiny ones always, and with them a LoRA that is turned up; four in `make long`.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from daemon import Daemon, running
from jack import DEVICE, Jack, available
from taken_over import RATE, Heard, Turn, differ, is_loud, longest_zeros, step, turns

sys.path.append(str(Path(__file__).parents[1] / "render"))
import lora_files
import tiny_model

from livediffusion.render.settings import POCKET_FOLDER
from livediffusion.session.recorded import open_session

pytestmark = [
    pytest.mark.jack,
    pytest.mark.long,  # half a minute and more
    pytest.mark.timeout(1500),
    pytest.mark.skipif(not available(), reason="needs jackd2 and jack-capture"),
]

PATCH = """
tempo = {tempo}
beats = {beats}
quantise = "loop"
lean = 0  # what is first heard is the new loop
[[prompt]]
text = "house"
"""
LORA = '[[lora]]\nname = "worn"\nweight = 0.0\n'
STEPS = {"techno": 1, "ambient": 2, "rock": 3}  # beside the pocket model's own 4
PATIENCE_S = 400.0  # with a machine that does much else
FADE = round(0.060 * RATE)


class Set:
    """A performance: its patch, its config, and how it goes."""

    tempo, beats = 300, 4
    names = ("first", "second")

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.period = RATE * self.beats * 60 // self.tempo
        self.patch = PATCH.format(tempo=self.tempo, beats=self.beats)
        sessions = f'[session]\nrecord = true\ndirectory = "{folder / "sessions"}"\n'
        self.config = f"{sessions}[render]\nthreads = 1\n{self.models()}"

    def models(self) -> str:
        """The config's sections that name them."""
        folders = [
            tiny_model.write_model(self.folder / n, seed=i) for i, n in enumerate(self.names)
        ]
        made = lora_files.make(folders[1], {"unet": lora_files.UNET})
        lora = lora_files.write_kohya(made, self.folder / "worn.safetensors")
        self.patch += LORA
        named = "".join(f'{path.name} = "{path}"\n' for path in folders)
        first = f'model = "{self.names[0]}"\n'
        return f'{first}[models]\n{named}broken = "/nowhere"\n[loras]\nworn = "{lora}"\n'

    def perform(self, daemon: Daemon) -> None:
        """Go from model to model, and turn the LoRA up."""
        self.rest(daemon)
        for wrong in ("broken", "/etc"):
            daemon.osc.send_message("/ld/model", wrong)
        self.turn(daemon, "/ld/model", "second")
        self.turn(daemon, "/ld/lora/1/weight", 1.0)

    def turn(self, daemon: Daemon, address: str, value: object) -> None:
        """Change something, and listen to the loop that comes of it."""
        before = len(self.changes())
        daemon.osc.send_message(address, value)
        daemon.wait(lambda _: len(self.changes()) > before, f"a loop for {value}", PATIENCE_S)
        self.rest(daemon)

    def changes(self) -> list[Turn]:
        """The loops of another model, or with other LoRAs, that the player has begun until now."""
        time.sleep(0.2)  # between two looks
        (folder,) = (self.folder / "sessions").iterdir()
        return [turn for turn in turns(open_session(folder)) if is_change(turn)]

    def rest(self, daemon: Daemon) -> None:
        """Listen to a loop that goes round more than twice, its fade in not counted."""
        enough = daemon.transport.frame + 2 * self.period + 2 * FADE
        daemon.wait(lambda d: d.transport.frame > enough, "loops", PATIENCE_S)

    def play(self) -> Heard:
        """Play it into JACK; what was recorded and captured."""
        with (
            Jack() as jack,
            jack.capture(1200.0) as capture,
            running(self.folder, self.patch, DEVICE, more=self.config) as daemon,
        ):
            self.perform(daemon)
            daemon.osc.send_message("/ld/record", 0)
            daemon.wait(lambda d: d.status["recording"] == 0, "the end", PATIENCE_S)
            underruns = daemon.transport.underruns
            capture.stop()
        return Heard(self.folder / "sessions", capture.samples(), underruns)


def is_change(turn: Turn) -> bool:
    """Whether a loop is another model's, or wears something else."""
    keys = ("model", "loras")
    return any(turn.request[key] != turn.before[key] for key in keys)


class FourModels(Set):
    """The pocket model and three that paint otherwise."""

    tempo, beats = 160, 8
    names = ("pocket", *STEPS)

    def models(self) -> str:
        lines = ["[models]"]
        for name, steps in STEPS.items():
            copy = Path(shutil.copytree(POCKET_FOLDER, self.folder / name))
            values = json.loads((copy / "spectrogram.json").read_text())
            (copy / "spectrogram.json").write_text(json.dumps({**values, "steps": steps}))
            lines.append(f'{name} = "{copy}"')
        return "\n".join([*lines, 'broken = "/nowhere"\n'])

    def perform(self, daemon: Daemon) -> None:
        self.rest(daemon)
        for name in (*self.names[1:], self.names[0]):
            self.turn(daemon, "/ld/model", name)


@dataclass
class Played:
    """A set, and what was heard of it."""

    set: Set
    heard: Heard

    def judged(self) -> Iterator[Turn]:
        """The turns that were recorded whole, from two loops before to one after."""
        period, found = self.set.period, 0
        for turn in filter(is_change, self.heard.turns):
            if self.heard.is_recorded(turn.frame - 2 * period, turn.frame + FADE + period):
                found += 1
                yield turn
        if not found:
            pytest.skip("this machine was too busy to write down any of it")


@pytest.fixture(scope="module", params=[Set, pytest.param(FourModels, marks=pytest.mark.long)])
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Played:
    one: Set = request.param(tmp_path_factory.mktemp("models"))
    return Played(one, one.play())


def test_each_model_comes_when_it_is_called(played: Played) -> None:
    heard = played.heard
    if not heard.knows_all_turns:
        pytest.skip("this machine was too busy to write down what the player did")
    control = heard.session.log.of("control")
    called = [e["values"][0] for e in control if e["address"] == "/ld/model"]
    turns = [(turn.before["model"], turn.request["model"]) for turn in heard.turns]
    assert [new for old, new in turns if new != old] == [
        name for name in called if name in played.set.names
    ]
    assert {name for pair in turns for name in pair} == set(played.set.names)


def test_a_swap_has_no_gap_and_no_click(played: Played) -> None:
    heard, period = played.heard, played.set.period
    for turn in played.judged():
        before = heard.recorded(turn.frame - period, turn.frame)
        after = heard.recorded(turn.frame + FADE, turn.frame + FADE + period)
        meanwhile = heard.recorded(turn.frame - period, turn.frame + FADE + period)
        assert is_loud(before)
        assert is_loud(after)
        assert longest_zeros(meanwhile) < 64
        assert step(meanwhile) <= step(before) + step(after)


def test_the_old_one_plays_on_until_a_loop_begins(played: Played) -> None:
    heard, period = played.heard, played.set.period
    for turn in played.judged():
        last = heard.recorded(turn.frame - period, turn.frame)
        earlier = heard.recorded(turn.frame - 2 * period, turn.frame - period)
        assert np.array_equal(last, earlier), "until then nothing has changed"
        after = heard.recorded(turn.frame + FADE, turn.frame + FADE + period)
        assert differ(last, after) > 0.01
        assert turn.beat % played.set.beats == pytest.approx(0.0, abs=1e-3)


def test_a_swap_comes_out_of_jack_as_it_was_mixed(played: Played) -> None:
    heard, reach = played.heard, played.set.period // 2
    whole = [
        heard.came_out(turn.frame - reach, turn.frame + FADE + reach) for turn in played.judged()
    ]
    if not all(whole):
        assert heard.underruns > 0, "the capture is not what was mixed, and nobody says why"
    if not any(whole):
        pytest.skip("this machine was too busy for JACK at each of the swaps")


def test_a_lora_is_turned_up_between_two_loops(played: Played) -> None:
    *_, last = filter(is_change, played.heard.turns)
    if isinstance(played.set, FourModels):
        assert last.request["loras"] == []
        return
    assert last.before["loras"] == []
    assert last.request["loras"] == [["worn", 1.0]]
    assert last.request["addons_hash"]
    assert last.request["model"] == last.before["model"]
