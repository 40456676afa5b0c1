"""Does the audio device play, and does it lose nothing?"""

from __future__ import annotations

import math
import time
from pathlib import Path

import numpy as np

from livediffusion.config import AudioConfig
from livediffusion.player import device
from livediffusion.player.outputs import Output
from livediffusion.player.ramp import FloatArray
from livediffusion.soundcheck.card import Finding
from livediffusion.types import CHANNELS, Frames, Json, Seconds

AUDIO = "audio"
_LEVEL = 0.1  # of the pings, -20 dBFS
_PING: Seconds = 0.12
_EDGE: Seconds = 0.01
_TONES = (440.0, 660.0)  # Hz, left and right
_MOST_CALLS = 1 << 16
_OFF_WARN, _OFF_FAIL = 0.01, 0.2  # how far from real time


class Pings:
    """A soft ping each half second, left and right in turn, and a note of each call.

    Threading: `fill` is the audio thread's; the rest is read after the output was closed.
    """

    def __init__(self, sample_rate: int) -> None:
        self.frames: Frames = 0
        self.calls = 0
        self._song = pings(sample_rate)
        self._times = np.zeros(_MOST_CALLS, np.int64)

    def fill(self, block: FloatArray, leaves_ns: int) -> None:
        """The next block, (frames, 2)."""
        start, length = self.frames % len(self._song), len(self._song)
        for done in range(0, len(block), length):
            part = block[done : done + length]
            head = min(len(part), length - start)
            part[:head] = self._song[start : start + head]
            part[head:] = self._song[: len(part) - head]
        self._times[self.calls % _MOST_CALLS] = time.monotonic_ns()
        self.frames += len(block)
        self.calls += 1

    def longest_wait(self) -> Seconds:
        """The longest time between two calls."""
        times = self._times[: min(self.calls, _MOST_CALLS)]
        return float(np.diff(times).max()) * 1e-9 if len(times) > 1 else 0.0


def check(audio: AudioConfig, seconds: Seconds) -> Finding:
    """Play pings to the output that the config wants. Raises UserError where it cannot open."""
    name = audio.device or None
    if not device.is_device(name):
        return _elsewhere(str(name))
    output = device.open_output(name, audio.channels, audio.sample_rate, audio.blocksize)
    pings = Pings(audio.sample_rate)
    began, passed = time.monotonic(), 0.0
    output.start(pings.fill)
    try:
        time.sleep(seconds)
        passed = time.monotonic() - began
    finally:
        output.close()
    return judge(output, pings, passed, audio.sample_rate)


def judge(output: Output, pings: Pings, passed: Seconds, sample_rate: int) -> Finding:
    """What the calls of so many seconds say."""
    played = pings.frames / sample_rate
    figures: Json = {
        "output": output.name,
        "seconds": passed,
        "played": played,
        "underruns": output.underruns,
        "longest_wait_ms": pings.longest_wait() * 1000.0,
        "latency_ms": output.latency * 1000.0,
    }
    off = abs(played - passed - output.latency) / passed
    if not pings.calls or (off > _OFF_FAIL and played < passed):
        sentence = f"{output.name} was opened and does not play: is another program in its way?"
        return Finding(AUDIO, "fail", sentence, figures)
    where = f"{output.name} at {sample_rate} Hz"
    if output.underruns:
        sentence = (
            f"{where} lost sound {output.underruns} times in {passed:.0f} s: close what else uses "
            "the processor, or set blocksize = 1024 under [audio]."
        )
        return Finding(AUDIO, "warn", sentence, figures)
    if off > _OFF_WARN and off * passed > 4 * max(output.latency, 0.05):
        sentence = f"{where} took {played:.2f} s of sound in {passed:.2f} s: is that its true rate?"
        return Finding(AUDIO, "warn", sentence, figures)
    milliseconds = output.latency * 1000.0
    sentence = f"{where} played for {passed:.0f} s without a drop-out, {milliseconds:.0f} ms late."
    return Finding(AUDIO, "pass", sentence, figures)


def while_playing(found: Json) -> Finding:
    """The same, of a livediffusion that is playing: it is asked, and not disturbed."""
    output, underruns = str(found.get("output", "")), found["sound"]["underruns"]
    figures: Json = {"output": output, "underruns": underruns}
    if not output:
        return Finding(AUDIO, "warn", "A livediffusion is starting; ask again.", figures)
    if output.startswith("nowhere"):
        sentence = f"A livediffusion is playing, and its sound goes {output}."
        return Finding(AUDIO, "fail", sentence, figures)
    sentence = f"A livediffusion is playing to {output}, with {underruns} underruns so far."
    return Finding(AUDIO, "warn" if underruns else "pass", sentence, figures)


def pings(sample_rate: int) -> FloatArray:
    """A second with a ping on each side, (frames, 2)."""
    song: FloatArray = np.zeros((sample_rate, CHANNELS), np.float32)
    frames = np.arange(round(_PING * sample_rate))
    edge = round(_EDGE * sample_rate)
    shape = np.minimum(1.0, np.minimum(frames, frames[::-1]) / edge)
    for side, tone in enumerate(_TONES):
        start = side * sample_rate // 2
        wave = np.sin(2.0 * math.pi * tone * frames / sample_rate) * shape * _LEVEL
        song[start : start + len(frames), side] = wave
    return song


def _elsewhere(name: str) -> Finding:
    if name == "null":
        return Finding(AUDIO, "warn", "The output is null: nobody will hear anything.")
    folder = Path(name).expanduser().absolute().parent
    if not folder.is_dir():
        return Finding(AUDIO, "fail", f"There is no folder {folder} for the file {name}.")
    return Finding(AUDIO, "pass", f"The sound goes into the file {name}.")
