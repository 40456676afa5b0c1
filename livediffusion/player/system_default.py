"""Which output the system would choose by itself, where only the system can say.

Under Linux the sound server (PipeWire, PulseAudio) moves what plays to the new default by itself.
macOS leaves that to each program, and PortAudio looks for devices only when it starts, so Core
Audio is asked directly: property 'dOut' of its system object, as its AudioHardware.h has it.
"""

from __future__ import annotations

import ctypes
import sys

_SYSTEM_OBJECT = 1
_FRAMEWORK = "/System/Library/Frameworks/CoreAudio.framework/CoreAudio"


class _Property(ctypes.Structure):
    """AudioObjectPropertyAddress: selector, scope, element."""

    _fields_ = (
        ("selector", ctypes.c_uint32),
        ("scope", ctypes.c_uint32),
        ("element", ctypes.c_uint32),
    )


def system_default() -> int | None:
    """A number that changes with the system's default output; None where it need not be known."""
    if sys.platform != "darwin":
        return None
    return _ask_core_audio(_FRAMEWORK)


def _ask_core_audio(library: str) -> int | None:
    """The default output's AudioDeviceID; None if Core Audio does not say."""
    try:
        get = ctypes.CDLL(library).AudioObjectGetPropertyData
    except (OSError, AttributeError):
        return None
    wanted = _Property(_code("dOut"), _code("glob"), 0)
    found, size = ctypes.c_uint32(), ctypes.c_uint32(4)
    failed = get(
        ctypes.c_uint32(_SYSTEM_OBJECT), ctypes.byref(wanted), 0, None,
        ctypes.byref(size), ctypes.byref(found),
    )  # fmt: skip
    return None if failed else found.value


def _code(four: str) -> int:
    return int.from_bytes(four.encode(), "big")
