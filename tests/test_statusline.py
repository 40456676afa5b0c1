"""The line that a performer looks at."""

from __future__ import annotations

import io

from rich.console import Console

from livediffusion.ipc.arena import Transport
from livediffusion.statusline import StatusLine, render_line

STATUS = {
    "blend": [["ambient, calm and wide", 0.65], ["house", 0.35], ["silent", 0.0]],
    "render_ms": 377.4,
    "eta": 1.04,
    "lead": 2.2,
    "late": 3,
}


def test_it_says_where_the_music_is() -> None:
    page = Transport(
        beat=13.5, beats_per_second=2.0, loop_frames=192000, peak=0.5, underruns=1, playing=True
    )
    line = render_line(page, STATUS)
    assert line.split()[0] == "4.2"
    for words in ("120.00 bpm", "65% ambient", "35% house", "377 ms", "change in 1.0"):
        assert words in line
    assert "lead 2.2" in line
    assert "-6 dB" in line
    assert line.endswith("late 3  underruns 1")
    assert "silent" not in line


def test_before_the_first_loop_it_says_what_it_waits_for() -> None:
    assert "the model is being loaded" in render_line(
        Transport(), {"waiting": "the model is being loaded"}
    )


def test_a_settled_blend_and_a_stopped_song_say_so() -> None:
    line = render_line(Transport(loop_frames=192000), {**STATUS, "eta": 0.0})
    assert "settled" in line
    assert "stopped" in line


def test_it_shows_where_the_sound_goes_and_that_it_goes_nowhere() -> None:
    page = Transport(loop_frames=192000)
    assert "→ Scarlett 2i2 USB:…" in render_line(
        page, {**STATUS, "output": "Scarlett 2i2 USB: Audio"}
    )
    away = "nowhere: Scarlett 2i2 USB: Audio is away"
    assert f"→ {away}" in render_line(page, {**STATUS, "output": away})
    assert "→" not in render_line(page, STATUS)


def test_a_terminal_that_was_closed_takes_nothing_and_stops_nothing() -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(5, "Input/output error")

        def isatty(self) -> bool:
            return True

    with StatusLine(Console(file=Closed(), force_terminal=True)) as line:
        line.say("hello")
        line.show(Transport(loop_frames=1), STATUS)


def test_a_recording_is_shown_while_there_is_one() -> None:
    page = Transport(loop_frames=192000)
    assert render_line(page, {**STATUS, "recording": 754}).endswith("  ● 12:34")
    assert "●" not in render_line(page, STATUS)
