"""Which patch is played: switched, undone, renewed and written into, with a pretend renderer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from livediffusion.config import Config
from livediffusion.control.patches import Patches
from livediffusion.errors import UserError
from livediffusion.state.effects import LoadPatch, SaveScene
from livediffusion.state.patch import load_patch
from livediffusion.state.performance import Performance
from livediffusion.state.values import interpret

SET = 'tempo = 120\n[[prompt]]\ntext = "house"\n[[prompt]]\ntext = "dub"\n'
OTHER = 'tempo = 99\n[[prompt]]\ntext = "jazz"\n'
LARGE = 'model = "large"\n' + OTHER
OSC = "osc 127.0.0.1:9000"


class Renderer:
    """Says what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.is_there = True

    def load(self, model: str) -> bool:
        self.asked.append(model)
        return self.is_there

    def cancel(self) -> bool:
        self.asked.append("cancel")
        return True


class Desk:
    """Remembers what was refused, and how often knobs were mapped."""

    def __init__(self) -> None:
        self.refused: list[str] = []
        self.remapped = 0

    def remap(self) -> None:
        self.remapped += 1

    def proofread(self, now: float) -> None:
        pass

    def refuse(self, source: str, sentence: str, now: float) -> None:
        self.refused.append(sentence)


class Stage:
    """A folder with patches, and everything round `Patches`."""

    def __init__(self, folder: Path) -> None:
        for name, text in (("set", SET), ("other", OTHER), ("large", LARGE)):
            (folder / f"{name}.toml").write_text(text, encoding="utf-8")
        self.path = folder / "set.toml"
        self.performance = Performance(load_patch(self.path), "pocket")
        self.renderer, self.desk, self.told = Renderer(), Desk(), dict[str, object]()
        feedback = SimpleNamespace(publish=self._publish, announce=self._announce)
        parts = (self.renderer, self.desk, feedback, [folder])
        self.patches = Patches(Config(), self.performance, *parts)  # type: ignore[arg-type]

    def _publish(self, address: str, values: object, source: str, now: float) -> None:
        self.told[address] = values

    def _announce(self, sentence: str) -> None:
        self.told["/ld/out/error"] = (sentence,)

    def send(self, address: str, *values: object) -> None:
        for change in interpret(address, values, len(self.performance.trajectory.texts)):
            for effect in self.performance.apply(change, 8.0, OSC, time.monotonic()):
                self.patches.carry_out(effect, OSC, 8.0)  # type: ignore[arg-type]

    def hear(self, *until: object) -> None:
        """Wait for the disk until `told` has a value, or something is refused."""
        end = time.monotonic() + 10.0
        while time.monotonic() < end:
            self.patches.hear(0.0, 8.0)
            if self.desk.refused or until[1] == self.told.get(str(until[0])):
                return
            time.sleep(0.005)
        raise AssertionError(f"{until} did not come: {self.told}")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.patches.close()


def test_a_patch_of_the_same_model_is_taken_at_once_and_undone_whole(stage: Stage) -> None:
    stage.send("/ld/blend", 0.25, 0.75)
    stage.patches.carry_out(LoadPatch("other"), OSC, 8.0)
    assert stage.renderer.asked == ["cancel"]
    assert (stage.performance.patch.stem, stage.told["/ld/tempo"]) == ("other", (99.0,))
    stage.send("/ld/tempo", 101.0)
    stage.send("/ld/undo")
    assert stage.performance.at_address("/ld/tempo") == (99.0,)
    stage.send("/ld/undo")
    assert stage.performance.patch.stem == "set"
    assert stage.performance.at_address("/ld/blend") == (0.25, 0.75)
    assert stage.told["/ld/patch"] == ("set",)
    assert stage.desk.remapped == 2


def test_a_patch_of_another_model_waits_for_it_and_the_old_one_plays_on(stage: Stage) -> None:
    stage.patches.carry_out(LoadPatch("large"), OSC, 8.0)
    assert (stage.renderer.asked, stage.performance.patch.stem) == (["large"], "set")
    stage.patches.model_came("pocket", 8.0)  # the renderer was started again meanwhile
    assert (stage.renderer.asked, stage.performance.patch.stem) == (["large", "large"], "set")
    stage.patches.model_came("large", 8.0)
    assert (stage.performance.patch.stem, stage.performance.model) == ("large", "large")


