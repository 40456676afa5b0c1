"""THE table: every parameter, trigger, request and read-out that this version has.

OSC addresses, keys of patch files, targets of MIDI mappings and the README's table all come from
these rows (DESIGN.md section 6). A parameter's key is its address without `/ld/`, with `.` for
`/`. How values are coerced is in `values.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias

from livediffusion.errors import UserError
from livediffusion.state.suggest import did_you_mean, shown
from livediffusion.types import Value

Kind: TypeAlias = Literal["value", "trigger", "request", "readout"]

PREFIX = "/ld/"
MAX_PROMPTS = 64
MAX_LORAS = 4  # that one patch wears
MAX_SEED = 2**31 - 1
MAX_BANK = 16
MAX_MORPH = 256  # beats that a scene may take
QUANTISE = ("off", "beat", "bar", "loop")
CLOCKS = ("internal", "midi", "link")


class Refused(UserError):  # noqa: N818 - an answer to a sender, not a failure
    """A value or an address that is not taken; the message is a sentence for its sender."""


_GESTURES = ("prompt.{n}.remove", "seed.image")  # of what stands in no file


@dataclass(frozen=True, slots=True)
class Parameter:
    """One row.

    `types` has one letter a value: f float, i int, s string, b bool; `f*` is any number of
    floats. `optional` are the types that may follow. `low` and `high` hold for every number of
    the row. A default of None means that the model or the patch decides.
    """

    key: str
    types: str
    help: str
    low: float | None = None
    high: float | None = None
    unit: str = ""
    default: Value | None = None
    choices: tuple[str, ...] = ()
    glides: bool = False  # continuous: a change takes /ld/glide beats
    renders: bool = False  # a change is heard only through a new render
    kind: Kind = "value"
    optional: str = ""
    in_files: bool = True  # may stand in a patch, a scene or a step
    by_number: bool = False  # an int is taken in a string's place: the number of what is named

    @property
    def address(self) -> str:
        """The OSC address, with `{n}` where a prompt's number goes."""
        return PREFIX + self.key.replace(".", "/")

    @property
    def access(self) -> str:
        """`rw` for values, `w` for triggers and requests, `r` for read-outs."""
        return {"value": "rw", "trigger": "w", "request": "w", "readout": "r"}[self.kind]

    @property
    def numeric(self) -> bool:
        """Whether it is one number, and so can be the target of a knob."""
        return self.kind in ("value", "trigger") and self.types in ("f", "i", "b", "")

    @property
    def undoable(self) -> bool:
        """Whether a hand that moves it makes a gesture."""
        return self.in_files or self.key in _GESTURES

    @property
    def numbered(self) -> bool:
        """Whether there is one for each prompt."""
        return "{n}" in self.key

    def address_of(self, n: int | None = None) -> str:
        """The address for prompt n (n from 1), or of a row that is not numbered."""
        return self.address if n is None else self.address.replace("{n}", str(n))

    def key_of(self, n: int | None = None) -> str:
        """The key for prompt n (n from 1), or of a row that is not numbered."""
        return self.key if n is None else self.key.replace("{n}", str(n))


def _value(key: str, types: str, help_line: str, **more: object) -> Parameter:
    return Parameter(key, types, help_line, **more)  # type: ignore[arg-type]


def _trigger(key: str, help_line: str) -> Parameter:
    return Parameter(key, "", help_line, kind="trigger", in_files=False)


def _request(key: str, help_line: str) -> Parameter:
    return Parameter(key, "", help_line, 1, 65535, kind="request", optional="is", in_files=False)


def _readout(key: str, types: str, help_line: str, unit: str = "") -> Parameter:
    return Parameter(f"out.{key}", types, help_line, unit=unit, kind="readout", in_files=False)


_GLIDING = {"glides": True, "renders": True}
_UNIT = {"low": 0.0, "high": 1.0}

