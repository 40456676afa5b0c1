"""Twenty deaths of each process, a stopped renderer, a flood: nothing is lost but what must be.

docs/faults.md has the figures of one night.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from jack import available
from night import DEATHS, night, night_of_players

from livediffusion.types import Json

pytestmark = [
    pytest.mark.jack,
    pytest.mark.long,  # a quarter of an hour, in real time
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not available(), reason="needs jackd, jack_capture and jack_lsp"),
]


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Json:
    return night(tmp_path_factory.mktemp("night"), DEATHS)


def test_control_dies_twenty_times_and_forgets_nothing(figures: Json) -> None:
    control = figures["control"]
    assert control["times"] == DEATHS and control["events"] == 10 * DEATHS
    assert control["other values"] == []
    # What lay in the dead process's socket has never arrived.
    assert control["age of the oldest lost ms"] < 50.0
    assert control["events lost"] <= control["events"] // 50


def test_the_renderer_dies_twenty_times_and_renders_again(figures: Json) -> None:
    assert figures["renderer"]["times"] == DEATHS
    assert figures["stopped renderer"]["times"] == DEATHS // 5


def test_a_flood_on_a_busy_machine_stops_nothing(figures: Json) -> None:
    flood = figures["flood"]
    assert flood["sent"] > 50 * 10_000
    assert flood["last gain"] == 0.125
    assert flood["malformed"] > 0.03 * flood["sent"], "a third of the nonsense is no OSC at all"
    assert flood["received"] + flood["dropped by the kernel"] >= flood["sent"]
    assert flood["new loops"] > 0


def test_the_audience_has_heard_all_that_the_player_played(figures: Json) -> None:
    sound = figures["sound"]
    assert sound["compared s"] > 300.0
    assert sound["silent ms"] == [] and sound["frames that were never played"] == 0
    assert sound["jumps"] <= sum(figures["underruns by part"]), "only a sound server without time"
    assert sound["lost from the recording"] == []


def test_the_players_deaths_are_short_and_it_keeps_the_beat(tmp_path: Path) -> None:
    players = night_of_players(tmp_path, DEATHS)
    assert players["silences"] == DEATHS
    assert players["silences s"][1] < 1.0, "half of them at least"
    # Now and then JACK itself skips some time, which nobody has played: so not each of them.
    assert abs(players["song beside the clock ms"][1]) < 5.0
