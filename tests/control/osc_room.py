"""A place to meet every wire that speaks OSC, with real sockets and no daemon around it."""

import contextlib
import socket
import threading
import time

from livediffusion.config import Config, OscConfig, WebConfig
from livediffusion.control.inbox import Inbox
from livediffusion.control.network import Network
from livediffusion.control.snapshot import Snapshot


class Room:
    """A network and its control loop, which only writes down what it hears."""

    def __init__(
        self, *, allow=(), fixed=(), serve=False, announce=False, values=None, backstage=None, **web
    ):
        self.inbox = Inbox()
        config = Config(
            osc=OscConfig(port=free_port(), allow=allow),
            web=WebConfig(serve=serve, port=free_port(), announce=announce, **web),
        )
        self.heard = []
        self.snapshot = Snapshot(2, values or {})
        self.network = Network(config, self.inbox, fixed)
        self.network.open_web(lambda: self.snapshot, lambda: {"/ld/patch": ("a", "b")}, backstage)
        self.osc_port, self.web_port = config.osc.port, config.web.port
        self._stop = threading.Event()
        self._loop = threading.Thread(target=self._run, daemon=True)
        self._loop.start()

    @property
    def feedback(self):
        return self.network.feedback

    def do(self, function, *arguments):
        """Have the control loop call something; its result."""
        done, result = threading.Event(), []

        def errand():
            result.append(function(*arguments))
            done.set()

        assert self.inbox.ask(errand) and done.wait(60.0)
        return result[0]

    def wait_for(self, holds, what="it"):
        """Wait until something holds."""
        end = time.monotonic() + 60.0
        while time.monotonic() < end:
            if holds():
                return
            time.sleep(0.005)
        raise AssertionError(f"{what}: heard {self.heard[-5:]}, {self.network.statistics()}")

    def wait_to_hear(self, *message):
        """Wait until a message has come in; its source."""
        self.wait_for(lambda: message in [tuple(m[1:]) for m in self.heard], str(message))
        return next(m[0] for m in self.heard if tuple(m[1:]) == message)

    def close(self):
        self._stop.set()
        self._loop.join()
        self.network.close()

    def _run(self):
        while not self._stop.is_set():
            self.inbox.wait(0.01)
            now = time.monotonic()
            for message in self.inbox.drain(now):
                self.heard.append((message.source, message.address, *message.values))
            for complaint in self.inbox.complaints():
                self.feedback.complaints.hear(complaint, now)
            self.inbox.run_errands()
            self.feedback.flush(now)


def free_port():
    """A port that is free for UDP and TCP."""
    while True:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
            contextlib.suppress(OSError),
        ):
            tcp.bind(("127.0.0.1", 0))
            udp.bind(tcp.getsockname())
            return tcp.getsockname()[1]