def test_the_last_wish_counts(stage: Stage) -> None:
    stage.patches.carry_out(LoadPatch("large"), OSC, 8.0)
    stage.patches.carry_out(LoadPatch("other"), OSC, 8.0)
    stage.patches.model_came("large", 8.0)
    assert (stage.performance.patch.stem, stage.performance.model) == ("other", "pocket")


def test_a_model_that_fails_leaves_the_old_patch(stage: Stage) -> None:
    stage.patches.carry_out(LoadPatch("large"), OSC, 8.0)
    stage.patches.model_failed()
    stage.patches.model_came("large", 8.0)
    assert stage.performance.patch.stem == "set"
    stage.renderer.is_there = False
    with pytest.raises(UserError, match="no renderer"):
        stage.patches.carry_out(LoadPatch("large"), OSC, 8.0)


@pytest.mark.parametrize("name", ["../other", "/etc/passwd", "nosuch", "other.toml", ""])
def test_names_that_are_no_patch_are_refused(stage: Stage, name: str) -> None:
    with pytest.raises(UserError, match="There is no patch"):
        stage.patches.carry_out(LoadPatch(name), OSC, 8.0)


def test_a_patch_with_mistakes_is_refused_in_one_sentence(stage: Stage) -> None:
    stage.path.with_name("bad.toml").write_text("a = 1\nb = 2\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"^bad.toml, line 1: [^\n]* \(and 2 more: [^\n]*\)$"):
        stage.patches.carry_out(LoadPatch("bad"), OSC, 8.0)


def test_an_undo_of_a_patch_that_is_gone_can_be_tried_again(stage: Stage) -> None:
    stage.patches.carry_out(LoadPatch("other"), OSC, 8.0)
    stage.path.rename(stage.path.with_name("away"))
    with pytest.raises(UserError, match="cannot be read"):
        stage.send("/ld/undo")
    stage.path.with_name("away").rename(stage.path)
    stage.send("/ld/undo")
    assert stage.performance.patch.stem == "set"


def test_an_edit_is_taken_and_values_of_the_hand_stay(stage: Stage) -> None:
    stage.send("/ld/blend", 0.25, 0.75)
    stage.path.write_text(SET.replace("120", "130"), encoding="utf-8")
    stage.hear("/ld/tempo", (130.0,))
    assert stage.told["/ld/blend"] == (0.25, 0.75)
    assert stage.desk.remapped == 0, "knobs stay where they are"


def test_a_broken_edit_is_told_to_everybody_and_changes_nothing(stage: Stage) -> None:
    stage.path.write_text(SET + "tempoo = 1\n", encoding="utf-8")
    sentence = 'set.toml, line 6: There is no key "tempoo" in [[prompt]]. The old patch plays on.'
    stage.hear("/ld/out/error", (sentence,))
    assert stage.performance.patch.content == SET


def test_the_present_state_is_saved_as_a_scene(stage: Stage) -> None:
    stage.send("/ld/prompt/3/text", "new")
    stage.send("/ld/blend", 0.0, 0.12345678, 1.0)
    stage.send("/ld/seed/morph", 0.5)
    stage.patches.carry_out(SaveScene("drop 2"), OSC, 8.0)
    stage.hear("/ld/scene", ("drop 2",))
    (scene,) = load_patch(stage.path).scenes
    found = {change.address: change.values for change in scene.changes}
    assert found == {
        "/ld/blend": (0.0, 0.123457, 1.0), "/ld/seed/a": (0,), "/ld/seed/b": (1,),
        "/ld/seed/morph": (0.5,), "/ld/drift": (0.0,),
    }  # fmt: skip
    assert stage.performance.trajectory.texts == ("house", "dub", "new")
    assert stage.performance.trajectory.weights.target == (0.0, 0.12345678, 1.0)
    stage.send("/ld/scene/next")
    assert stage.performance.at_address("/ld/scene") == ("drop 2",)


def test_a_scene_that_cannot_be_saved_is_said_to_whoever_asked(stage: Stage) -> None:
    stage.path.unlink()
    stage.patches.carry_out(SaveScene("drop"), OSC, 8.0)
    stage.hear("/ld/scene", ("drop",))
    assert "cannot be written" in stage.desk.refused[0]
