"""JSON messages over Unix sockets between our own processes; never pickle.

Threading: a `Server` runs one accepting thread and one reading thread a client; received
messages wait in one bounded queue that any thread may drain. A `Client` reconnects by itself
from its own thread. `send` may be called from any thread and never waits for a dead peer.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Client as connect
from multiprocessing.connection import Connection, Listener
from pathlib import Path

from livediffusion.types import Json

CONNECTED = "connected"  # a message of this type stands for a new peer
DISCONNECTED = "disconnected"
_QUEUE_LENGTH = 4096


class Peer:
    """What server and client share: a queue of received messages and guarded sending."""

    def __init__(self) -> None:
        self.received: queue.Queue[Json] = queue.Queue(_QUEUE_LENGTH)
        self.overflowed = 0  # messages lost because nobody drained the queue
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def drain(self) -> Iterator[Json]:
        """Yield what has arrived, without waiting."""
        while True:
            try:
                yield self.received.get_nowait()
            except queue.Empty:
                return

    def _put(self, message: Json) -> None:
        try:
            self.received.put_nowait(message)
        except queue.Full:
            self.overflowed += 1

    def _read(self, connection: Connection) -> None:
        try:
            while True:
                self._put(json.loads(connection.recv_bytes()))
        except (EOFError, OSError, ValueError):
            return

    def _send_on(self, connection: Connection | None, message: Json) -> bool:
        if connection is None:
            return False
        try:
            with self._lock:
                connection.send_bytes(json.dumps(message).encode())
        except (OSError, ValueError):
            return False
        return True


class Server(Peer):
    """Listens on a socket file; talks to the client that connected last."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        path.unlink(missing_ok=True)  # left by a predecessor that was killed
        self._listener = Listener(str(path), family="AF_UNIX")
        path.chmod(0o600)
        self._connection: Connection | None = None
        threading.Thread(target=self._accept, name=f"wire {path.stem}", daemon=True).start()

    def send(self, message: Json) -> bool:
        """Send to the present client; False when there is none."""
        return self._send_on(self._connection, message)

    def close(self) -> None:
        """Stop listening and remove the socket file."""
        self._closed.set()
        self._listener.close()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                connection = self._listener.accept()
            except OSError:
                return
            old, self._connection = self._connection, connection
            if old is not None:
                old.close()
            self._put({"type": CONNECTED})
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        self._read(connection)
        if self._connection is connection:
            self._connection = None
            self._put({"type": DISCONNECTED})


class Client(Peer):
    """Connects to a server's socket file, again and again, until closed."""

    def __init__(self, path: Path) -> None:
        super().__init__()
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
        if (connection := self._connection) is not None:
            connection.close()

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                connection = connect(str(self._path), family="AF_UNIX")
            except OSError:
                time.sleep(0.02)
                continue
            self._connection = connection
            self._put({"type": CONNECTED})
            self._read(connection)
            self._connection = None
            connection.close()
            self._put({"type": DISCONNECTED})
