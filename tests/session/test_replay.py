"""What is said of a session, before it is played again and of what is in it."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from livediffusion.config import Config
from livediffusion.errors import UserError
from livediffusion.session.eventlog import FORMAT, NAME, EventLog
from livediffusion.session.info import clock, summary, table
from livediffusion.session.picture import columns, draw
from livediffusion.session.recorded import Session, open_session
from livediffusion.session.replay import replay
from livediffusion.session.sound import Part
from livediffusion.types import Json

START = 480_000  # output frames, when the recording began
STATE: Json = {"type": "did", "frame": START, "place": 9, "deed": {"do": "state", "frame": START}}
LOOP: Json = {"number": 1, "slot": 0, "key": "k", "frames": 9600, "beats": 4}
SWAP: Json = {"do": "swap", "frame": START, "with": [{"loop": LOOP, "number": 0}]}
SWAPPED: Json = {"do": "swapped", "frame": START, "key": "k", "slot": 0, "beat": 0.0, "late": 0.0}


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Session]:
    """Makes a session of three seconds, a sine of 1 kHz, with these events in its log."""

    def make(*events: Json) -> Session:
        part = Part(tmp_path / "audio.flac")
        sine = np.sin(np.arange(144_000) * (2 * np.pi / 48)) * 2**22
        part.write(np.stack([sine, sine], axis=1).astype(np.int32))
        part.close()
        log = EventLog(tmp_path / NAME)
        head = {"type": "session", "format": FORMAT, "version": "1", "patch": "dusk"}
        log.write([head, {"type": "part", "frame": START, "file": "audio.flac"}, *events])
        log.close()
        return open_session(tmp_path)

    return make


def refused(session: Session, output: Path) -> str:
    """With which sentence a session is not played again."""
    with pytest.raises(UserError) as error:
        replay(session, output, Config(), None, lambda said: None, lambda text, part: None)
    return str(error.value)


def test_why_a_session_cannot_be_played_again(made: Callable[..., Session], tmp_path: Path) -> None:
    other = tmp_path / "again.wav"
    session = made()
    assert "nobody said what the player did" in refused(session, other)
    assert "is the recording itself" in refused(session, tmp_path / "audio.flac")
    (tmp_path / "audio.flac").unlink()
    session.log.events.clear()
    swap = [{"type": "did", "frame": START, "place": 9, "deed": deed} for deed in (SWAP, SWAPPED)]
    (tmp_path / NAME).unlink()
    assert "nobody wrote down how they were rendered" in refused(made(STATE, *swap), other)
    assert not other.exists()


def test_a_state_that_is_not_whole(made: Callable[..., Session], tmp_path: Path) -> None:
    lost = {**STATE, "deed": {"do": "state", "frame": START, "lost": "it was too large"}}
    assert "not written down whole" in refused(made(lost), tmp_path / "again.wav")
    broken = {**STATE, "deed": {"do": "state", "frame": START, "state": {"number": 0}}}
    (tmp_path / "audio.flac").unlink()
    (tmp_path / NAME).unlink()
    assert "cannot be played again" in refused(made(broken), tmp_path / "again.wav")


def test_what_happened_when(made: Callable[..., Session]) -> None:
    control = {"type": "control", "address": "/ld/scene", "values": ["drop", 4.0], "source": "osc"}
    session = made(
        {"type": "mark", "frame": START + 48_000, "text": "here"},
        {**control, "frame": START + 24_000},
        {"type": "level", "frame": START, "peak": [-6.0, -7.5], "rms": [-9.0, -9.0]},
        {"type": "end", "frame": START + 144_000},
    )
    found = summary(session)
    assert (found["patch"], found["seconds"], found["peak"]) == ("dusk", 3.0, -6.0)
    assert found["whole"] is True
    assert found["moves"] == {"/ld/scene": 1}
    assert found["events"] == [
        {"time": 0.5, "kind": "scene", "what": "drop 4.0"},
        {"time": 1.0, "kind": "mark", "what": "here"},
    ]
    console = Console(width=100, record=True, file=StringIO())
    console.print(table(found))
    assert "0:01.0  mark" in console.export_text()


def test_a_session_that_was_cut_off_says_so(made: Callable[..., Session]) -> None:
    assert summary(made())["whole"] is False


def test_the_picture_shows_the_sound(made: Callable[..., Session], tmp_path: Path) -> None:
    session = made({"type": "mark", "frame": START + 72_000, "text": "the middle"})
    low, high, levels = columns(session, 200)
    assert np.allclose([low.min(), high.max()], [-0.5, 0.5], atol=0.01)
    pitches = np.geomspace(30.0, 16000.0, len(levels) + 1)
    loudest = pitches[int(levels.mean(axis=1).argmax())]
    assert loudest == pytest.approx(1000.0, rel=0.03)
    draw(session, tmp_path / "set.png")
    with Image.open(tmp_path / "set.png") as image:
        pixels = np.asarray(image)
    assert (pixels[10, 790:810] == (255, 196, 0)).all(axis=1).any()  # the marker's line


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.0, "0:00.0"), (61.25, "1:01.2"), (7325.0, "2:02:05.0")]
)
def test_a_clock(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown
