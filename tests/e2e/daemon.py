"""A running `livediffusion play`, watched from outside as a performer would."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pythonosc.udp_client import SimpleUDPClient

from livediffusion.ipc.arena import Arena, Transport
from livediffusion.ipc.runs import read_status
from livediffusion.types import Json

STARTS_WITHIN_S = 180.0


class Daemon:
    """`livediffusion play PATCH` on free ports, or on a given OSC port."""

    def __init__(
        self,
        folder: Path,
        patch: str,
        output: str,
        *options: str,
        port: int | None = None,
        more: str = "",
        listen: str = "",
        announce: bool = False,
        inside: Callable[..., list[str]] = lambda *command: [*command],
    ) -> None:
        """`more` is added to the config, `listen` to its sections [osc] and [web].

        `inside` makes of a command the one that runs it elsewhere.
        """
        self.port, self.web_port = port or free_port(), free_port()
        self.osc = SimpleUDPClient("127.0.0.1", self.port)
        self.patch = folder / "set.toml"
        self.patch.write_text(patch, encoding="utf-8")
        config = folder / "config.toml"
        osc = f"[osc]\nport = {self.port}\n{listen}"
        web = f"[web]\nport = {self.web_port}\nannounce = {str(announce).lower()}\n{listen}"
        config.write_text(f"{osc}{web}{more}", encoding="utf-8")
        command = [sys.executable, "-m", "livediffusion", "play", str(self.patch)]
        self._log = (folder / "play.log").open("w+", encoding="utf-8")
        self.process = subprocess.Popen(
            inside(*command, "--config", str(config), "--output", output, *options),
            stdout=self._log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, "XDG_STATE_HOME": str(folder)},  # where its log is kept
        )
        self._arena: Arena | None = None

    @property
    def run_dir(self) -> Path:
        """The run's folder."""
        for pid in Path("/dev/shm").glob("livediffusion-*/pid"):
            with contextlib.suppress(OSError):
                if pid.read_text() == str(self.process.pid):
                    return pid.parent
        raise AssertionError(f"the daemon did not start: {self.log()}")

    @property
    def transport(self) -> Transport:
        """Where the music is."""
        if self._arena is None:
            self._arena = Arena(self.run_dir / "arena")
        return self._arena.read_transport()

    @property
    def arena(self) -> Arena:
        """The run's memory-mapped file."""
        assert self.transport
        assert self._arena is not None
        return self._arena

    @property
    def status(self) -> Json:
        """What control last said."""
        return read_status(self.run_dir)

    def log(self) -> str:
        """What the daemon has printed."""
        return Path(self._log.name).read_text(encoding="utf-8")

    def pid_of(self, child: str) -> int:
        """The process id of control, renderer or player."""
        wanted = f"livediffusion.ipc.launch\0{child}\0".encode()
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if wanted not in entry.read_bytes():
                    continue
                status = (entry.parent / "status").read_text()
                if f"PPid:\t{self.process.pid}\n" in status:
                    return int(entry.parent.name)
        raise AssertionError(f"there is no {child}")

    def wait(self, holds: Callable[[Daemon], bool], what: str, timeout_s: float = 60.0) -> float:
        """Wait until something holds; the seconds that it took."""
        start = time.monotonic()
        while time.monotonic() - start < timeout_s:
            assert self.process.poll() is None, f"the daemon ended: {self.log()}"
            with contextlib.suppress(AssertionError, OSError, ValueError):
                if holds(self):
                    return time.monotonic() - start
            time.sleep(0.005)
        raise AssertionError(f"{what} within {timeout_s} s: {self.log()}")

    def wait_for_music(self) -> None:
        """Until the first loop sounds."""
        self.wait(lambda d: d.transport.loop_frames > 0, "music", STARTS_WITHIN_S)

    def wait_for_swap(self, after: int) -> None:
        """Until more than `after` loops have been swapped in, and the fade is over."""
        self.wait(lambda d: d.transport.swaps > after, "a new loop")
        self.wait(lambda d: not d.transport.fading, "the fade's end")

    def stop(self) -> int:
        """Ctrl-C; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(15.0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self._log.close()
            self.osc.close()


@contextmanager
def running(
    folder: Path,
    patch: str,
    output: str,
    *options: str,
    port: int | None = None,
    more: str = "",
    listen: str = "",
    announce: bool = False,
    inside: Callable[..., list[str]] = lambda *command: [*command],
) -> Iterator[Daemon]:
    """A daemon in whose speakers there is music; `more`, `listen` and `inside` as Daemon's."""
    wishes = {"more": more, "listen": listen}
    daemon = Daemon(
        folder, patch, output, *options, port=port, announce=announce, inside=inside, **wishes
    )
    try:
        daemon.wait_for_music()
        yield daemon
    finally:
        daemon.stop()


def on_the_beat(before: Transport, after: Transport, tempo: float = 120.0) -> bool:
    """Whether the song has gone on with the output's frames, and those with the time.

    A busy machine may make a device lose some time, but never the song its place in it.
    """
    frames = after.frame - before.frame
    beats = frames / 48000 * tempo / 60.0
    passed = (after.monotonic_ns - before.monotonic_ns) * 48e-6
    return abs(after.beat - before.beat - beats) < 0.02 and 0.8 * passed < frames < 1.1 * passed


def free_port() -> int:
    """A port that nobody listens on, neither UDP nor TCP."""
    while True:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
            contextlib.suppress(OSError),
        ):
            tcp.bind(("127.0.0.1", 0))
            udp.bind(tcp.getsockname())
            return int(tcp.getsockname()[1])


def alive(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        os.kill(pid, 0)
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
