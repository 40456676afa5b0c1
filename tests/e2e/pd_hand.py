"""A hand on a Pure Data patch that runs without a screen: it touches controls and sees them.

Pure Data opens the patch, and beside it one of ours that passes messages on to receivers, and sends
what goes through named receivers back to us, both by UDP in Pd's own words.
"""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

_OPEN = "hand"  # what the hand itself says
_HAND = """#N canvas 0 0 600 400 12;
#X obj 10 10 netreceive -u {touch};
#X obj 10 40 list split 1;
#X obj 10 70 trigger bang symbol;
#X obj 10 100 list append;
#X obj 10 130 list trim;
#X obj 10 160 send;
#X obj 300 10 loadbang;
#X msg 300 40 connect 127.0.0.1 {see};
#X obj 300 300 netsend -u;
#X obj 300 70 trigger bang bang;
#X msg 500 100 send {open} open;
#X connect 0 0 1 0;
#X connect 1 0 2 0;
#X connect 1 1 3 1;
#X connect 2 0 3 0;
#X connect 2 1 5 1;
#X connect 3 0 4 0;
#X connect 4 0 5 0;
#X connect 6 0 9 0;
#X connect 9 1 7 0;
#X connect 9 0 10 0;
#X connect 7 0 8 0;
#X connect 10 0 8 0;
"""
_EYE = """#X obj 300 100 r {name};
#X obj 300 130 list prepend send {name};
#X obj 300 160 list trim;
#X connect {r} 0 {prepend} 0;
#X connect {prepend} 0 {trim} 0;
#X connect {trim} 0 8 0;
"""


class Hand:
    """Pure Data with a patch open. `seen` is what has gone to each receiver that is watched."""

    def __init__(self, patch: Path, watched: Iterable[str], folder: Path) -> None:
        """Returns once both patches are open."""
        self.seen: dict[str, list[str]] = {name: [] for name in (_OPEN, *watched)}
        self._eye = _udp()
        self._touch_port = _free()
        hand = folder / "hand.pd"
        hand.write_text(self._patch(), encoding="utf-8")
        options = ["-nogui", "-noaudio", "-nomidi", "-stderr", "-noprefs"]
        self._process = subprocess.Popen(
            ["pd", *options, "-open", str(patch), "-open", str(hand)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self.wait(_OPEN, lambda seen: seen == "open", 120.0)
        except BaseException:  # a time limit, too
            self.close()
            raise

    def touch(self, receiver: str, *words: object) -> None:
        """Send a message to a receiver, as a hand on its control would."""
        text = " ".join(map(str, (receiver, *words)))
        self._eye.sendto(f"{text};\n".encode(), ("127.0.0.1", self._touch_port))

    def wait(self, receiver: str, holds: Callable[[str], bool], timeout_s: float = 30.0) -> str:
        """Until the newest message that was seen at a receiver is as wanted."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            self._look()
            if (seen := self.seen[receiver]) and holds(seen[-1]):
                return seen[-1]
            time.sleep(0.01)
        raise AssertionError(f"{receiver}: {self.seen[receiver][-5:]}")

    def close(self) -> None:
        """End Pure Data."""
        self._process.terminate()
        self._process.wait(10.0)
        self._eye.close()

    def _look(self) -> None:
        while True:
            try:
                words = self._eye.recv(65536).decode().strip().rstrip(";")
            except BlockingIOError:
                return
            name, _, message = words.partition(" ")
            self.seen[name].append(message)

    def _patch(self) -> str:
        see = self._eye.getsockname()[1]
        text = _HAND.format(touch=self._touch_port, see=see, open=_OPEN)
        for place, name in enumerate(self.seen):
            first = 11 + 3 * place
            text += _EYE.format(name=name, r=first, prepend=first + 1, trim=first + 2)
        return text


def _udp() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind(("127.0.0.1", 0))
    opened.setblocking(False)
    return opened


def _free() -> int:
    with _udp() as probe:
        return int(probe.getsockname()[1])
