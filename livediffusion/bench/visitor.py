"""Somebody who has the page open: asks for everything that a page asks for that draws and listens.

    python -m livediffusion.bench.visitor PORT

Every value as it changes, what is on show ten times a second, the picture of each loop, and the
sound, exact, 200 ms behind. It draws nothing: that is a browser's work, on whatever machine it is.
It runs until it is ended, and prints one line of JSON a second on what has come.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

_AGAIN = 0.5  # seconds
_KEPT = 48  # pictures, as the page keeps
_WISHES = (  # as the page's
    ("LISTEN", "/ld"), ("IGNORE", "/ld/out/beat"), ("IGNORE", "/ld/out/bar"),
    ("IGNORE", "/ld/out/level"),
)  # fmt: skip


class Visitor:
    """Threading: one thread talks, one listens, one fetches pictures; counts are only added to."""

    def __init__(self, port: int) -> None:
        self.came: Counter[str] = Counter()
        self._host = f"127.0.0.1:{port}"
        self._wanted: dict[str, bool] = {}  # pictures by key, and whether they are here
        self._changed = threading.Event()

    def run(self) -> None:
        """Stay until the process is ended."""
        for path in ("/page/main.js", "/stage/table", "/stage/choices"):
            self._fetch(path, "file")
        for part in (self._talk, self._listen, self._look):
            threading.Thread(target=self._again, args=(part,), daemon=True).start()
        while True:
            time.sleep(1.0)
            sys.stdout.write(json.dumps(self.came) + "\n")
            sys.stdout.flush()

    def _again(self, part: object) -> None:
        assert callable(part)
        while True:
            try:
                part()
            except (OSError, ConnectionClosed):
                self.came["lost"] += 1
            time.sleep(_AGAIN)

    def _talk(self) -> None:
        with connect(f"ws://{self._host}/stage/socket", compression=None) as socket:
            for command, path in _WISHES:
                socket.send(json.dumps({"COMMAND": command, "DATA": path}))
            for packet in socket:
                if isinstance(packet, bytes):
                    self.came["value"] += 1
                elif shown := json.loads(packet).get("SHOW"):
                    self.came["show"] += 1
                    self._want([one["key"] for one in (*shown["loops"][-4:], *shown["queued"])])

    def _want(self, keys: list[str]) -> None:
        for key in keys:
            self._wanted.setdefault(key, False)
        for old in list(self._wanted)[:-_KEPT]:
            del self._wanted[old]
        self._changed.set()

    def _listen(self) -> None:
        with connect(f"ws://{self._host}/stage/sound?format=float&buffer=200") as socket:
            for packet in socket:
                self.came["sound"] += (len(packet) - 16) // 8  # frames

    def _look(self) -> None:
        while True:
            self._changed.wait()
            self._changed.clear()
            for key in [key for key, here in self._wanted.copy().items() if not here]:
                self._wanted[key] = self._fetch(f"/stage/loop/{key}.png", "picture")

    def _fetch(self, path: str, what: str) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self._host}{path}", timeout=10.0) as answer:
                answer.read()
        except (urllib.error.URLError, TimeoutError):
            return False
        self.came[what] += 1
        return True


if __name__ == "__main__":
    Visitor(int(sys.argv[1])).run()
