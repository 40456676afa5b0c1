"""What stands in the way of a recording is said in one sentence; what is recorded is never lost."""

from __future__ import annotations

import json
import shutil
import time
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import pytest

from livediffusion.config import Config, SessionConfig
from livediffusion.control import recording as module
from livediffusion.control.endpoint import AllowList
from livediffusion.control.osc_feedback import Feedback
from livediffusion.control.recording import Recording
from livediffusion.ipc.arena import Arena, Transport
from livediffusion.session.eventlog import read_log
from livediffusion.state.parameters import Refused
from livediffusion.state.patch import parse_patch
from livediffusion.state.performance import Performance
from livediffusion.state.values import interpret

PATCH = 'name = "Dusk / Dawn!"\n[[prompt]]\ntext = "techno"\n'
Usage = namedtuple("Usage", "total used free")


class Room:
    """A recording without a daemon."""

    def __init__(self, folder: Path, directory: str = "sessions", *, record: bool = False) -> None:
        self.run_dir = folder
        if not (folder / "arena").exists():
            Arena.create(folder / "arena")
        self.arena = Arena(folder / "arena")
        self.arena.write_transport(Transport(frame=48000, monotonic_ns=1, block=256))
        self.sent: list[bytes] = []
        self.performance = Performance(parse_patch(PATCH, folder / "set.toml"), "pocket")
        feedback = Feedback(
            lambda packet, to: self.sent.append(packet), AllowList(()), [("127.0.0.1", 9)]
        )
        config = Config(session=SessionConfig(record, str(folder / directory)))
        self.recording = Recording(config, self.arena, folder, self.performance, feedback)

    def sessions(self) -> list[Path]:
        """What has been recorded."""
        return sorted((self.run_dir / "sessions").iterdir())

    def wait_for_end(self) -> None:
        """Until the recording has ended by itself, and everybody was told."""
        ends = time.monotonic() + 60.0
        while self.performance.values["record"]:
            assert time.monotonic() < ends
            self.recording.look(time.monotonic())
            time.sleep(0.01)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path)
    yield made
    made.recording.close()


def test_a_recording_has_a_folder_of_its_own(room: Room) -> None:
    room.recording.set(True)
    assert room.performance.values["record"] is True
    room.recording.mark("here")
    room.recording.played("/ld/gain", (-3.0,), "osc 127.0.0.1:9")
    room.recording.close()
    (folder,) = room.sessions()
    assert folder.name.endswith("_dusk-dawn")
    log = read_log(folder)
    assert log.head["patch_text"] == PATCH
    assert [event["text"] for event in log.of("mark")] == ["here"]
    (control,) = log.of("control")
    assert (control["address"], control["values"]) == ("/ld/gain", [-3.0])
    room.recording.set(True)
    room.recording.close()
    assert len(room.sessions()) == 2


def test_two_recordings_at_once_are_refused(room: Room) -> None:
    room.recording.set(True)
    with pytest.raises(Refused, match="being recorded already"):
        room.recording.set(True)
    room.recording.close()
    assert len(room.sessions()) == 1


def test_a_mark_needs_a_recording(room: Room) -> None:
    with pytest.raises(Refused, match="send /ld/record 1 first"):
        room.recording.mark("here")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    room = Room(tmp_path, "no/where")
    with pytest.raises(Refused, match=r"There is no folder .*no to record in: make it"):
        room.recording.set(True)
    assert room.performance.values["record"] is False


def test_a_file_in_the_folder_s_place(tmp_path: Path) -> None:
    (tmp_path / "sessions").write_text("")
    with pytest.raises(Refused, match="cannot be recorded in"):
        Room(tmp_path).recording.set(True)


@pytest.mark.parametrize(
    ("megabytes", "sentence"),
    [(20, "There are only 20 MB left"), (400, "There is room for about 22 minutes")],
)
def test_a_disk_that_is_nearly_full(
    room: Room, monkeypatch: pytest.MonkeyPatch, megabytes: int, sentence: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(0, 0, megabytes << 20))
    try:
        room.recording.set(True)
    except Refused as refusal:
        assert sentence in str(refusal)
    else:
        assert any(sentence.encode() in packet for packet in room.sent)


def test_a_recording_that_cannot_go_on_says_so_and_lets_go(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.recording.set(True)
    shutil.rmtree(room.sessions()[0])
    monkeypatch.setattr(module, "_log", module.logging.getLogger("quiet"))
    room.wait_for_end()
    assert any(b"the music goes on" in packet for packet in room.sent)
    assert room.recording.seconds == 0
    assert not (room.run_dir / "recording.json").exists()
    room.recording.set(True)


def test_a_config_that_wants_it_recorded(tmp_path: Path) -> None:
    room = Room(tmp_path, record=True)
    room.recording.open()
    assert room.performance.values["record"] is True
    room.recording.close()
    assert len(room.sessions()) == 1


def test_a_predecessor_s_recording_goes_on(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.recording.set(True)
    (folder,) = room.sessions()
    ends = time.monotonic() + 60.0
    while not (folder / "audio.flac").exists():
        assert time.monotonic() < ends
        time.sleep(0.01)
    note = json.loads((tmp_path / "recording.json").read_text())
    assert Path(note["folder"]) == folder
    room.recording.close()
    (tmp_path / "recording.json").write_text(json.dumps(note))
    successor = Room(tmp_path, record=True)
    successor.recording.open()
    assert successor.performance.values["record"] is True
    successor.recording.mark("second life")
    successor.recording.close()
    assert successor.sessions() == [folder]
    assert [event["file"] for event in read_log(folder).of("part")] == [
        "audio.flac",
        "audio-2.flac",
    ]


def test_recording_is_no_matter_of_patches_or_undo(room: Room) -> None:
    performance = room.performance
    (change,) = interpret("/ld/record", (1,), 1)
    performance.apply(change, 0.0, "osc 127.0.0.1:9", 1.0)
    performance.load(parse_patch(PATCH, room.run_dir / "other.toml"), "pocket", 1.0)
    assert performance.values["record"] is True
    (undo,) = interpret("/ld/undo", (), 1)
    performance.apply(undo, 2.0, "osc 127.0.0.1:9", 3.0)
    assert performance.values["record"] is True