# fmt: off
TABLE: tuple[Parameter, ...] = (
    _value("prompt.{n}.text", "s", "what prompt n says", default="", renders=True),
    _value("prompt.{n}.weight", "f", "how much of prompt n is in the blend", **_UNIT, **_GLIDING),
    Parameter("prompt.{n}.remove", "", "take prompt n out; those after it move up", renders=True,
              kind="trigger", in_files=False),
    _value("blend", "f*", "all weights at once; missing ones are 0", **_UNIT, **_GLIDING),
    _value("xy", "ff", "a pad over the prompts' positions; sets the weights", **_UNIT, **_GLIDING),
    _value("seed.a", "i", "the seed at morph 0", low=0, high=MAX_SEED, default=0, renders=True),
    _value("seed.b", "i", "the seed at morph 1", low=0, high=MAX_SEED, default=1, renders=True),
    _value("seed.morph", "f", "from seed a to seed b", default=0.0, **_UNIT, **_GLIDING),
    _value("seed.image", "s", "play over a seed image: its name, no path; empty for none",
           default="", renders=True, in_files=False),
    _value("drift", "f", "added to the morph each loop; past 1 it walks on to the next seed",
           unit="a loop", default=0.0, renders=True, **_UNIT),
    _value("negative", "s", "what to stay away from", default="", renders=True),
    _value("guidance", "f", "how strictly the prompts are followed; the model's own unless set",
           low=0.0, high=20.0, **_GLIDING),
    _value("strength", "f", "how far from the seed image; without one it does nothing",
           default=0.75, **_UNIT, **_GLIDING),
    _value("steps", "i", "denoising steps; the model's own unless set",
           low=1, high=100, renders=True),
    *(_value(f"lora.{n}.weight", "f", f"how much of the patch's LoRA {n}; without one it does "
             "nothing", default=0.0, **_UNIT, **_GLIDING) for n in range(1, MAX_LORAS + 1)),
    _value("glide", "f", "how long a change takes",
           low=0.0, high=64.0, unit="beats", default=0.0),
    _value("fade", "f", "how long one loop fades into the next",
           low=1.0, high=2000.0, unit="ms", default=60.0),
    _value("lean", "f", "how far the sound leans to loops that are ready while a new blend is "
           "rendered; 0 waits for the blend itself", default=0.7, **_UNIT),
    _value("quantise", "s", "where a change may be heard", choices=QUANTISE, default="beat"),
    _value("tempo", "f", "the loop is bent to it at once, and the exact one follows; while a clock "
           "leads, its own counts", low=20.0, high=300.0, unit="bpm", default=120.0, renders=True),
    _trigger("tap", "tap the tempo, from the third tap on; two seconds without one begin anew"),
    Parameter("nudge", "f", "move the song by so many beats, against a clock that leads too",
              low=-16.0, high=16.0, unit="beats", kind="request", in_files=False),
    _value("clock.source", "s", "who leads the time", choices=CLOCKS, default="internal",
           in_files=False),
    _value("clock.offset", "f", "how much later than the clock that leads the song is heard",
           low=-1000.0, high=1000.0, unit="ms", default=0.0, in_files=False),
    _value("patch", "s", "load a patch: its name in the patches folder, no paths",
           renders=True, in_files=False),
    _value("model", "s", "play on with another model: a name from [models] in the config, no paths",
           renders=True, in_files=False),
    _value("scene", "s", "launch a scene, by name or by number from 1, at the next place that the "
           "quantise allows; the float is how long it takes, else its own glide, else /ld/glide",
           low=0.0, high=MAX_MORPH, unit="beats", optional="f", by_number=True, renders=True,
           in_files=False),
    _trigger("scene.next", "launch the next scene, round and round"),
    Parameter("scene.save", "s",
              "save the present state in the patch file, as a scene of this name",
              kind="request", in_files=False),
    _value("hold", "b", "swaps wait; the newest is taken on release", default=False),
    _value("mute", "b", "silence; time runs on", default=False),
    _value("gain", "f", "volume", low=-60.0, high=6.0, unit="dB", default=0.0),
    _value("filter", "f", "low-pass below 0, high-pass above", low=-1.0, high=1.0, default=0.0),
    _value("bank", "i", "which bank of MIDI mappings is live", low=1, high=MAX_BANK, default=1,
           in_files=False),
    _value("record", "b", "record the performance: sound, and all that is needed to play it again",
           default=False, in_files=False),
    Parameter("mark", "", "put a marker into the recording", kind="request", optional="s",
              in_files=False),
    _trigger("play", "start; after panic, at the next bar"),
    _trigger("stop", "fade out, back to beat 0"),
    _trigger("panic", "silence in 50 ms; time runs on"),
    _trigger("undo", "back to the values before the last gesture, scene or patch; 32 deep"),
    _trigger("state", "the sender gets every value"),
    _request("subscribe", "feedback on change to this port of the sender, or of a host that is "
             "allowed; without a port, back the way it came; 16 at most"),
    _request("unsubscribe", "no more feedback there"),
    Parameter("learn", "s", "the next control that moves is mapped to this address; * for the next "
              "address that is touched, empty to stop", kind="request", in_files=False),
    Parameter("unlearn", "s", "no control moves this address any more", kind="request",
              in_files=False),
    Parameter("audio.device", "s", "go over to another output: a device's name, part of it or its "
              "number, null for nowhere, empty for the system's default; no files", kind="request",
              in_files=False),
    _readout("beat", "f", "song beat that sounds", "beats"),
    _readout("bar", "i", "bar that sounds, from 1", "bars"),
    _readout("tempo", "f", "tempo that sounds", "bpm"),
    _readout("clock", "s", "who leads the time, and how that goes: midi: locked"),
    _readout("eta", "f", "when the newest change will be heard", "beats"),
    _readout("lead", "f", "how far ahead loops are ready", "beats"),
    _readout("render_ms", "f", "how long the last render took", "ms"),
    _readout("level", "f", "peak level", "dBFS"),
    _readout("late", "i", "loops that were not ready in time"),
    _readout("underruns", "i", "times that the audio device went hungry"),
    _readout("output", "s", "where the sound goes"),
    _readout("restarts", "i", "times that a process of the program was started again"),
    _readout("refused", "i", "messages that were refused"),
    _readout("recording", "i", "how much is recorded; 0 while nothing is", "s"),
    _readout("learn", "ss", "how learning goes: a word and a sentence"),
    _readout("drops", "i", "OSC packets lost because they came faster than they could be read"),
    _readout("error", "s", "what was refused, and what to do"),
)
# fmt: on

