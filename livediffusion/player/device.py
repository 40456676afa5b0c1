"""Audio devices, through PortAudio: the only module that imports sounddevice.

Threading: PortAudio calls `fill` from its own real-time thread. Measured against rtmixer's ring
buffer (tests/player/measure_outputs.py): a callback that needs a few per cent of its time, on the
driver's real-time thread, loses fewer blocks than a ring that an ordinary thread must keep full,
and hears a knob earlier.
"""

from __future__ import annotations

import difflib
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from livediffusion.errors import UserError
from livediffusion.player.outputs import (
    FILE_SUFFIXES,
    ClockOutput,
    FileOutput,
    Fill,
    Output,
    next_part,
)
from livediffusion.player.ramp import FloatArray
from livediffusion.types import CHANNELS, Frames, Json, Seconds

_LONGEST_LATENCY: Seconds = 0.5  # what is reported beyond is garbage (JACK's dummy: 89000 s)
_HINT = "see `livediffusion devices`"
NO_LIBRARY = "PortAudio is not installed: on Debian `apt install libportaudio2`"


class DeviceOutput:
    """A PortAudio output stream whose callback mixes.

    Threading: `_callback` runs on PortAudio's thread: it fills the whole buffer and does not
    allocate much, wait, print or raise.
    """

    def __init__(
        self, device: Json, channels: Sequence[int], sample_rate: int, blocksize: Frames
    ) -> None:
        self.name = str(device["name"])
        self.underruns = 0
        self._fill: Fill = _silence
        self._columns = [channel - 1 for channel in channels]
        if max(channels) > device["channels"]:
            raise UserError(
                f"{self.name} has {device['channels']} output channels, "
                f"so `channels = {list(channels)}` does not fit: {_HINT}"
            )
        self._straight = self._columns == list(range(CHANNELS)) == list(range(max(channels)))
        self._mix: FloatArray = np.zeros((1 << 14, CHANNELS), np.float32)
        sd = _sounddevice()
        try:
            self._stream = sd.OutputStream(
                device=device["portaudio"],
                samplerate=sample_rate,
                blocksize=blocksize,
                channels=max(channels),
                dtype="float32",
                latency="low",
                callback=self._callback,
            )
        except sd.PortAudioError as error:
            raise UserError(
                f"{self.name} cannot be opened at {sample_rate} Hz ({error.args[0]}): {_HINT}"
            ) from error
        reported = float(self._stream.latency)
        plausible = 0.0 < reported < _LONGEST_LATENCY
        self.latency = reported if plausible else (blocksize or 512) / sample_rate
        self._garbage: Seconds | None = None  # what a driver's clocks are apart without a reason

    def start(self, fill: Fill) -> None:
        """Begin to call `fill`. Raises UserError where the device has gone meanwhile."""
        self._fill = fill
        try:
            self._stream.start()
        except _sounddevice().PortAudioError as error:
            raise UserError(f"{self.name} does not start ({error.args[0]}): {_HINT}") from error

    def close(self) -> None:
        """Stop calling `fill` and let go of the device."""
        self._stream.close()

    def _callback(self, out: FloatArray, frames: Frames, moments: Any, status: Any) -> None:
        if status.output_underflow:
            self.underruns += 1
        ahead = moments.outputBufferDacTime - moments.currentTime
        if self._garbage is None:
            plausible = 0.0 < ahead < _LONGEST_LATENCY
            self._garbage = 0.0 if plausible else ahead - self.latency
        ahead -= self._garbage
        if not 0.0 < ahead < _LONGEST_LATENCY:
            ahead = self.latency
        leaves_ns = time.monotonic_ns() + int(ahead * 1e9)
        if self._straight:
            self._fill(out, leaves_ns)
            return
        block = self._mix[:frames]
        self._fill(block, leaves_ns)
        out.fill(0.0)
        if len(self._columns) == 1:
            out[:, self._columns[0]] = block.mean(axis=1)
        else:
            out[:, self._columns] = block


def open_output(
    name: str | None,
    channels: Sequence[int] = (1, 2),
    sample_rate: int = 48000,
    blocksize: Frames = 0,
    *,
    again: bool = False,
) -> Output:
    """Open `null`, a .wav or .flac file, or a device by name, part of it, or index.

    None is the system's default device. `again`: a predecessor had it open, so a file is not
    written over but gone on with in a new one. Raises UserError with what to do instead.
    """
    if is_device(name):
        return DeviceOutput(find_device(name), channels, sample_rate, blocksize)
    if name is None or name == "null":
        return ClockOutput(sample_rate, blocksize)
    path = Path(name).expanduser()
    return FileOutput(next_part(path) if again else path, sample_rate, blocksize)


def is_device(name: str | None) -> bool:
    """Whether an output's name asks for an audio device."""
    return name is None or (name != "null" and not name.lower().endswith(FILE_SUFFIXES))


def list_devices() -> list[Json]:
    """The output devices: index, name, api, channels, sample_rate, default. May be empty.

    Raises UserError where PortAudio is not installed.
    """
    sd = _sounddevice()
    apis = sd.query_hostapis()
    default = sd.default.device[1]
    if default < 0:  # PortAudio's first host API may have no device while another has
        default = max((api["default_output_device"] for api in apis), default=-1)
    outputs = [device for device in sd.query_devices() if device["max_output_channels"] > 0]
    return [
        {
            "index": index,
            "portaudio": device["index"],
            "name": device["name"],
            "api": apis[device["hostapi"]]["name"],
            "channels": device["max_output_channels"],
            "sample_rate": device["default_samplerate"],
            "default": device["index"] == default,
        }
        for index, device in enumerate(outputs)
    ]


def find_device(name: str | None) -> Json:
    """The device that a name, part of a name or an index means; UserError if there is none."""
    devices = list_devices()
    if not devices:
        raise UserError(
            "there is no audio device: connect one, or use `--output null` or `--output FILE.wav`"
        )
    if name is None:
        return next((device for device in devices if device["default"]), devices[0])
    wanted = name.casefold()
    by_index = [device for device in devices if str(device["index"]) == name]
    exact = [device for device in devices if device["name"].casefold() == wanted]
    partly = [device for device in devices if wanted in device["name"].casefold()]
    if found := exact or by_index or partly:
        return found[0]
    names = [device["name"] for device in devices]
    near = difflib.get_close_matches(name, names, 3, 0.3) or names[:3]
    raise UserError(f"there is no audio device {name!r}; there is {', '.join(near)}: {_HINT}")


def refresh() -> None:
    """Look for devices again; only while no stream is open."""
    sd = _sounddevice()
    sd._terminate()
    sd._initialize()


def leave() -> None:
    """Take leave of the sound system, before the process ends without ceremony.

    Where a JACK client just dies, its server plays nobody's music until it has given it up.
    """
    if (sd := sys.modules.get("sounddevice")) is not None:
        sd._terminate()


def _sounddevice() -> Any:
    try:
        import sounddevice
    except (OSError, ImportError) as error:
        raise UserError(f"{NO_LIBRARY}, or use `--output null` or a .wav file") from error
    return sounddevice


def _silence(block: FloatArray, leaves_ns: int) -> None:
    block.fill(0.0)
