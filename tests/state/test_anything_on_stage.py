"""Whatever a performer does: nothing breaks, and in the end what was asked for sounds. Offline."""

from __future__ import annotations

import contextlib

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from simulation import Stage

from livediffusion.state.parameters import MAX_SEED, TABLE, Refused
from livediffusion.state.patch import parse_patch
from livediffusion.state.performance import Performance
from livediffusion.state.renewal import renew
from livediffusion.state.values import interpret
from livediffusion.timeline.steps import Rules

PROMPTS = '[[prompt]]\ntext = "house"\n[[prompt]]\ntext = "dub"\n'
SCENES = """
[[scene]]
name = "far"
blend = [0.0, 1.0]
seed.a = 9
glide = 3
[[scene]]
name = "fast"
tempo = 133
drift = 0.3
prompt.1.text = "jazz"
[[scene]]
name = "calm"
drift = 0.0
gain = -9.0
guidance = 3.0
"""
STEPS = "[[step]]\nbeats = 12\nglide = 4\nseed.morph = 1.0\n[[step]]\nbeats = 9\nseed.morph = 0\n"
PATCHES = [
    PROMPTS + SCENES,
    "drift = 0.25\nglide = 2\n" + PROMPTS + SCENES,
    'quantise = "off"\nbeats = 4\n' + PROMPTS + SCENES + STEPS,
    'tempo = 90\n[[prompt]]\ntext = "one"\n',
]


def _values(row):
    number = st.floats(-0.5, 1.5) if row.high == 1.0 else st.floats(0.0, 200.0)
    kinds = {
        "f": number, "b": st.booleans(), "s": st.sampled_from([*row.choices, "far", "calm", "a b"]),
        "i": st.integers(0, 20 if row.high != MAX_SEED else MAX_SEED),
    }  # fmt: skip
    if row.types == "f*":
        return st.lists(number, min_size=1, max_size=3)
    return st.tuples(*(kinds[letter] for letter in row.types))


MOVED = [row for row in TABLE if row.kind == "value" and row.key not in ("patch", "model")]
MESSAGE = st.sampled_from(MOVED).flatmap(
    lambda row: st.tuples(
        st.builds(row.address_of, st.integers(1, 3) if row.numbered else st.none()), _values(row)
    )
)
LAUNCH = st.tuples(st.just("/ld/scene"), st.tuples(st.integers(1, 3), st.floats(0.0, 12.0)))
PRESS = st.tuples(st.sampled_from(["/ld/undo", "/ld/scene/next"]), st.just(()))
EDIT = st.tuples(st.just("edit"), st.sampled_from(PATCHES))
PAUSE = st.sampled_from([0.0, 0.0, 0.05, 0.4, 2.0])  # seconds
ACT = st.tuples(st.one_of(MESSAGE, MESSAGE, LAUNCH, PRESS, EDIT), PAUSE)


class Set:
    """A performance on the offline stage, where an idle renderer looks ahead."""

    def __init__(self, patch: str, render_s: float) -> None:
        self.performance = Performance(parse_patch(patch), "pocket")
        self.stage = Stage(render_s, Rules())
        self.stage.trajectory = self.performance.outlook  # type: ignore[assignment]
        self.run(1.0)

    def run(self, seconds: float) -> None:
        self.stage.run(seconds, self._tick)

    def _tick(self, stage: Stage) -> None:
        performance, scheduler = self.performance, stage.scheduler
        stage.rules = Rules(beats=performance.patch.beats, quantise=performance.quantise)
        performance.advance(stage.beat)
        performance.take_effects()
        if round(stage.now_s / 0.005) % 20 == 0:
            scheduler.eta(stage.beat, performance.outlook, stage.rules)
            performance.everything(stage.beat)
            if (step := scheduler.idle_order(stage.beat, performance.outlook)) is not None:
                scheduler.kept(step)  # as if it took no time

    def act(self, address: str, values: tuple[object, ...] | str) -> None:
        performance, beat = self.performance, self.stage.beat
        if isinstance(values, str):
            renew(performance, parse_patch(values), "pocket", beat)
            return
        with contextlib.suppress(Refused):
            for change in interpret(address, values, len(performance.trajectory.texts)):
                performance.apply(change, beat, "osc 127.0.0.1:9000", self.stage.now_s)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(PATCHES[0], 0.05, [(("/ld/quantise", ("bar",)), 0.0), (("/ld/scene", (2, 0.7)), 0.0)])
@given(st.sampled_from(PATCHES), st.sampled_from([0.05, 0.3, 1.7]), st.lists(ACT, max_size=12))
def test_in_the_end_what_was_asked_for_sounds(patch, render_s, acts):
    played = Set(patch, render_s)
    for (address, values), pause in acts:
        played.act(address, values)
        played.run(pause)
    performance, stage = played.performance, played.stage
    for _ in range(200):  # a scene that waits for its beat would set drift again
        if performance.waiting is not None:
            played.run(0.5)
    assert performance.waiting is None
    for address, values in (("/ld/drift", (0.0,)), ("/ld/tempo", (120.0,)), ("/ld/hold", (0,))):
        played.act(address, values)
    renew(performance, parse_patch(PATCHES[0]), "pocket", stage.beat)  # no more journey
    played.run(0.5)  # until what is wanted now has been ordered
    end = stage.beat + 300.0
    while stage.beat < end and not _rests(played):
        played.run(0.5)
    played.run(6.0)
    wanted = performance.outlook.request_at(stage.beat)
    assert stage.scheduler.sounding is not None
    assert stage.scheduler.sounding.cache_key() == wanted.cache_key()
    assert stage.scheduler.eta(stage.beat, performance.outlook, stage.rules) == 0.0


def _rests(played: Set) -> bool:
    """Whether nothing moves any more and nothing is under way."""
    scheduler, beat = played.stage.scheduler, played.stage.beat
    still = played.performance.outlook.moving_until <= beat and played.performance.waiting is None
    return still and not scheduler.in_flight and not scheduler.queued
