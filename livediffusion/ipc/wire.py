"""JSON messages over Unix sockets between our own processes; never pickle.

Threading: a `Server` runs one accepting thread and one reading thread a client; received
messages wait in one bounded queue that any thread may drain. A `Client` reconnects by itself
from its own thread. `send` may be called from any thread; a peer that hangs costs it at most
`_SEND_TIMEOUT_S`, after which the connection is given up (and the peer, if it lives, comes back).

A message is an object with a "type"; whatever else arrives is counted and passed over. A reader
that finds the queue full lets the sender wait for `_FULL_TIMEOUT_S` before it drops a message.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import socket
import struct
import threading
import time
from collections.abc import Iterator
from multiprocessing import connection as sockets
from multiprocessing.connection import Connection, Listener
from pathlib import Path

from livediffusion.types import Json

CONNECTED = "connected"  # a message of this type stands for a new peer
DISCONNECTED = "disconnected"
_QUEUE_LENGTH = 4096
_LONGEST_MESSAGE = 1 << 24  # bytes
_SEND_TIMEOUT_S = 1.0
_FULL_TIMEOUT_S = 1.0
_RETRY_S = 0.02


class Peer:
    """What server and client share: a queue of received messages and guarded sending."""

    def __init__(self, queue_length: int = _QUEUE_LENGTH) -> None:
        self.received: queue.Queue[Json] = queue.Queue(queue_length)
        self.overflowed = 0  # messages lost because nobody drained the queue
        self.garbage = 0  # messages that were none
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def drain(self, limit: int | None = None) -> Iterator[Json]:
        """Yield what has arrived (at most `limit` messages), without waiting."""
        count = 0
        while limit is None or count < limit:
            try:
                yield self.received.get_nowait()
            except queue.Empty:
                return
            count += 1

    def _put(self, message: Json) -> None:
        try:
            self.received.put(message, timeout=_FULL_TIMEOUT_S)
        except queue.Full:
            self.overflowed += 1

    def _mark(self, kind: str) -> None:
        """Put CONNECTED or DISCONNECTED, if need be in the place of what waits longest."""
        while True:
            try:
                self.received.put_nowait({"type": kind})
                return
            except queue.Full:
                self.overflowed += 1
                with contextlib.suppress(queue.Empty):
                    self.received.get_nowait()

    def _read(self, connection: Connection) -> None:
        """Receive until the other side hangs up, then close."""
        with contextlib.suppress(EOFError, OSError):
            while not self._closed.is_set():
                self._take(connection.recv_bytes(_LONGEST_MESSAGE))
        with self._lock:  # nobody is sending on it
            connection.close()

    def _take(self, received: bytes) -> None:
        try:
            message = json.loads(received)
        except (ValueError, RecursionError):
            message = None
        if isinstance(message, dict) and isinstance(message.get("type"), str):
            self._put(message)
        else:
            self.garbage += 1

    def _send_on(self, connection: Connection | None, message: Json) -> bool:
        if connection is None:
            return False
        text = json.dumps(message).encode()
        with self._lock:
            try:
                connection.send_bytes(text)
            except (OSError, ValueError):
                _hang_up(connection)  # half a message may be on its way
                return False
        return True


class Server(Peer):
    """Listens on a socket file; talks to the client that connected last."""

    def __init__(self, path: Path, queue_length: int = _QUEUE_LENGTH) -> None:
        super().__init__(queue_length)
        path.unlink(missing_ok=True)  # left by a predecessor that was killed
        self._path = path
        self._listener = Listener(str(path), family="AF_UNIX")
        path.chmod(0o600)
        self._connection: Connection | None = None
        threading.Thread(target=self._accept, name=f"wire {path.stem}", daemon=True).start()

    def send(self, message: Json) -> bool:
        """Send to the present client; False when there is none."""
        return self._send_on(self._connection, message)

    def close(self) -> None:
        """Hang up, stop listening and remove the socket file."""
        self._closed.set()
        with contextlib.suppress(OSError):
            sockets.Client(str(self._path), family="AF_UNIX").close()  # wakes the accepting thread
        self._listener.close()
        _hang_up(self._connection)

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                connection = self._listener.accept()
            except OSError:
                time.sleep(_RETRY_S)  # one client that vanished is no reason to go deaf
                continue
            if self._closed.is_set():
                connection.close()
                return
            _limit_sending(connection)
            old, self._connection = self._connection, connection
            _hang_up(old)
            self._mark(CONNECTED)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        self._read(connection)
        if self._connection is connection:
            self._connection = None
            self._mark(DISCONNECTED)


class Client(Peer):
    """Connects to a server's socket file, again and again, until closed."""

    def __init__(self, path: Path, queue_length: int = _QUEUE_LENGTH) -> None:
        super().__init__(queue_length)
        self._path = path
        self._connection: Connection | None = None
        threading.Thread(target=self._run, name=f"wire {path.stem}", daemon=True).start()

    @property
    def connected(self) -> bool:
        """Whether the other side is there at this moment."""
        return self._connection is not None

    def send(self, message: Json) -> bool:
        """Send to the server; False when it is away."""
        return self._send_on(self._connection, message)

    def close(self) -> None:
        """Hang up and stop reconnecting."""
        self._closed.set()
        _hang_up(self._connection)

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                connection = sockets.Client(str(self._path), family="AF_UNIX")
            except OSError:
                time.sleep(_RETRY_S)
                continue
            _limit_sending(connection)
            self._connection = connection
            self._mark(CONNECTED)
            self._read(connection)
            self._connection = None
            self._mark(DISCONNECTED)


def _limit_sending(connection: Connection) -> None:
    """Make sending to a peer that does not read fail instead of waiting for ever."""
    seconds = int(_SEND_TIMEOUT_S)
    limit = struct.pack("@ll", seconds, round((_SEND_TIMEOUT_S - seconds) * 1e6))
    with contextlib.suppress(OSError), _socket(connection) as shared:
        shared.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)


def _hang_up(connection: Connection | None) -> None:
    """End a connection; its reading thread notices and closes it."""
    if connection is not None:
        with contextlib.suppress(OSError), _socket(connection) as shared:
            shared.shutdown(socket.SHUT_RDWR)


def _socket(connection: Connection) -> socket.socket:
    """The connection's socket, through a descriptor of its own."""
    return socket.socket(fileno=os.dup(connection.fileno()))
