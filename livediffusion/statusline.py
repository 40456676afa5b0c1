"""The one live line that `play` shows, and the lines of the log that scroll above it."""

from __future__ import annotations

import contextlib
import math
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from livediffusion.ipc.arena import Transport
from livediffusion.types import Beats, Json

_BLOCKS = " ▏▎▍▌▋▊▉█"
_METER_FLOOR_DB = -48.0
_LONGEST_PROMPT = 18


class StatusLine:
    """Draws the line in place on a terminal; elsewhere only the log lines are printed.

    A terminal that has been closed, or a full disk behind a pipe, takes nothing: never mind.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live("", console=console, refresh_per_second=10, transient=True)

    def __enter__(self) -> StatusLine:
        if self._console.is_terminal:
            with contextlib.suppress(OSError):
                self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._live.stop()

    def say(self, line: str) -> None:
        """Print a line of log above the status."""
        with contextlib.suppress(OSError):
            self._console.print(Text(line), soft_wrap=True)

    def show(self, transport: Transport, status: Json) -> None:
        """Redraw with what the player and the control process last said."""
        if self._console.is_terminal:
            with contextlib.suppress(OSError):
                self._live.update(Text(render_line(transport, status), overflow="ellipsis"))


def render_line(transport: Transport, status: Json) -> str:
    """The status line as text."""
    if not transport.loop_frames:
        return f"  {status.get('waiting', 'starting: the first loop is being rendered')} …"
    tempo = transport.beats_per_second * 60.0
    parts = [
        place(transport.beat),
        f"{tempo:6.2f} bpm" if transport.playing else "  stopped ",
        *_output(str(status.get("output", ""))),
        _blend(status.get("blend", [])),
        f"render {status.get('render_ms', 0.0):.0f} ms",
        _eta(float(status.get("eta", 0.0))),
        f"lead {status.get('lead', 0.0):.1f}",
        meter(transport.peak),
        f"late {status.get('late', 0)}",
        f"underruns {transport.underruns}",
        *_recorded(int(status.get("recording", 0))),
    ]
    return "  ".join(parts)


def place(song_beat: Beats) -> str:
    """Bar and beat, from 1."""
    beat = math.floor(max(song_beat, 0.0))
    return f"{beat // 4 + 1:4d}.{beat % 4 + 1}"


def _output(name: str) -> list[str]:
    """Where the sound goes; in full where it goes nowhere."""
    return [f"→ {name if name.startswith('nowhere') else _short(name)}"] if name else []


def _recorded(seconds: int) -> list[str]:
    """How much is recorded, if anything is."""
    return [f"● {seconds // 60}:{seconds % 60:02d}"] if seconds else []


def _eta(beats: float) -> str:
    return f"change in {beats:.1f}" if beats > 0.0 else "settled      "


def _blend(blend: list[Any]) -> str:
    weighty = [(str(text), float(weight)) for text, weight in blend if weight >= 0.005]
    return " + ".join(f"{weight:.0%} {_short(text)}" for text, weight in weighty)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_PROMPT else text[: _LONGEST_PROMPT - 1] + "…"


def meter(peak: float) -> str:
    """A bar of six cells from -48 to 0 dBFS, and the figure."""
    level = 20.0 * math.log10(peak) if peak > 1e-6 else -120.0
    filled = max(0.0, min(1.0, 1.0 - level / _METER_FLOOR_DB)) * 6
    cells = [_BLOCKS[round(max(0.0, min(1.0, filled - i)) * 8)] for i in range(6)]
    return f"|{''.join(cells)}|{max(level, -99.0):4.0f} dB"
