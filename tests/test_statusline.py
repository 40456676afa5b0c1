"""The line that a performer looks at."""

from __future__ import annotations

from livediffusion.ipc.arena import Transport
from livediffusion.statusline import render_line

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
