"""The sound of a session can be read at any moment, and after whatever ends it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from livediffusion.session.sound import FULL_SCALE, Part, frames_in, read_part, to_samples

WRITER = """
import sys, time
from pathlib import Path
import numpy as np
from livediffusion.session.sound import Part
part = Part(Path(sys.argv[1]))
block = np.arange(96000, dtype=np.int32).reshape(48000, 2) * 87
for second in range(1000):
    part.write(block)
    part.sync()
    print(second, flush=True)
"""
LIMITED = """
import resource, sys
from pathlib import Path
import numpy as np
from livediffusion.session.sound import Part
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
part = Part(Path(sys.argv[1]))
rng = np.random.default_rng(1)
try:
    for second in range(20):
        part.write(rng.integers(-2**20, 2**20, (48000, 2), dtype=np.int32))
        part.sync()
except OSError as error:
    part.give_up()
    print(part.frames, error.strerror)
"""


def noise(frames: int, seed: int = 0) -> NDArray[np.int32]:
    return np.random.default_rng(seed).integers(-(2**20), 2**20, (frames, 2), dtype=np.int32)


def read(path: Path) -> NDArray[np.int32]:
    return np.concatenate([np.zeros((0, 2), np.int32), *read_part(path)])


def test_every_sample_comes_back(tmp_path: Path) -> None:
    extremes = np.array([[-1.0, 1.0], [0.5, -0.25], [2.0**-23, -(2.0**-23)]], np.float32)
    samples = to_samples(extremes)
    assert samples.tolist() == [[-FULL_SCALE, FULL_SCALE - 1], [1 << 22, -(1 << 21)], [1, -1]]
    part = Part(tmp_path / "audio.flac")
    whole = np.concatenate([samples, noise(50_000)])
    for start in range(0, len(whole), 7001):
        part.write(whole[start : start + 7001])
    part.close()
    assert np.array_equal(read(tmp_path / "audio.flac"), whole)
    assert frames_in(tmp_path / "audio.flac") == len(whole)


def test_it_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    part, whole = Part(tmp_path / "audio.flac"), noise(150_000)
    for start in (0, 50_000, 100_000):
        part.write(whole[start : start + 50_000])
        part.sync()
        found = read(tmp_path / "audio.flac")
        assert start + 50_000 - len(found) <= 4096
        assert np.array_equal(found, whole[: len(found)])
    part.close()


def test_a_part_never_replaces_a_file(tmp_path: Path) -> None:
    (tmp_path / "audio.flac").touch()
    with pytest.raises(FileExistsError):
        Part(tmp_path / "audio.flac")


def test_a_writer_that_is_killed_leaves_all_but_the_last_second(tmp_path: Path) -> None:
    path = tmp_path / "audio.flac"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) == 7:
                break
        process.send_signal(signal.SIGKILL)
    found = read(path)
    assert len(found) >= 8 * 48000 - 4096
    expected = np.arange(96000, dtype=np.int32).reshape(48000, 2) * 87
    assert np.array_equal(found[:48000], expected)
    others, rate = soundfile.read(path, dtype="int32")
    assert (rate, len(others)) == (48000, len(found))


def test_a_full_disk_leaves_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "audio.flac"
    told = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path)], capture_output=True, text=True, check=True
    ).stdout.split(maxsplit=1)
    rng = np.random.default_rng(1)
    expected = np.concatenate(
        [rng.integers(-(2**20), 2**20, (48000, 2), dtype=np.int32) for _ in range(20)]
    )[: int(told[0])]
    assert len(expected) > 48000
    assert path.stat().st_size <= 600_000
    assert np.array_equal(read(path), expected)


def test_what_is_no_part_has_no_frames(tmp_path: Path) -> None:
    for content in (b"", b"fLaC", b"RIFF" * 20):
        (tmp_path / "audio.flac").write_bytes(content)
        assert frames_in(tmp_path / "audio.flac") == 0
        assert len(read(tmp_path / "audio.flac")) == 0
