"""A daemon that plays to the real-time clock without sound, and what its processes hold."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pythonosc.udp_client import SimpleUDPClient

from livediffusion.config import Config
from livediffusion.daemon import Supervisor
from livediffusion.errors import UserError
from livediffusion.ipc.arena import Arena
from livediffusion.stage import Staged, run_folder
from livediffusion.state.patch import parse_patch
from livediffusion.types import Seconds

_STARTS_WITHIN: Seconds = 180.0
_COMPILES_WITHIN: Seconds = 600.0
_SETTLES: Seconds = 0.5  # until a message is known, and a fade is over
_PATCH = """
quantise = "off"
tempo = 120
[[prompt]]
text = "dark techno"
[[prompt]]
text = "warm ambient pads"
weight = 0.0
"""


class MemoryWatch:
    """The most memory (MB) that this process and a supervisor's children held together.

    Threading: `run` belongs to a thread of its own, until `done` is set; anybody reads `peak_mb`.
    Proportional set sizes, so that what processes share counts once; 0 where Linux is not.
    """

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self.done = threading.Event()
        self.peak_mb = 0.0

    def run(self) -> None:
        """Look once a second."""
        while not self.done.wait(1.0):
            self.look()

    def look(self) -> None:
        """Add up what is held now."""
        running = [child.process for child in self._supervisor.children]
        pids = ["self", *(str(process.pid) for process in running if process is not None)]
        self.peak_mb = max(self.peak_mb, sum(memory_mb(pid) for pid in pids))


def memory_mb(pid: str) -> float:
    """What a process holds; 0 of one that is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024.0


@dataclass(frozen=True, slots=True)
class Playing:
    """A daemon whose first loop sounds: its output, its control, its memory."""

    arena: Arena
    osc: SimpleUDPClient
    memory: MemoryWatch
    supervisor: Supervisor
    first_loop_s: Seconds  # from the start until it sounded
    web_port: int = 0  # 0 where no page is served

    def wait_for_standing(self, count: int) -> None:
        """Until so many loops stand by, to be leaned on."""
        deadline = time.monotonic() + _STARTS_WITHIN
        while self.supervisor.status().get("standing", 0) < count:
            if time.monotonic() > deadline:
                raise UserError(
                    "No loops stand by after three minutes; look at `livediffusion play`."
                )
            time.sleep(0.1)

    def wait_for_compiled(self) -> None:
        """Until compiled networks have taken over, which they do when a loop is rendered."""
        deadline, number = time.monotonic() + _COMPILES_WITHIN, 0
        while "compiled-" not in self.supervisor.status().get("engine", ""):
            if time.monotonic() > deadline:
                raise UserError("Nothing was compiled in time; look at `livediffusion play`.")
            number += 1
            self.osc.send_message("/ld/prompt/2/weight", 0.1 + 0.8 * (number * 7 % 20) / 20)
            time.sleep(1.0)
        self.osc.send_message("/ld/prompt/2/weight", 0.0)

    def come_to_rest(self) -> None:
        """Until what was sent is heard, and nothing fades any more."""
        deadline = time.monotonic() + _STARTS_WITHIN
        time.sleep(_SETTLES)
        while self.supervisor.status().get("eta", 1.0) > 0.0:
            if time.monotonic() > deadline:
                raise UserError("The sound does not come to rest; is the machine too busy?")
            time.sleep(0.1)
        time.sleep(_SETTLES)


@contextmanager
def playing(config: Config, model: str, *, page: bool = False) -> Iterator[Playing]:
    """A daemon that plays to nothing, with the first loop sounding, and the page if wanted."""
    with run_folder() as run_dir:
        port = _free_port()
        path = run_dir / "bench.toml"
        path.write_text(_PATCH, encoding="utf-8")
        web_port = _free_port(socket.SOCK_STREAM) if page else 0
        overrides = {"audio.device": "null", "osc.port": port, "web.serve": page}
        overrides |= {"web.port": web_port, "web.announce": False} if page else {}
        staged = Staged(config, path, parse_patch(_PATCH, path), model, overrides)
        supervisor, stop, failed = staged.supervisor(run_dir, lambda _: None), threading.Event(), []

        def run() -> None:
            try:
                supervisor.run(stop.is_set, lambda: None)
            except UserError as error:
                failed.append(error)

        memory = MemoryWatch(supervisor)
        threads = [
            threading.Thread(target=run, name="supervisor"),
            threading.Thread(target=memory.run, name="memory"),
        ]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        try:
            arena = _wait_for_music(supervisor, failed)
            client, passed = SimpleUDPClient("127.0.0.1", port), time.monotonic() - began
            yield Playing(arena, client, memory, supervisor, passed, web_port)
        finally:
            stop.set()
            memory.done.set()
            for thread in threads:
                thread.join()


def _wait_for_music(supervisor: Supervisor, failed: list[UserError]) -> Arena:
    deadline = time.monotonic() + _STARTS_WITHIN
    while time.monotonic() < deadline and not failed:
        if hasattr(supervisor, "arena") and supervisor.arena.read_transport().loop_frames:
            return supervisor.arena
        time.sleep(0.1)
    raise failed[0] if failed else UserError("The daemon did not start; try `livediffusion play`.")


def _free_port(kind: socket.SocketKind = socket.SOCK_DGRAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
