"""The memory-mapped file: slots, transport page, note, ring, heartbeats."""

from __future__ import annotations

import itertools
import os
import stat
import threading
from pathlib import Path

import numpy as np
import pytest

from livediffusion.ipc.arena import RING_FRAMES, SLOT_FRAMES, SLOTS, Arena, Transport


@pytest.fixture
def arena(tmp_path: Path) -> Arena:
    return Arena.create(tmp_path / "arena")


def test_file_is_ours_alone_and_sparse(arena: Arena) -> None:
    about = arena.path.stat()
    assert stat.S_IMODE(about.st_mode) == 0o600
    assert about.st_blocks * 512 < about.st_size / 10
    with pytest.raises(FileExistsError):
        Arena.create(arena.path)


def test_slots_are_shared_and_apart(arena: Arena) -> None:
    other = Arena(arena.path)
    for slot in range(SLOTS):
        arena.slot(slot, 100)[:] = slot
    arena.slot(3, SLOT_FRAMES)[-1] = 33.0
    for slot in range(SLOTS):
        assert np.all(other.slot(slot, 100) == slot)
    assert np.all(other.slot(3, SLOT_FRAMES)[-1] == 33.0)
    for frames in (0, -1, SLOT_FRAMES + 1):
        with pytest.raises(ValueError, match="a loop has"):
            arena.slot(0, frames)


def test_transport_page_comes_back_whole(arena: Arena) -> None:
    page = Transport(
        frame=1, monotonic_ns=2, beat=-0.5, beats_per_second=2.0, loop_frames=3, loop_beats=4,
        peak=0.5, rms=0.25, latency=0.01, underruns=5, late=6, swaps=7, playing=True, fading=True,
    )  # fmt: skip
    assert arena.read_transport() == Transport()
    arena.write_transport(page)
    assert Arena(arena.path).read_transport() == page
    assert page.beat_at(1_000_000_002) == pytest.approx(1.5)


def test_transport_page_is_never_read_torn(arena: Arena) -> None:
    done = threading.Event()

    def write() -> None:
        for number in itertools.count():
            if done.is_set():
                return
            arena.write_transport(
                Transport(number, number, float(number), float(number), number, number,
                          float(number), float(number), float(number), number, number, number)
            )  # fmt: skip

    writer = threading.Thread(target=write)
    writer.start()
    try:
        reader = Arena(arena.path)
        pages = [reader.read_transport() for _ in range(3000)]
    finally:
        done.set()
        writer.join()
    assert all(page.frame == page.beat == page.rms == page.swaps for page in pages)
    assert pages[-1].frame > pages[0].frame


def test_page_of_a_writer_that_died_halfway_can_be_written_again(arena: Arena) -> None:
    arena.write_transport(Transport(frame=1))
    arena._map[512] |= 1  # the sequence number of an unfinished write
    assert arena.read_transport().frame == 1
    arena.write_transport(Transport(frame=2))
    assert arena._map[512] % 2 == 0 and arena.read_transport().frame == 2


def test_note_survives_its_writer_but_not_a_torn_write(arena: Arena) -> None:
    assert arena.read_note() is None
    arena.write_note({"key": "ü" * 100})
    assert Arena(arena.path).read_note() == {"key": "ü" * 100}
    with pytest.raises(ValueError, match="a note has at most"):
        arena.write_note({"key": "x" * 4000})
    assert arena.read_note() == {"key": "ü" * 100}
    arena._map[1040] ^= 1
    assert arena.read_note() is None


def test_ring_keeps_the_last_frames_round_its_end(arena: Arena) -> None:
    block = np.arange(2000, dtype=np.float32).reshape(1000, 2)
    start = RING_FRAMES * 7 - 300
    arena.write_ring(start, block)
    assert np.array_equal(Arena(arena.path).read_ring(start, 1000), block)
    assert np.array_equal(arena.read_ring(start + 290, 20), block[290:310])


def test_heartbeats(arena: Arena) -> None:
    assert arena.heartbeat_age("player") == float("inf")
    arena.beat_heart("player")
    assert 0 <= arena.heartbeat_age("player") < 60
    assert arena.heartbeat_age("control") == float("inf")
    arena.clear_heartbeat("player")
    assert arena.heartbeat_age("player") == float("inf")


def test_file_that_is_too_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "arena"
    os.close(os.open(path, os.O_CREAT | os.O_RDWR))
    with pytest.raises(ValueError, match="mmap"):
        Arena(path)
