"""A UDP relay between a client and the daemon, which notes when bundles are to act."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading

from livediffusion.control.oscwire import Malformed, Unit, decode
from livediffusion.types import Seconds


class Relay:
    """What comes to `port` goes on to the daemon, and its answers back to who sent last."""

    def __init__(self, daemon_port: int) -> None:
        self.bundles: queue.Queue[tuple[Unit, Seconds]] = queue.Queue()  # with a time to come
        self._daemon = ("127.0.0.1", daemon_port)
        self._front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._front.bind(("127.0.0.1", 0))
        self._back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._back.connect(self._daemon)
        self._client: tuple[str, int] | None = None
        for run in (self._forth, self._answer):
            threading.Thread(target=run, daemon=True).start()

    @property
    def port(self) -> int:
        """Where the client shall send."""
        return int(self._front.getsockname()[1])

    def close(self) -> None:
        """Let both ports go."""
        for end in (self._front, self._back):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _forth(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                packet, self._client = self._front.recvfrom(65536)
                self._back.send(packet)
                with contextlib.suppress(Malformed):
                    for unit in decode(packet):
                        if unit.time is not None:
                            self.bundles.put((unit, unit.time))

    def _answer(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                packet = self._back.recv(65536)
                if self._client:
                    self._front.sendto(packet, self._client)
