"""A tiny model learns a style by name, keeps the rest, and is a whole folder that plays."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from diffusers import DDIMScheduler
from loops_of_ours import RATE, drums

from livediffusion.errors import UserError
from livediffusion.render.offline import default_request, open_engine, render_loop
from livediffusion.render.settings import model_source, own_models
from livediffusion.state import vocabulary
from livediffusion.training.own import adapt, finetune, measure, rehearsal
from livediffusion.training.own.adapt import Coupling, Pupil, Style
from livediffusion.training.own.model import Model

sys.path.append(str(Path(__file__).parents[1] / "render"))
import tiny_model


@pytest.fixture(autouse=True)
def own_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing here may write into the user's folders, nor listen for long."""
    monkeypatch.setattr(rehearsal, "LOOPS", 24)
    monkeypatch.setattr(measure, "SEEDS", 4)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random stereo model of the pocket model's build: v-prediction, no guidance."""
    folder = tiny_model.write_stereo_model(tmp_path_factory.mktemp("models") / "tiny")
    DDIMScheduler(
        beta_schedule="squaredcos_cap_v2",
        prediction_type="v_prediction",
        timestep_spacing="trailing",
        clip_sample=False,
    ).save_pretrained(folder / "scheduler")
    text = (folder / "spectrogram.json").read_text()
    (folder / "spectrogram.json").write_text(text.replace('"guidance": 2.0', '"guidance": 1.0'))
    index = (folder / "model_index.json").read_text()
    (folder / "model_index.json").write_text(index.replace("PNDMScheduler", "DDIMScheduler"))
    (folder / "vocabulary.json").write_text(
        '{"names": {"dark techno": "techno"}, "words": {"sad": "attribute"}, "related": {}}'
    )
    return folder


@pytest.fixture
def loops(tmp_path: Path) -> Path:
    """Two files that can be learned from and one that cannot."""
    folder = tmp_path / "my loops"
    folder.mkdir()
    soundfile.write(folder / "dry_beat_110bpm.wav", drums(110.0, 8), RATE)
    soundfile.write(folder / "fast_130bpm.flac", drums(130.0, 16), RATE)
    soundfile.write(folder / "silence_130bpm.flac", np.zeros(4 * RATE), RATE)
    return folder


def wanted(loops: Path, tiny: Path, **changes: object) -> finetune.Wanted:
    values = {
        "folder": loops,
        "name": "mine",
        "model": "tiny",
        "source": str(tiny),
        "minutes": 0.01,
        **changes,
    }
    return finetune.Wanted(**values)  # type: ignore[arg-type]


def quiet(_: str, __: float) -> None:
    """Progress that nobody watches."""


def lesson(folder: Path) -> Pupil:
    """A pupil with three loops to learn, all louder than anything that the model knows."""
    torch.manual_seed(0)
    model = Model.load("tiny", str(folder), 1)
    own = 1.5 + 0.3 * torch.randn(3, *model.shape())
    known = rehearsal.prepare(model, "mine", quiet, loops=8)
    return Pupil(model, Style("mine", own, ["dry", "", "fast"]), known)


def test_a_style_is_learned(tiny: Path) -> None:
    pupil = lesson(tiny)
    rng = np.random.default_rng(0)
    first = np.mean([pupil.one_step(0.1, rng)[0] for _ in range(4)])
    last = np.mean([pupil.one_step(0.3, rng)[0] for _ in range(24)][-4:])
    assert last < 0.8 * first

    def distance(model: Model) -> float:
        played = model.latents(["mine"] * 4, range(4)).flatten(1)
        return float(torch.cdist(played, pupil.style.latents.flatten(1)).mean())

    assert distance(pupil.model) < 0.85 * distance(pupil.teacher)


def test_rehearsal_keeps_what_was_known(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = []
    for weights in ((adapt.KEEP, adapt.KEEP_TEXT), (0.0, 0.0)):
        monkeypatch.setattr(adapt, "KEEP", weights[0])
        monkeypatch.setattr(adapt, "KEEP_TEXT", weights[1])
        pupil = lesson(tiny)
        rng = np.random.default_rng(0)
        kept = [pupil.one_step(0.3, rng)[1] for _ in range(20)]
        changes.append(np.mean(kept[-8:]))
    assert changes[0] < 0.6 * changes[1]


def test_what_is_rehearsed_never_names_the_style(tiny: Path) -> None:
    model = Model.load("tiny", str(tiny), 1)
    prompts = rehearsal.other_prompts(model, "deep techno", 200, np.random.default_rng(0))
    assert "" in prompts
    assert {"jazz", "ambient"} <= set(prompts)
    assert not any({"deep", "techno"} & set(prompt.split()) for prompt in prompts)


def test_each_noise_has_one_loop_and_near_noises_have_the_same() -> None:
    torch.manual_seed(0)
    coupling = Coupling(torch.randn(6, 4, 2, 8))
    noise = torch.randn(200, 4, 2, 8)
    chosen = coupling.choose(noise, [range(6)] * 200)
    assert min(chosen.count(i) for i in range(6)) >= 10
    near = coupling.choose(noise + 0.02 * torch.randn_like(noise), [range(6)] * 200)
    assert np.mean(np.array(near) == np.array(chosen)) > 0.9
    assert set(coupling.choose(noise, [[2, 5]] * 200)) == {2, 5}


def test_equal_sets_have_no_distance_and_a_blur_is_far() -> None:
    torch.manual_seed(0)
    some, more = torch.randn(2, 60, 40)
    blur = some.mean(0, keepdim=True).repeat(60, 1)
    assert measure.distance(some, more) < 0.1 * measure.distance(blur, more)
    assert measure.distance(some + 1.0, more) > 5.0 * measure.distance(some, more)


def test_a_folder_of_loops_becomes_a_model_that_plays(loops: Path, tiny: Path) -> None:
    said: list[str] = []
    stages: list[str] = []
    report = finetune.finetune(wanted(loops, tiny), said.append, lambda s, _: stages.append(s))
    assert any("silence_130bpm.flac: it is silent" in line for line in said)
    assert any("2 files give 3 pieces of two bars, 110 to 130 bpm" in line for line in said)
    assert report.lines("mine")[0] in said
    assert list(dict.fromkeys(stages)) == ["measuring", "rehearsing", "learning"]
    folder = Path(own_models()["mine"])
    assert model_source("mine", {}) == model_source(str(folder), {}) == str(folder)
    engine = open_engine("mine", device="cpu", threads=1)
    loop = render_loop(engine, default_request(engine, "mine"))
    assert np.abs(loop.audio).max() > 0.1
    page = (folder / "README.md").read_text()
    assert "| dry_beat_110bpm.wav | 110 | 1 | dry |" in page
    words = vocabulary.read(folder)
    assert words is not None
    assert [word.text for word in words.unheard("dry mine wobble")] == ["wobble"]
    assert (folder / "vae/config.json").read_bytes() == (tiny / "vae/config.json").read_bytes()
    assert engine.hash != open_engine("tiny", tiny, device="cpu", threads=1).hash


def test_nothing_is_overwritten_without_being_asked(
    loops: Path, tiny: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(tiny, tmp_path / "out")
    with pytest.raises(UserError, match="--overwrite"):
        finetune.finetune(wanted(loops, tiny, out=out), lambda _: None, quiet)
    assert not (out / "README.md").exists()
    finetune.finetune(wanted(loops, tiny, out=out, overwrite=True), lambda _: None, quiet)
    assert (out / "README.md").exists()
    music = tmp_path / "music"
    music.mkdir()
    with pytest.raises(UserError, match="no model folder"):
        finetune.finetune(wanted(loops, tiny, out=music, overwrite=True), lambda _: None, quiet)
    assert music.is_dir()


@pytest.mark.parametrize("stage", ["measuring", "rehearsing", "learning", "writing"])
def test_an_interrupted_run_leaves_nothing(
    loops: Path, tiny: Path, tmp_path: Path, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(name: str, _: float) -> None:
        if name == stage:
            raise KeyboardInterrupt

    def stop(self: Model, out: Path) -> None:
        (out / "unet").mkdir()
        raise KeyboardInterrupt

    if stage == "writing":
        monkeypatch.setattr(Model, "save", stop)
    with pytest.raises(KeyboardInterrupt):
        finetune.finetune(wanted(loops, tiny, out=tmp_path / "o" / "x"), lambda _: None, interrupt)
    assert not list(tmp_path.glob("o/*"))
    assert not list(tmp_path.glob("o/.*"))


@pytest.mark.parametrize("name", ["pocket", "", "../up", "a/b", ".x", "x" * 40])
def test_bad_names_are_refused_at_once(loops: Path, tiny: Path, name: str) -> None:
    with pytest.raises(UserError, match="--name"):
        finetune.finetune(wanted(loops, tiny, name=name), lambda _: None, quiet)