_BY_KEY = {row.key: row for row in TABLE}
_NUMBERED = re.compile(r"/ld/prompt/(\d{1,6})/([a-z]+)")


def row(key: str) -> Parameter:
    """The row with this key, "prompt.{n}.weight" for instance; KeyError is a bug."""
    return _BY_KEY[key]


def rows(kind: Kind) -> tuple[Parameter, ...]:
    """All rows of one kind, in the table's order."""
    return tuple(parameter for parameter in TABLE if parameter.kind == kind)


def addresses(prompts: int) -> dict[str, tuple[Parameter, int | None]]:
    """Every address that takes something while there are so many prompts."""
    found: dict[str, tuple[Parameter, int | None]] = {}
    for parameter in TABLE:
        if parameter.kind == "readout":
            continue
        numbers = range(1, prompts + 1) if parameter.numbered else (None,)
        found |= {parameter.address_of(n): (parameter, n) for n in numbers}
    return found


@cache
def _fixed() -> dict[str, tuple[Parameter, int | None]]:
    return {p.address: (p, None) for p in TABLE if not p.numbered}


def find(address: str) -> tuple[Parameter, int | None] | None:
    """The row of an address and its prompt's number (from 1); None if nothing is there."""
    found = _fixed().get(address)
    if found is None and (match := _NUMBERED.fullmatch(address)):
        row_key = f"prompt.{{n}}.{match[2]}"
        n = int(match[1])
        if row_key in _BY_KEY and 1 <= n <= MAX_PROMPTS:
            return _BY_KEY[row_key], n
    return found


def resolve(address: str) -> tuple[Parameter, int | None]:
    """As `find`, of an address that takes something.

    Raises Refused, with the nearest address, when there is no such address to send to.
    """
    found = find(address)
    if found is None:
        known = [p.address for p in TABLE if p.kind != "readout"]
        hint = did_you_mean(address, known, _prompt_hint(address) or "The README lists them all.")
        raise Refused(f"There is no address {shown(address)}.{hint}")
    if found[0].kind == "readout":
        raise Refused(f"{address} is a read-out: it is sent, not set.")
    return found


def by_key(key: str) -> tuple[Parameter, int | None]:
    """The same for a key ("seed.morph", "prompt.1.weight"). Raises Refused."""
    found = find(address_of(key))
    if found is None:
        hint = did_you_mean(key, file_keys(), "The README lists every key.")
        raise Refused(f"There is no key {shown(key)}.{hint}")
    return found


def _prompt_hint(address: str) -> str:
    if not _NUMBERED.fullmatch(address):
        return ""
    return f"Prompts are numbered from 1 to {MAX_PROMPTS}."


def file_keys() -> list[str]:
    """Keys that may stand in a patch, a scene or a step."""
    return [parameter.key for parameter in TABLE if parameter.in_files]


def address_of(key: str) -> str:
    """From `seed.morph` to `/ld/seed/morph`."""
    return PREFIX + key.replace(".", "/")


def key_of(address: str) -> str:
    """From `/ld/seed/morph` to `seed.morph`."""
    return address.removeprefix(PREFIX).replace("/", ".")
