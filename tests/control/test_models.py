"""Another model, by name only: asked for from outside, it may be no path and no download."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from livediffusion.config import Config
from livediffusion.control.models import check_model, is_here, known_models
from livediffusion.control.patches import Patches
from livediffusion.errors import UserError
from livediffusion.state.patch import load_patch
from livediffusion.state.performance import Performance

PATCH = '[[prompt]]\ntext = "house"\n'


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home folder with nothing in it."""
    for name in ("XDG_DATA_HOME", "HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def make_model(folder):
    folder.mkdir(parents=True)
    (folder / "model_index.json").write_text("{}")
    return str(folder)


@pytest.mark.parametrize("name", ["/etc", "../pocket", "", "pockt", "~", "riffusion/other"])
def test_paths_and_unknown_names_are_refused(home, name):
    make_model(home / "etc")
    with pytest.raises(UserError, match="There is no model"):
        check_model(name, {"large": str(home)})
    with pytest.raises(UserError, match="There is no model"):
        check_model(str(home / "etc"), {})


def test_names_are_those_of_the_config_and_the_players_own(home):
    make_model(home / ".local/share/livediffusion/models/mine")
    models = {"large": make_model(home / "large")}
    assert set(known_models(models)) == {"pocket", "mine", "large"}
    for name in ("pocket", "mine", "large"):
        check_model(name, models)


def test_what_would_have_to_be_downloaded_is_refused(home):
    models = {"riffusion": "riffusion/riffusion-model-v1"}
    with pytest.raises(UserError, match=r"not on this machine yet.*models pull riffusion"):
        check_model("riffusion", models)
    cache = home / ".cache/huggingface/hub/models--riffusion--riffusion-model-v1"
    make_model(cache / "snapshots" / "abc")
    check_model("riffusion", models)
    assert is_here("riffusion/riffusion-model-v1") and not is_here("riffusion/another")


class Stage:
    """A patch that is played, with a renderer that only takes notes."""

    def __init__(self, folder: Path) -> None:
        (folder / "set.toml").write_text(PATCH)
        self.published, self.asked, self.is_there = {}, [], True
        self.performance = Performance(load_patch(folder / "set.toml"), "pocket")
        renderer = SimpleNamespace(load=self._load, cancel=lambda: True)
        desk = SimpleNamespace(remap=lambda: None, proofread=lambda now: None)
        feedback = SimpleNamespace(publish=lambda a, v, s, n: self.published.update({a: v}))
        config = Config(models={"large": make_model(folder / "large")})
        self.patches = Patches(config, self.performance, renderer, desk, feedback, [folder])

    def _load(self, model):
        self.asked.append(model)
        return self.is_there


@pytest.fixture
def stage(tmp_path):
    found = Stage(tmp_path)
    yield found
    found.patches.close()


def test_the_old_model_plays_until_the_new_one_has_come(stage):
    revision = stage.performance.trajectory.revision
    stage.patches.use_model("large")
    assert stage.asked == ["large"] and stage.performance.model == "pocket"
    stage.patches.model_came("large", 4.0)
    assert stage.performance.model == "large" and stage.performance.trajectory.revision > revision
    assert stage.performance.trajectory.request_at(4.0).model == "large"
    assert stage.published["/ld/model"] == ("large",)


def test_one_that_does_not_load_leaves_the_old_one(stage):
    stage.patches.use_model("large")
    stage.patches.model_failed()
    stage.patches.model_came("large", 4.0)
    assert stage.performance.model == "pocket"


def test_asking_for_the_present_one_forgets_the_other(stage):
    stage.patches.use_model("large")
    stage.patches.use_model("pocket")
    stage.patches.model_came("large", 4.0)
    assert stage.asked == ["large"] and stage.performance.model == "pocket"


def test_without_a_renderer_it_is_said(stage):
    stage.is_there = False
    with pytest.raises(UserError, match="no renderer is there"):
        stage.patches.use_model("large")
