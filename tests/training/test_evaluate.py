"""The evaluation's figures are what they claim, on made sets and with a tiny random model."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console
from torch import Tensor
from typer.testing import CliRunner

from livediffusion import cli
from livediffusion.training import autoencoder, classifier, denoiser, evaluation, text, tokenizer
from livediffusion.training.classifier import CLASSES, Judge
from livediffusion.training.composer import GENRES, Style
from livediffusion.training.dataset import Row
from livediffusion.training.evaluation import (
    adherence,
    attributes,
    distribution,
    gallery,
    limits,
    motion,
)
from livediffusion.training.evaluation.bench import Bench, Size, to_audio, to_pictures
from livediffusion.training.evaluation.figures import Figure, Report, Section
from livediffusion.training.export import export
from livediffusion.training.prompts import ATTRIBUTE_PROMPTS, FREE_PROMPTS
from livediffusion.training.sampling import Model

TINY = Size("tiny", 1, 2, 1, 1, 1, 1, 1, (1, 4), (1, 2), 1, 10)


def nothing(stage: str, done: float) -> None:
    """A progress callback."""
    assert stage
    assert 0.0 <= done <= 1.0


class Deaf(Bench):
    """A bench whose judge hears techno in everything."""

    def genres(self, pictures: Tensor) -> list[str]:
        return ["techno"] * len(pictures)


def loops(count: int) -> Tensor:
    """Bytes (count, 2, 256, 512): smooth bands that beat, each brighter than the last."""
    rows, columns = torch.arange(256.0)[:, None], torch.arange(512.0)
    beat = 0.5 + 0.5 * torch.exp(-(columns % 64) / 20.0)
    centres = torch.linspace(220.0, 60.0, count)
    found = [torch.exp(-(((rows - centre) / 40.0) ** 2)) * beat for centre in centres]
    return (200.0 * torch.stack(found)).byte()[:, None].expand(-1, 2, -1, -1).contiguous()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("tiny")
    tokenizer.train(["techno", "ambient", "some jazz", "un piano doux"] * 20, folder / "tokens")
    reader = text.load_tokenizer(folder / "tokens")
    torch.manual_seed(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(denoiser, "CHANNELS", (16, 16, 16))
        networks = denoiser.Networks(denoiser.build(), text.build(reader))
    export(networks, autoencoder.build(), folder / "tokens", folder / "model")
    rows = [Row(genre, 0, Style()) for genre in CLASSES]
    model = Model.load(folder / "model")
    return Deaf(folder / "model", folder, TINY, model, Judge().eval(), loops(len(rows)), rows)


def test_equal_sets_are_no_distance_apart() -> None:
    points = torch.randn(200, 8, generator=torch.Generator().manual_seed(0))
    assert distribution.frechet(points, points) == pytest.approx(0.0, abs=1e-9)


def test_gaussians_are_as_far_apart_as_the_formula_says() -> None:
    points = torch.randn(500, 6, generator=torch.Generator().manual_seed(0)).double()
    points = points - points.mean(0)
    white = points @ torch.linalg.inv(torch.linalg.cholesky(torch.cov(points.T))).T  # exactly
    spread, shift = torch.tensor([1.0, 2.0, 3.0, 0.5, 1.0, 1.0]).double(), 2.0
    turn = torch.linalg.qr(torch.randn(6, 6, generator=torch.Generator().manual_seed(1)))[0]
    other = white * spread + shift
    wanted = 6 * shift**2 + float(((spread - 1.0) ** 2).sum())
    assert distribution.frechet(white, other) == pytest.approx(wanted)
    turned = [part @ turn.double() for part in (white, other)]
    assert distribution.frechet(*turned) == pytest.approx(wanted)


def test_the_ratio_is_near_one_for_more_of_the_same_and_far_for_others() -> None:
    groups = list(range(4)) * 30
    draw = torch.Generator().manual_seed(0)
    real, same = (torch.randn(120, 5, generator=draw) for _ in range(2))
    outside, inside = distribution.frechet_ratio(real, same, groups)
    assert 0.5 < outside / inside < 2.0
    outside, inside = distribution.frechet_ratio(real, same + 3.0, groups)
    assert outside / inside > 50.0


def test_halves_hold_every_group_equally_and_share_nothing() -> None:
    groups = [index % 3 for index in range(30)]
    first, second = distribution.halves(groups, np.random.default_rng(0))
    assert sorted([*first.tolist(), *second.tolist()]) == list(range(30))
    assert sum(groups[i] == 0 for i in first.tolist()) == 5


def test_spread_and_blur() -> None:
    assert distribution.spread(torch.tensor([[0.0, 0.0], [3.0, 4.0]])) == 5.0
    fine = torch.zeros(1, 2, 256, 512, dtype=torch.uint8)
    fine[..., ::2] = 100
    even = torch.full_like(fine, 50)
    assert torch.allclose(distribution.sketch(fine), distribution.sketch(even))


def test_a_step_that_is_larger_than_the_others_is_seen() -> None:
    way = torch.linspace(0.0, 1.0, 9)[:, None, None, None].expand(9, 2, 8, 8)
    assert motion.steepness(way) == pytest.approx(1.0)
    jump = (torch.arange(9) >= 4).float()[:, None, None, None].expand(9, 2, 8, 8)
    assert motion.steepness(jump) == pytest.approx(8.0)


def test_a_seam_stands_out_only_where_there_is_one() -> None:
    smooth = torch.sin(torch.arange(512.0) * 2.0 * torch.pi / 64.0).expand(1, 2, 256, 512)
    assert motion.seam_over_step(smooth) == pytest.approx(1.0, rel=0.01)
    ramp = torch.arange(512.0).expand(1, 2, 256, 512)
    assert motion.seam_over_step(ramp) == pytest.approx(511.0)
    assert motion.jump_over_step(torch.arange(100.0).expand(1, 2, 100)) == pytest.approx(50.0)


def test_losses_of_nothing_are_none_and_of_half_the_level_are_half() -> None:
    real = loops(3)
    assert limits.relative_l1(real, real) == 0.0
    assert limits.spectral_convergence(real, real) == 0.0
    assert limits.attacks_kept(real, real) == pytest.approx(1.0)
    half = (real // 4) * 2  # even bytes, halved exactly
    assert limits.relative_l1(half, half * 2) == pytest.approx(0.5)
    assert limits.attacks_kept(half, half * 2) == pytest.approx(0.5, rel=0.01)


def test_sound_and_back_is_nearly_the_same_picture() -> None:
    real = loops(2)
    back = to_pictures(to_audio(real))
    assert back.dtype == torch.uint8
    assert limits.relative_l1(back, real) < 0.1


def test_languages_are_told_by_their_words() -> None:
    assert adherence.language("dark techno for a cave") == "English"
    assert adherence.language("une flûte légère") == "French"
    assert adherence.language("du jazz") == "French"
    assert adherence.language("🎸 174") == "signs"


def test_prompts_name_classes_and_axes_that_there_are() -> None:
    assert all(set(allowed) <= set(CLASSES) for _, allowed in FREE_PROMPTS)
    assert {allowed[0] for _, allowed in FREE_PROMPTS} == set(CLASSES)
    assert set(attributes.AXES) == set(ATTRIBUTE_PROMPTS)


def test_axes_are_tried_on_genres_that_have_them() -> None:
    assert all(GENRES[genre].kits for genre in attributes.genres_for("drums", 33))
    assert all(GENRES[genre].bass for genre in attributes.genres_for("bass", 33))
    assert len(attributes.genres_for("energy", 6)) == len(set(attributes.genres_for("energy", 6)))
    assert set(attributes.genres_for("energy", 33)) == set(CLASSES)


def test_free_prompts_are_counted_as_the_judge_hears_them(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts = (
        ("techno for a cave", ("techno",)),
        ("du jazz", ("jazz",)),
        ("de la techno", ("house", "techno")),
        ("a flute", ("flute",)),
    )
    monkeypatch.setattr(adherence, "FREE_PROMPTS", prompts)
    section = adherence.free_prompts(bench, 0.8, nothing)
    found = {figure.name: figure.value for figure in section.figures}
    assert found == {
        "at 1 steps": 0.5,
        "at 4 steps": 0.5,
        "at 4 steps, of the judge's own": pytest.approx(0.625),
        "at 4 steps, English": 0.5,
        "at 4 steps, French": 0.5,
        "at 4 steps, as sound and back": 0.5,
    }
    assert section.details["by genre"] == {"flute": 0.0, "house": 1.0, "jazz": 0.0, "techno": 1.0}
    assert section.details["wrong"][0] == {"prompt": "du jazz", "heard": "techno"}


def test_a_model_s_loops_depend_on_prompt_and_seed_alone(bench: Bench) -> None:
    first, other, again = bench.generate(["techno", "techno", "techno"], [1, 2, 1])
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_morphs_and_walks_have_their_figures(bench: Bench) -> None:
    for section in (motion.morphs(bench, nothing), motion.walks(bench, nothing)):
        found = {figure.name: figure.value for figure in section.figures}
        assert 1.0 <= found["largest over mean step, median"] < 8.0
    ends = motion.walk(bench, "techno", (3, 4))[[0, -1]]
    wanted = bench.generate(["techno"] * 2, [3, 4]).float() / 255.0
    assert torch.allclose(ends, wanted, atol=0.01)


def test_the_gallery_shows_every_genre(bench: Bench) -> None:
    page = gallery.draw(bench, bench.real)
    written = page.read_text(encoding="utf-8")
    for genre in CLASSES:
        assert f"<h2>{genre}</h2>" in written
        assert (page.parent / f"{genre.replace(' ', '_')}_generated.png").is_file()


def test_a_judge_learns_what_differs_and_equal_loops_give_equal_judges() -> None:
    rows = [Row(CLASSES[index % 3], index, Style()) for index in range(24)]
    pictures = loops(3).repeat(8, 1, 1, 1)
    judges = [classifier.train(pictures, rows, lambda _: None, steps=12) for _ in range(2)]
    heard = classifier.verdicts(judges[0], pictures)["genre"]
    assert torch.equal(heard, classifier.truth(rows)["genre"])
    pairs = zip(judges[0].parameters(), judges[1].parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    swapped = classifier.features(judges[0], pictures.flip(1))
    assert torch.allclose(swapped, classifier.features(judges[0], pictures))


REPORT = Report(
    {"model": "pocket", "seconds": 3},
    [
        Section(
            "first",
            [Figure("told", 0.123, "%"), Figure("kept", 2.5, "dB", most=3.0)],
            "how",
            {"by genre": {"techno": 0.75}},
        ),
        Section("second", [Figure("missed", 0.5, "%", least=0.9), Figure("none", float("nan"))]),
    ],
)


def test_figures_know_their_bars() -> None:
    assert Figure("a", 1.0).passes is None
    assert Figure("a", 1.0, least=1.0, most=2.0).passes is True
    assert Figure("a", float("nan"), most=2.0).passes is False
    assert REPORT.failed() == ["second: missed"]


def test_the_tables_show_values_and_verdicts_within_a_terminal() -> None:
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(REPORT.tables())
    lines = [line.split() for line in console.export_text().splitlines()]
    assert ["first"] in lines
    assert ["how"] in lines
    assert ["told", "12.3", "%"] in lines
    assert ["kept", "2.5", "dB", "at", "most", "3", "dB:", "passes"] in lines
    assert ["missed", "50.0", "%", "at", "least", "90.0", "%:", "fails"] in lines
    assert ["none", "nan"] in lines
    assert ["model:", "pocket"] in lines


def test_what_was_found_by_genre_has_a_line_for_each() -> None:
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(REPORT.by_genre())
    assert [line.split() for line in console.export_text().splitlines()] == [
        ["genre", "first"],
        ["techno", "0.75"],
    ]


@pytest.mark.parametrize(("option", "size"), [("--quick", "quick"), ("--full", "full")])
def test_the_command_prints_nothing_but_json(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, option: str, size: str
) -> None:
    asked: list[tuple[Path, Path, str]] = []

    def evaluate(folder: Path, workdir: Path, progress: object, size: Size) -> Report:
        asked.append((folder, workdir, size.name))
        return REPORT

    monkeypatch.setattr(evaluation, "evaluate", evaluate)
    words = ["train", "evaluate", "some/model", "--workdir", str(tmp_path), "--json", option]
    result = CliRunner().invoke(cli.app, words)
    assert asked == [(Path("some/model"), tmp_path, size)]
    found = json.loads(result.stdout)
    assert found["model"] == "pocket"
    kept = found["sections"]["first"]["figures"]["kept"]
    assert kept == {"value": 2.5, "unit": "dB", "most": 3.0, "passes": True}
    assert found["sections"]["second"]["figures"]["none"] == {"value": None}
