"""A control process that comes back has the state of the one that died."""

from __future__ import annotations

import math
import time
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livediffusion.control.inbox import Inbox
from livediffusion.control.journal import Journal
from livediffusion.control.oscwire import Unit
from livediffusion.state.patch import load_patch
from livediffusion.state.performance import Performance
from livediffusion.state.values import interpret

PATCH = 'tempo = 124\nglide = 8\n[[prompt]]\ntext = "house"\n[[prompt]]\ntext = "dub"\n'
GESTURES = st.lists(
    st.one_of(
        st.tuples(st.just("/ld/blend"), st.tuples(st.floats(0, 1), st.floats(0, 1))),
        st.tuples(st.just("/ld/xy"), st.tuples(st.floats(0, 1), st.floats(0, 1))),
        st.tuples(st.just("/ld/prompt/2/text"), st.tuples(st.text(max_size=20))),
        st.tuples(st.just("/ld/prompt/1/weight"), st.tuples(st.floats(0, 1))),
        st.tuples(st.just("/ld/seed/a"), st.tuples(st.integers(0, 2**31 - 1))),
        st.tuples(st.just("/ld/seed/morph"), st.tuples(st.floats(0, 1))),
        st.tuples(st.just("/ld/drift"), st.tuples(st.floats(0, 1))),
        st.tuples(st.just("/ld/tempo"), st.tuples(st.floats(20, 300))),
        st.tuples(st.just("/ld/gain"), st.tuples(st.floats(-60, 6))),
        st.tuples(st.just("/ld/glide"), st.tuples(st.floats(0, 64))),
    ),
    max_size=12,
)


def begin(folder: Path) -> Performance:
    path = folder / "set.toml"
    path.write_text(PATCH, encoding="utf-8")
    return Performance(load_patch(path), "pocket")


def test_prompts_that_were_taken_out_stay_out(tmp_path: Path) -> None:
    before = begin(tmp_path)
    for address, *values in (("/ld/prompt/3/text", "choir"), ("/ld/prompt/1/remove",)):
        for change in interpret(address, values, len(before.trajectory.texts)):
            before.apply(change, 4.0, "osc test")
    Journal(tmp_path).remember(1.0, 4.0, before, [], True)
    memory = Journal(tmp_path).recall(4.0)
    assert memory is not None
    assert memory.performance.trajectory.texts == ("dub", "choir")
    assert memory.performance.everything(4.0) == before.everything(4.0)
    for performance in (before, memory.performance):
        (undo,) = interpret("/ld/undo", (), 2)
        performance.apply(undo, 4.0, "osc test")
    assert memory.performance.trajectory.texts == ("house", "dub", "choir")
    assert memory.performance.everything(4.0) == before.everything(4.0)


def test_a_seed_image_that_was_chosen_is_still_there(tmp_path: Path) -> None:
    before = begin(tmp_path)
    before.use_image("loop", "/data/loop.png")
    Journal(tmp_path).remember(1.0, 4.0, before, [], True)
    memory = Journal(tmp_path).recall(4.0)
    assert memory is not None
    after = memory.performance
    assert after.trajectory.seed_image == "/data/loop.png"
    assert after.at_address("/ld/seed/image") == ("loop",)


def test_without_a_predecessor_there_is_nothing_to_recall(tmp_path: Path) -> None:
    assert Journal(tmp_path).recall(0.0) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(GESTURES)
def test_every_value_comes_back(tmp_path: Path, gestures: list[tuple[str, tuple[float]]]) -> None:
    before, beat = begin(tmp_path), 0.0
    for address, values in gestures:
        for change in interpret(address, values, 2):
            before.apply(change, beat, "osc test")
        beat += 3.0
    state = before.everything(beat)
    Journal(tmp_path).remember(1.0, beat, before, [("127.0.0.1", 9000)], False)
    memory = Journal(tmp_path).recall(beat)
    assert memory is not None
    assert memory.subscriptions == (("127.0.0.1", 9000),)
    assert not memory.playing
    assert memory.performance.everything(beat) == state


def test_a_broken_journal_is_no_journal(tmp_path: Path) -> None:
    for text in ('{"patch": ', "{}", "[]", '{"text": "tempoo = 1", "patch": ""}'):
        (tmp_path / "journal.json").write_text(text)
        assert Journal(tmp_path).recall(0.0) is None


SCENE = '[[scene]]\nname = "drop"\nblend = [0, 1]\nseed.a = 9\n'


def send(to: Performance, address: str, *values: object, beat: float) -> None:
    for change in interpret(address, values, len(to.trajectory.texts)):
        to.apply(change, beat, "osc test", beat / 2.0)


