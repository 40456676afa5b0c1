"""A scene from its launch to what is heard: a performance and the scheduler, offline."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import pytest
from simulation import Stage

from livediffusion.state.patch import parse_patch
from livediffusion.state.performance import Performance
from livediffusion.state.values import interpret
from livediffusion.timeline.steps import Rules

PATCHES = Path(__file__).parents[2] / "patches"
Weighted: TypeAlias = tuple[Any, ...]

PATCH = (
    'quantise = "bar"\n[[prompt]]\ntext = "house"\n[[prompt]]\ntext = "dub"\n'
    '[[scene]]\nname = "drop"\nblend = [0, 1]\n[[scene]]\nname = "both"\nblend = [1, 1]\n'
)


class Set:
    """A performance on an offline stage."""

    def __init__(
        self, render_s: float, quantise: float = 4.0, start: float = 3.0, patch: str = PATCH
    ) -> None:
        self.performance = Performance(parse_patch(patch), "pocket")
        self.stage = Stage(render_s, Rules(quantise=quantise))
        self.stage.trajectory = self.performance.outlook  # type: ignore[assignment]
        self.run_to(start)
        self.stage.heard.clear()

    def run_to(self, beat: float) -> None:
        """Let time pass up to a beat, at 120 bpm."""
        self.stage.run((beat - self.stage.beat) / 2.0, lambda s: self._tick(s.beat))

    def _tick(self, beat: float) -> None:
        self.performance.advance(beat)

    def send(self, address: str, *values: object) -> None:
        for change in interpret(address, values, 2):
            self.performance.apply(change, self.stage.beat, "osc 127.0.0.1:9000")

    @property
    def heard(self) -> list[tuple[float, float]]:
        """Beats, and how much of the second prompt began to sound there."""
        return [(beat, dict(r.prompts).get("dub", 0.0)) for beat, r in self.stage.heard]

    def idle(self) -> list[str]:
        """The prompts of what is rendered in idle time, in its order."""
        return [" + ".join(text for text, _ in prompts) for prompts, _ in self.idle_seeds()]

    def idle_seeds(self) -> list[tuple[Weighted, Weighted]]:
        """Prompts and seeds of what is rendered in idle time, in its order."""
        found: list[tuple[Weighted, Weighted]] = []
        scheduler, outlook = self.stage.scheduler, self.performance.outlook
        while (step := scheduler.idle_order(self.stage.beat, outlook)) is not None:
            scheduler.order(step)
            scheduler.kept(step)
            found.append((step.request.prompts, step.request.seeds))
        return found


def test_a_morph_is_heard_on_every_beat_from_the_bar_on() -> None:
    played = Set(0.25, quantise=1.0)
    played.send("/ld/scene", "drop", 8.0)
    played.run_to(20.0)
    assert played.heard == [(4.0 + n, n / 8.0) for n in range(1, 9)]
    assert played.stage.scheduler.late == 0


def test_while_nothing_moves_the_next_scenes_are_rendered_then_each_prompt() -> None:
    played = Set(0.25)
    assert played.idle() == ["dub", "house + dub"], "house alone is what sounds"
    assert played.idle() == []
    played.send("/ld/seed/a", 5)
    played.run_to(10.0)
    assert played.idle() == ["dub", "house + dub"]
    played.send("/ld/scene/next")
    played.run_to(20.0)
    assert played.idle() == [], "where it came from is there as well"


def test_while_seeds_drift_scenes_are_rendered_that_will_be_the_same_or_come_next() -> None:
    whole = "seed.a = 7\nseed.b = 8\nseed.morph = 0.5\n"
    more = "".join(
        f'[[scene]]\nname = "{name}"\nblend = [1, {weight}]\n{seeds}'
        for name, weight, seeds in (
            ("c", 0.2, ""),
            ("d", 0.3, whole + "drift = 0.1\n"),
            ("e", 1, ""),
        )
    )
    played = Set(0.25, patch="drift = 0.1\n" + PATCH + more)
    seeds = played.idle_seeds()
    assert [len(prompts) for prompts, _ in seeds] == [1, 2, 2], "drop, both and d"
    assert seeds[2][1] == ((7, 0.5), (8, 0.5))
    assert played.idle_seeds() == []
    played.run_to(9.0)
    assert [prompts for prompts, _ in played.idle_seeds()] == [p for p, _ in seeds[:2]]
    played.stage.heard.clear()
    played.run_to(33.0)
    assert [beat for beat, _ in played.stage.heard] == [16.0, 24.0, 32.0]
    assert played.stage.scheduler.late == 0


def test_while_a_glide_is_on_its_way_a_scene_is_rendered_that_ends_it() -> None:
    played = Set(0.25)
    played.send("/ld/glide", 8.0)
    played.send("/ld/blend", 0.5, 1.0)
    played.run_to(5.9)
    assert played.idle() == ["dub", "house + dub"], "each scene says the whole blend"
    played.send("/ld/seed/morph", 1.0)
    played.run_to(6.9)
    assert played.idle() == [], "where the seeds will be nobody knows"
    played.run_to(20.0)
    assert played.idle() == ["dub", "house + dub", "house"]


def test_a_scene_that_was_rendered_in_idle_time_needs_no_time_to_begin() -> None:
    played = Set(3.0, start=11.0)  # so long that it would be heard two bars later
    played.idle()
    played.run_to(15.5)
    played.send("/ld/scene", 1, 0.0)
    (step,) = played.stage.scheduler.plan(
        played.stage.beat, played.performance.outlook, played.stage.rules
    )
    assert (step.not_before, step.grid) == (16.0, 4.0)
    assert played.stage.scheduler.eta(
        played.stage.beat, played.performance.outlook, played.stage.rules
    ) == pytest.approx(0.5)


def test_values_and_sound_change_on_the_same_beat() -> None:
    played = Set(0.25)
    played.send("/ld/scene", "drop", 0.0)
    played.run_to(3.99)
    assert played.performance.scene == ""
    assert played.heard == []
    played.run_to(4.02)
    assert played.performance.scene == "drop"
    assert played.heard == [(4.0, 1.0)]
    played.run_to(12.0)
    assert played.heard == [(4.0, 1.0)], "and is not rendered again"


def test_undo_is_heard_too() -> None:
    played = Set(0.25, quantise=1.0)
    played.send("/ld/scene", "drop", 0.0)
    played.run_to(6.2)
    played.send("/ld/undo")
    played.run_to(9.0)
    assert played.heard == [(4.0, 1.0), (7.0, 0.0)]


@pytest.mark.parametrize("patch", sorted(PATCHES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_patch_that_comes_with_it_plays(patch: Path) -> None:
    played = Set(0.25, patch=patch.read_text(encoding="utf-8"), start=0.0)
    played.run_to(80.0)
    assert played.stage.heard[0][0] < 1.0
    assert played.stage.beat > 40.0
