"""Everything that should not come, sent to a running daemon by every way in."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections import Counter
from pathlib import Path

from daemon import Daemon
from osc_corpus import CORPUS
from websockets.sync.client import connect

from livediffusion.control.oscwire import decode, encode
from tests.midi import Peer

ADDRESSES = 1000  # that do not exist
_PAUSE = 0.3  # seconds between two kinds, so that each is answered, and logged
TIMES = 3  # that each is sent

REFUSED = {
    "a patch by a path": ("/ld/patch", ("../../x",)),
    "a model by a path": ("/ld/model", ("/etc",)),
    "a scene that is not there": ("/ld/scene", ("nosuch",)),
    "no number": ("/ld/gain", (float("nan"),)),
    "a number without end": ("/ld/filter", (float("inf"),)),
    "text for a number": ("/ld/tempo", ("fast",)),
    "a prompt that is not there": ("/ld/prompt/9/weight", (1.0,)),
    "too many weights": ("/ld/blend", (1.0,) * 9),
    "a read-out": ("/ld/out/beat", (1.0,)),
}
SENTENCES = (
    "This is not OSC: it begins neither with / nor with #bundle.",
    "This is not OSC: it ends too early or is not text where it should be.",
    "This is not OSC: bundles lie more than 8 deep.",
    "This is not OSC: a bundle's element has a wrong size.",
    "This is not OSC: there is no type 'Q'.",
    'There is no patch "../../x".',
    'There is no model "/etc".',
    'There is no scene "nosuch".',
    "/ld/gain needs a number from -60 to 6 dB, not nan.",
    "/ld/filter needs a number from -1 to 1, not inf.",
    '/ld/tempo needs a number from 20 to 300 bpm, not the text "fast".',
    "There is no prompt 9: the last is 2.",
    "/ld/blend has 9 weights for 2 prompts.",
    "/ld/out/beat is a read-out: it is sent, not set.",
    "A bundle's time is more than 60 s ahead: it acts at once.",
    "A bundle is more than 1 s late: it acts at once.",
)


class Stranger:
    """A UDP socket, and what is answered to it."""

    def __init__(self, daemon: Daemon) -> None:
        self.told: Counter[str] = Counter()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", daemon.port))
        threading.Thread(target=self._listen, daemon=True).start()

    def send(self, packet: bytes) -> None:
        with contextlib.suppress(OSError):
            self._socket.send(packet)

    def close(self) -> None:
        self._socket.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                for unit in decode(self._socket.recv(65536)):
                    self.told.update(str(v[0]) for a, v in unit.messages if a == "/ld/out/error")


def attack(daemon: Daemon, stranger: Stranger, box: Peer) -> None:
    """All of it, in about ten seconds."""
    for packet in CORPUS.values():
        for _ in range(TIMES):
            stranger.send(packet)
        time.sleep(_PAUSE)
    for address, values in REFUSED.values():
        for _ in range(TIMES):
            stranger.send(_raw(address, values))
        time.sleep(_PAUSE)
    for seconds in (-3600, 3600):
        for _ in range(TIMES):
            stranger.send(_timed(time.time() + seconds, encode("/ld/fade", (60.0,))))
        time.sleep(_PAUSE)
    for number in range(ADDRESSES):
        stranger.send(encode(f"/no/such/{number}", (1.0,)))
        time.sleep(0.0005)
    streams(daemon.port)
    websocket(daemon.web_port)
    midi(box)


def streams(port: int) -> None:
    """Over TCP: neither framing, then SLIP and lengths around what is no OSC."""
    for content in (
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\xc0garbage\xc0" * TIMES + b"\xc0" + b"x" * 200_000 + b"\xc0",
        struct.pack(">i", 7) + b"garbage" + struct.pack(">i", 100_000) + b"x" * 100_000,
        struct.pack(">i", 1000) + b"cut off",
    ):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as out:
            out.sendall(content)
            time.sleep(0.05)


def websocket(port: int) -> None:
    """Over WebSocket: no command, no OSC."""
    with connect(f"ws://127.0.0.1:{port}") as client:
        for content in ("{", '{"COMMAND": "DANCE", "DATA": "/ld"}', "[" * 5000, b"garbage", b""):
            client.send(content)
        time.sleep(0.05)


def midi(box: Peer) -> None:
    """Bytes that belong to nothing, and two knobs that pull at one value."""
    for message in ((1, 2), (0xF4, 5), (3,), (0xF7, 4, 5), (0x90, 0x80, 0x80)):
        box.send(*message)
    for value in range(40):
        box.send(0xB0, 20 + value % 2, value)
        time.sleep(0.01)


def spoil(patch: Path, text: str) -> None:
    """Save the patch with a scene that names a prompt that is not there."""
    patch.write_text(text + '[[scene]]\nname = "x"\nprompt.8.weight = 1.0\n', encoding="utf-8")


def foreign(port: int, host: str = "127.0.0.1") -> list[int]:
    """What is answered to a foreign page, and to a page by a foreign name; HTTP, then WebSocket."""
    upgrade = (
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    )
    ours = f"Host: {host}:{port}\r\n"
    answers = []
    for headers in (f"{ours}Origin: http://evil.example\r\n", "Host: evil.example\r\n", ours):
        for more in ("", upgrade):
            with socket.create_connection((host, port), timeout=30.0) as asking:
                asking.sendall(f"GET / HTTP/1.1\r\n{headers}{more}\r\n".encode())
                answers.append(int(asking.recv(4096).split()[1]))
    return answers


def _raw(address: str, values: tuple[object, ...]) -> bytes:
    """As `encode`, but a number that is none stays one."""
    if isinstance(values[0], float) and len(values) == 1:
        head = encode(address, ())[:-4]
        return head + b",f\0\0" + struct.pack(">f", values[0])
    return encode(address, values)  # type: ignore[arg-type]


def _timed(unix: float, message: bytes) -> bytes:
    timetag = int((unix + 2_208_988_800) * 2**32)
    return b"#bundle\0" + struct.pack(">Qi", timetag, len(message)) + message
