"""A recorder takes down every sample and deed, and whatever ends it leaves what there was."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playing import Playing, sound

from livediffusion.ipc.arena import Arena, Transport
from livediffusion.session.eventlog import FORMAT
from livediffusion.session.recorded import Session, open_session
from livediffusion.session.recorder import Recorder
from livediffusion.session.sound import frames_in, to_samples
from livediffusion.session.tape import Tape
from livediffusion.types import Json

HEAD: Json = {"type": "session", "format": FORMAT, "version": "1", "patch": "test"}
CHILD = """
import resource, sys, time
from pathlib import Path
from livediffusion.ipc.arena import Arena
from livediffusion.session.recorder import Recorder
run, folder, limit = sys.argv[1:]
if int(limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
head = {"type": "session", "format": 1, "version": "1", "patch": "test"}
recorder = Recorder(Arena(Path(run) / "arena"), Path(folder), head, {})
while recorder.running:
    time.sleep(0.01)
print(recorder.failure)
"""


def wait(holds: Callable[[], bool], while_waiting: Callable[[], None] = lambda: None) -> None:
    """Until something holds."""
    ends = time.monotonic() + 60.0
    while not holds():
        assert time.monotonic() < ends
        while_waiting()
        time.sleep(0.01)


def play(playing: Playing, seconds: float) -> None:
    """Play on, faster than the music, and move something."""
    mixer, order = playing.engine.mixer, playing.engine.order
    for _ in range(round(seconds * 10)):
        playing.swap(int(mixer.frame / 4800) % 3, fade_frames=900)
        order(mixer.set_filter, (mixer.frame % 9600) / 9600)
        for _ in range(5):
            playing.block(960)
        time.sleep(0.01)


def begun(tmp_path: Path, playing: Playing, **more: int) -> Recorder:
    """A recorder that knows the player's state."""
    (tmp_path / "session").mkdir()
    recorder = Recorder(playing.arena, tmp_path / "session", HEAD, {}, **more)
    folder = tmp_path / "session"
    wait(lambda: (folder / "audio.flac").exists(), lambda: playing.block(960))
    return recorder


def sound_of(session: Session) -> NDArray[np.int32]:
    return np.concatenate(list(session.samples()))


def assert_heard(session: Session, playing: Playing) -> None:
    """The session's sound is what was played from its start on, and so is its tape's."""
    heard = to_samples(playing.played())[session.start : session.end]
    assert np.array_equal(sound_of(session), heard)
    tape = Tape(session.deeds, sound)
    assert tape.start is not None
    again = to_samples(np.concatenate(list(tape.play(session.end))))
    assert np.array_equal(again[session.start - tape.start :], heard)


@pytest.fixture
def playing(tmp_path: Path) -> Playing:
    made = Playing(tmp_path)
    made.engine.order(made.engine.mixer.play)
    made.swap(0)
    for _ in range(20):
        made.block()
    return made


def test_every_sample_and_deed(tmp_path: Path, playing: Playing) -> None:
    recorder = begun(tmp_path, playing)
    play(playing, 3.0)
    recorder.note({"type": "mark", "frame": 5, "text": "here"})
    play(playing, 3.0)
    recorder.stop()
    recorder.join(10.0)
    assert not recorder.running
    assert recorder.failure is None
    assert playing.arena.deeds.wanted == 0
    session = open_session(tmp_path / "session")
    assert session.log.problems == []
    assert session.end == playing.engine.mixer.frame
    assert [event["text"] for event in session.log.of("mark")] == ["here"]
    assert len(list(session.log.of("level"))) == recorder.seconds
    assert next(session.log.of("end"))["frame"] == session.end
    assert_heard(session, playing)


def test_files_that_get_too_long_are_followed_by_others(tmp_path: Path, playing: Playing) -> None:
    recorder = begun(tmp_path, playing, part_bytes=150_000)
    play(playing, 6.0)
    recorder.stop()
    recorder.join(10.0)
    session = open_session(tmp_path / "session")
    assert len(session.files) >= 3
    assert [f.end for f in session.files[:-1]] == [f.start for f in session.files[1:]]
    assert_heard(session, playing)


def test_a_recorder_that_is_killed_is_followed_by_another(tmp_path: Path, playing: Playing) -> None:
    folder = tmp_path / "session"
    folder.mkdir()
    command = [sys.executable, "-c", CHILD, str(tmp_path), str(folder), "0"]
    with subprocess.Popen(command) as child:
        wait((folder / "audio.flac").exists, lambda: playing.block(960))
        wait(lambda: frames_in(folder / "audio.flac") > 48000, lambda: play(playing, 0.2))
        child.send_signal(signal.SIGKILL)
    found = open_session(folder)
    assert found.end - found.start > 48000
    heard = to_samples(playing.played())[found.start : found.end]
    assert np.array_equal(sound_of(found), heard)
    play(playing, 2.0)
    successor = Recorder(playing.arena, folder, None, {})
    wait(lambda: (folder / "audio-2.flac").exists())
    play(playing, 2.0)
    successor.stop()
    successor.join(10.0)
    assert successor.failure is None
    session = open_session(folder)
    assert session.end == playing.engine.mixer.frame
    assert list(session.log.of("lost")) == []
    assert_heard(session, playing)


def test_a_full_disk_ends_the_recording_with_a_sentence(tmp_path: Path, playing: Playing) -> None:
    folder = tmp_path / "session"
    folder.mkdir()
    command = [sys.executable, "-c", CHILD, str(tmp_path), str(folder), "700000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        wait(lambda: child.poll() is not None, lambda: play(playing, 0.2))
        assert child.stdout is not None
        told = child.stdout.read()
    assert told.startswith("The disk is full: the recording has ended after ")
    session = open_session(folder)
    assert session.end - session.start > 48000
    heard = to_samples(playing.played())[session.start : session.end]
    assert np.array_equal(sound_of(session), heard)


def test_what_was_lost_is_silence_and_said(tmp_path: Path, playing: Playing) -> None:
    recorder = begun(tmp_path, playing)
    before = playing.engine.mixer.frame
    page = Transport(frame=before + 60 * 48000, monotonic_ns=1, block=960)
    playing.arena.write_transport(page)
    wait(lambda: recorder.seconds >= 30)
    recorder.stop()
    recorder.join(20.0)
    session = open_session(tmp_path / "session")
    assert session.end == page.end
    (lost,) = session.log.of("lost")
    assert lost["what"] == "sound"
    silent = sound_of(session)[lost["frame"] - session.start :][: lost["frames"]]
    assert len(silent) == lost["frames"] > 20 * 48000
    assert not silent.any()


def test_a_recorder_whose_folder_is_gone_says_so(tmp_path: Path, playing: Playing) -> None:
    recorder = Recorder(Arena(tmp_path / "arena"), tmp_path / "nowhere", HEAD, {})
    recorder.join(10.0)
    assert recorder.failure is not None
    assert recorder.failure.startswith("The disk says: No such file or directory")
    assert [path.name for path in tmp_path.iterdir()] == ["arena"]
