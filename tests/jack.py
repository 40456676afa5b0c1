"""A JACK server with the dummy driver, and what is played into it, sample for sample.

    with Jack() as jack, jack.capture(4.0) as capture:
        ...  # play to the PortAudio device "jack_capture"
    samples = capture.samples()  # (frames, 2) float32 at 48 kHz

Server and capture must be up before PortAudio starts, so play from a process that was started
within the `with`. While a `Jack` is entered, JACK_DEFAULT_SERVER in this process's environment
names its server.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from pathlib import Path
from types import TracebackType

import numpy as np
import soundfile
from numpy.typing import NDArray

DEVICE = "jack_capture"
_VARIABLE = "JACK_DEFAULT_SERVER"
_REGISTRY = Path("/dev/shm/jack-shm-registry")
_OURS = re.compile(rb"jack-\d+:(ld[0-9a-f]{10}):")
# A server that waits for its clients makes a late client an xrun, which is counted, and never a
# block that is lost from the capture: on a busy machine its clock slips instead.
PATIENT = ("--sync", "--timeout", "2000")


def available() -> bool:
    """Whether the programs are installed."""
    return all(shutil.which(name) for name in ("jackd", "jack_capture", "jack_lsp"))


class Jack:
    """One dummy server of our own, ended and cleared away at exit.

    A patient one waits for each client, also for those that were killed: for seconds.
    """

    def __init__(self, period: int = 512, *, patient: bool = True) -> None:
        self.name = f"ld{uuid.uuid4().hex[:10]}"
        self.period = period
        self.rate = 48000  # Hz, from the next start on
        self._patience = PATIENT if patient else ()
        self._server: subprocess.Popen[bytes] | None = None
        self._before: str | None = None

    def __enter__(self) -> Jack:
        self._before = os.environ.get(_VARIABLE)
        os.environ[_VARIABLE] = self.name
        try:
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        if self._before is None:
            os.environ.pop(_VARIABLE, None)
        else:
            os.environ[_VARIABLE] = self._before

    def start(self, tries: int = 4) -> None:
        """Start the server, real-time where that is permitted."""
        for realtime in [["--realtime", "-P", "60"], ["--no-realtime"]] * (tries // 2) or [[]]:
            driver = ["-d", "dummy", "-r", str(self.rate), "-p", str(self.period)]
            command = ["jackd", "--name", self.name, *realtime, *self._patience, *driver]
            self._server = _quietly(command)
            if self._wait_for_port("system:playback_1"):
                return
            self.stop()
            if tries > 1:
                _forget_dead_servers()
        raise RuntimeError("jackd does not start here")

    def stop(self) -> None:
        """End the server in order, so that it gives back its place among the eight there can be."""
        if self._server is None:
            return
        if self._server.poll() == -signal.SIGKILL:
            self.start()  # under its old name it finds its old place, and can leave it
        self._server.terminate()
        try:
            self._server.wait(5.0)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        self._server = None
        for left in Path("/dev/shm").glob(f"jack*{self.name}*"):
            with contextlib.suppress(OSError):
                shutil.rmtree(left) if left.is_dir() else left.unlink()

    def kill(self) -> None:
        """Kill the server, as when it crashes; `start` brings it back."""
        assert self._server is not None
        self._server.kill()
        self._server.wait()

    def capture(self, seconds: float) -> Capture:
        """Record what is played to the device "jack_capture" for so long."""
        return Capture(self, seconds)

    def ports(self) -> list[str]:
        """Names of the ports that exist."""
        listed = subprocess.run(
            ["jack_lsp", "-s", self.name], capture_output=True, text=True, check=False
        )
        return listed.stdout.split()

    def _wait_for_port(self, port: str, timeout_s: float = 15.0) -> bool:
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            if port in self.ports():
                return True
            if self._server is None or self._server.poll() is not None:
                return False
            time.sleep(0.05)
        return False


class Capture:
    """A capture client; its samples are whole once it has ended."""

    def __init__(self, jack: Jack, seconds: float) -> None:
        self._jack = jack
        self._seconds = seconds
        self._folder = tempfile.TemporaryDirectory(prefix="ld-capture-")
        self._path = Path(self._folder.name) / "out.wav"
        self._client: subprocess.Popen[bytes] | None = None
        self._samples: NDArray[np.float32] | None = None

    def __enter__(self) -> Capture:
        options = ["-mc", "-c", "2", "-dm", "-hbu", "-ns", "-f", "wav", "-b", "FLOAT"]
        length = ["-d", str(self._seconds), str(self._path)]
        self._client = _quietly(["jack_capture", *options, *length])
        if not self._jack._wait_for_port("jack_capture:input2"):
            raise RuntimeError("jack_capture does not start here")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._client is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            if kind is None:
                self._client.wait(self._seconds + 10.0)
        if self._client.poll() is None:
            self._client.kill()
            self._client.wait()
        if self._path.exists() and kind is None:
            self._samples, _ = soundfile.read(self._path, dtype="float32", always_2d=True)
        self._folder.cleanup()

    def stop(self) -> None:
        """Record no further; what has been recorded is kept."""
        assert self._client is not None
        self._client.terminate()

    def samples(self) -> NDArray[np.float32]:
        """What was played, (frames, 2), after the `with` has been left."""
        if self._samples is None:
            raise RuntimeError("nothing was captured")
        return self._samples


def _forget_dead_servers() -> None:
    """JACK keeps a list of at most eight servers, dead ones too.

    Clear it when none is alive; else let ours come back under their old names, and leave in order.
    """
    alive = _names_of_servers()
    try:
        listed = _OURS.findall(_REGISTRY.read_bytes())
        if not alive:
            _REGISTRY.unlink()
            return
    except OSError:
        return
    for name in {name.decode() for name in listed} - alive:
        dead = Jack(patient=False)
        dead.name = name
        with contextlib.suppress(RuntimeError):
            dead.start(tries=1)
        dead.stop()


def _names_of_servers() -> set[str]:
    """Of those that are alive."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError, IndexError):
            words = entry.read_bytes().decode(errors="replace").split("\0")
            if Path(words[0]).name == "jackd":
                found.add(words[2] if words[1] == "--name" else "default")
    return found


def _quietly(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