def test_undo_scene_and_a_scene_that_waits_come_back(tmp_path: Path) -> None:
    path = tmp_path / "set.toml"
    path.write_text(PATCH + SCENE, encoding="utf-8")
    before = Performance(load_patch(path), "pocket")
    send(before, "/ld/blend", 0.5, 0.25, beat=4.0)
    send(before, "/ld/scene", "drop", 0.0, beat=5.5)
    before.advance(6.0)
    send(before, "/ld/quantise", "loop", beat=7.0)
    send(before, "/ld/scene", "drop", 4.0, beat=9.0)
    Journal(tmp_path).remember(1.0, 9.0, before, [], True)
    memory = Journal(tmp_path).recall(9.5)
    assert memory is not None
    again = memory.performance
    assert (again.scene, again.waiting) == ("drop", before.waiting)
    send(again, "/ld/undo", beat=10.0)
    assert again.waiting is None
    for expected in (("beat", (0.0, 1.0)), ("beat", (0.5, 0.25)), ("beat", (1.0, 0.0))):
        send(again, "/ld/undo", beat=10.0)
        assert (again.values["quantise"], again.trajectory.weights.target) == expected


def test_a_file_that_was_broken_since_does_not_keep_control_from_coming_back(
    tmp_path: Path,
) -> None:
    before = begin(tmp_path)
    Journal(tmp_path).remember(1.0, 0.0, before, [], True)
    (tmp_path / "set.toml").write_text("tempoo = 1\n", encoding="utf-8")
    memory = Journal(tmp_path).recall(0.0)
    assert memory is not None
    assert memory.performance.patch == before.patch


def test_the_journey_goes_on_where_it_was(tmp_path: Path) -> None:
    step = "[[step]]\nbeats = 8\nblend = [1, 0]\n[[step]]\nbeats = 8\nblend = [0, 1]\n"
    (tmp_path / "set.toml").write_text(PATCH + step, encoding="utf-8")
    before = Performance(load_patch(tmp_path / "set.toml"), "pocket")
    before.advance(12.0)
    Journal(tmp_path).remember(1.0, 12.0, before, [], True)
    memory = Journal(tmp_path).recall(12.5)
    assert memory is not None
    assert memory.performance.advance(15.0) == []
    assert memory.performance.advance(17.0) == ["/ld/blend"]


def test_what_was_heard_is_written_at_once_and_a_flood_now_and_then(tmp_path: Path) -> None:
    performance, journal = begin(tmp_path), Journal(tmp_path)

    def gain_after(now: float, decibels: float, heard: int) -> object:
        send(performance, "/ld/gain", decibels, beat=1.0)
        journal.remember(now, 1.0, performance, [], True, heard)
        memory = Journal(tmp_path).recall(1.0)
        assert memory is not None
        return memory.performance.values["gain"]

    assert gain_after(10.0, -1.0, 1) == -1.0
    assert gain_after(10.05, -2.0, 2) == -2.0, "long before a fifth of a second has passed"
    assert gain_after(10.055, -3.0, 3) == -2.0, "too soon after the last one"
    assert gain_after(10.061, -4.0, 3) == -4.0, "what waited is written, too"
    assert gain_after(10.08, -5.0, 3) == -4.0, "moved by nobody: it has time"
    assert gain_after(10.27, -6.0, 3) == -6.0


def test_bundles_that_wait_come_back_and_act_at_their_times(tmp_path: Path) -> None:
    before, after, journal = Inbox(), Inbox(), Journal(tmp_path)
    now, unix = time.monotonic(), time.time()
    before.put(Unit((("/ld/gain", (-3.0,)), ("/ld/mute", (1,))), unix + 20.0), "osc a:1", now)
    before.put(Unit((("/ld/play", ()),), unix + 10.0), "osc a:1", now)
    journal.remember_bundles(before)
    after.restore(Journal(tmp_path).recall_bundles())
    assert after.drain(now + 9.0) == []
    (play,) = after.drain(now + 11.0)
    assert (play.address, play.source, play.tagged, play.bundle) == ("/ld/play", "osc a:1", True, 0)
    gain, mute = after.drain(now + 60.0)
    assert (gain.address, gain.values, mute.address) == ("/ld/gain", (-3.0,), "/ld/mute")
    assert gain.bundle == mute.bundle != 0, "they still act together"
    assert gain.time == before.coming(math.inf)[-1].due
    assert len(before.drain(now + 60.0)) == 3
    journal.remember_bundles(before)
    assert Journal(tmp_path).recall_bundles() == [], "what has acted does not act again"


def test_broken_notes_of_bundles_are_none(tmp_path: Path) -> None:
    for text in ("{", "{}", "[]", '{"units": [1]}', '{"units": [["x", []]]}'):
        (tmp_path / "bundles.json").write_text(text)
        assert Journal(tmp_path).recall_bundles() == []


def test_a_journal_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    performance = begin(tmp_path)
    Journal(tmp_path / "nowhere").remember(1.0, 0.0, performance, [], True)
    assert Journal(tmp_path / "nowhere").recall(0.0) is None
