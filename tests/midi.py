"""MIDI devices in processes of their own, over JACK."""

import queue
import subprocess
import sys
import threading
import time
from pathlib import Path

PEER = Path(__file__).parent / "control" / "midi_peer.py"


class Peer:
    """A process of midi_peer.py; its lines are read on a thread."""

    def __init__(self, *arguments):
        self.lines = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, str(PEER), *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        threading.Thread(target=self._read, daemon=True).start()
        self.expect("ready")

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.strip())

    def send(self, *data):
        print(*data, file=self.process.stdin, flush=True)

    def next(self, timeout=45.0):
        return self.lines.get(timeout=timeout)

    def expect(self, wanted, timeout=45.0):
        """Read on until this line."""
        end = time.monotonic() + timeout
        while (line := self.next(max(0.01, end - time.monotonic()))) != wanted:
            pass
        return line

    def close(self):
        """Kill it: the device vanishes."""
        self.process.kill()
        self._end()

    def leave(self):
        """Let it say goodbye to the server, which otherwise waits for it."""
        self.process.terminate()
        try:
            self.process.wait(10.0)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._end()

    def _end(self):
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
