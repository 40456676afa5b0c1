"""What one process writes while another reads is read whole: the old or the new, nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from livediffusion.ipc.arena import Arena, Transport

READS = 150_000
WRITER = """
import sys
from livediffusion.ipc.arena import Arena, Transport
arena, k = Arena(__import__("pathlib").Path(sys.argv[1])), 0
pages = [Transport(frame=n, beat=float(n), swaps=n, block=n) for n in (1, (1 << 31) - 2)]
print("here", flush=True)
while True:
    k += 1
    arena.beat_heart("control")
    arena.write_transport(pages[k % 2])
    arena.deeds.want(0x0101010101010101 if k % 2 else 0xFEFEFEFEFEFEFEFE)
"""


@contextmanager
def writing(path: Path) -> Iterator[Arena]:
    """An arena in which another process writes without a pause."""
    arena = Arena.create(path)
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None and writer.stdout.readline() == b"here\n"
        try:
            yield arena
        finally:
            writer.kill()


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    with writing(tmp_path_factory.mktemp("arena") / "arena") as written:
        while not (written.deeds.wanted and written.read_transport().frame):
            pass
        yield written


def test_a_heartbeat_is_never_older_than_it_is(arena: Arena) -> None:
    assert max(arena.heartbeat_age("control") for _ in range(READS)) < 60.0


def test_a_transport_page_is_one_that_was_written(arena: Arena) -> None:
    pages = {arena.read_transport() for _ in range(READS)}
    whole = {Transport(frame=n, beat=float(n), swaps=n, block=n) for n in (1, (1 << 31) - 2)}
    assert pages <= whole


def test_a_word_is_one_that_was_written(arena: Arena) -> None:
    read = {arena.deeds.wanted for _ in range(READS)}
    assert read <= {0x0101010101010101, 0xFEFEFEFEFEFEFEFE}
