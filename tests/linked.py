"""Link peers in processes of their own, in a network of their own."""

import subprocess
import sys
import time
from pathlib import Path

SCRIPT = Path(__file__).parent / "control" / "link_peer.py"


class Linked:
    """A process of link_peer.py."""

    def __init__(self, network, *arguments):
        self.process = subprocess.Popen(
            network.inside(sys.executable, str(SCRIPT), *map(str, arguments)),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self.process.stdout.readline() == "ready\n"

    def ask(self, *line):
        """The words of the answer, numbers where they are such."""
        print(*line, file=self.process.stdin, flush=True)
        return [_number(word) for word in self.process.stdout.readline().split()]

    def wait(self, holds, *line, timeout_s=30.0):
        """Ask until the answer fits; the answer."""
        end = time.monotonic() + timeout_s
        while not holds(answer := self.ask(*line)):
            assert time.monotonic() < end, f"{line}: {answer}"
            time.sleep(0.02)
        return answer

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def _number(word):
    try:
        return float(word)
    except ValueError:
        return word
