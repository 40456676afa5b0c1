"""The player as seen from the control process.

Imports neither numpy nor an audio library, so that control may import it cheaply.

Messages to the player, as JSON over `run_dir/player.sock`:

    {"type": "swap", "slot", "key", "frames", "beats", "not_before": beat or null, "grid" (beats),
     "fade_ms": number or null}
    {"type": "stand by", "slot", "key", "frames", "beats"}
    {"type": "lean", "over": slot, "amounts": {slot: 0..1}}
    {"type": "drop", "slots": [...]}
    {"type": "set", "name": "gain" | "mute" | "hold" | "filter", "value", "at": ns or null}
    {"type": "play" | "stop" | "panic", "at": ns or null} {"type": "output", "name"}
    {"type": "lead", "lead": {"beat", "time" (s), "tempo" (bpm)} or null}
    {"type": "bend", "tempo": bpm or null} {"type": "nudge", "beats"}

and from it: `hello` (on each connection), `swapped`, `released`, `notice`; see the event classes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from livediffusion.ipc.wire import DISCONNECTED, Client
from livediffusion.player.settings import SOCKET
from livediffusion.types import BPM, Beats, Frames, Json, Lead, Seconds

Role: TypeAlias = Literal["current", "fading", "pending", "standing"]
Knob: TypeAlias = Literal["gain", "mute", "hold", "filter"]


@dataclass(frozen=True, slots=True)
class Held:
    """A loop that the player holds in a slot."""

    key: str
    frames: Frames
    beats: int
    role: Role


@dataclass(frozen=True, slots=True)
class Hello:
    """The player is there (again), and these slots are in its hands."""

    slots: dict[int, Held] = field(default_factory=dict)
    output: str = ""
    beat: Beats = 0.0
    playing: bool = False


@dataclass(frozen=True, slots=True)
class Swapped:
    """A loop begins to sound at song beat `beat`, output frame `frame`.

    `late_beats` is how long after its first chance that is.
    """

    slot: int
    key: str
    beat: Beats
    frame: Frames
    late_beats: Beats


@dataclass(frozen=True, slots=True)
class Released:
    """A slot is free again; `key` is the loop that was in it, "" if the player had none."""

    slot: int
    key: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the performer."""

    text: str


@dataclass(frozen=True, slots=True)
class Away:
    """The player has gone; a `Hello` will say when it is back."""


Event: TypeAlias = Hello | Swapped | Released | Notice | Away


class Player:
    """Control's handle on the player.

    Threading: orders may be given from any thread; `poll` belongs to one. Orders return False
    when the player is away; what it holds then is in the next `Hello`.
    """

    def __init__(self, run_dir: Path) -> None:
        self._client = Client(run_dir / SOCKET)

    @property
    def connected(self) -> bool:
        """Whether the player is there at this moment."""
        return self._client.connected

    def swap(
        self,
        slot: int,
        key: str,
        frames: Frames,
        beats: int,
        *,
        not_before: Beats | None = None,
        grid: Beats = 0.0,
        fade_ms: float | None = None,
    ) -> bool:
        """Go over to a loop at the first multiple of `grid` beats that is not before a beat.

        Grid 0: at `not_before` itself, or at once. The slot is the player's until `Released`.
        """
        order = {"type": "swap", "slot": slot, "key": key, "frames": frames, "beats": beats}
        return self._client.send(
            {**order, "not_before": not_before, "grid": grid, "fade_ms": fade_ms}
        )

    def stand_by(self, slot: int, key: str, frames: Frames, beats: int) -> bool:
        """Hold a loop that may be leaned on. The slot is the player's until `Released`."""
        order = {"type": "stand by", "slot": slot, "key": key, "frames": frames, "beats": beats}
        return self._client.send(order)

    def lean(self, over: int, amounts: Mapping[int, float]) -> bool:
        """While the loop in slot `over` sounds, have so much of loops that stand by in the mix.

        Amounts, 0 to 1 and at most 1 together, by slot; the mix is there within 30 ms, in place of
        what was leaned on before. Loops of another length, and all of it once another loop
        sounds, are passed over.
        """
        said = {str(slot): amount for slot, amount in amounts.items()}
        return self._client.send({"type": "lean", "over": over, "amounts": said})

    def drop(self, slots: Iterable[int]) -> bool:
        """Forget what waits or stands by; each slot that is free then comes back as `Released`."""
        return self._client.send({"type": "drop", "slots": list(slots)})

    def set(self, name: Knob, value: float | bool, at: Seconds | None = None) -> bool:
        """Set gain (dB), mute, hold or filter (-1..1); heard within 25 ms.

        Or in the block that leaves at a moment to come, on time.monotonic()'s clock; here and
        below.
        """
        return self._client.send({"type": "set", "name": name, "value": value, "at": _ns(at)})

    def play(self, at: Seconds | None = None) -> bool:
        """Start at beat 0; after a panic come back at the next bar."""
        return self._client.send({"type": "play", "at": _ns(at)})

    def stop(self, at: Seconds | None = None) -> bool:
        """Fade out and go back to beat 0."""
        return self._client.send({"type": "stop", "at": _ns(at)})

    def panic(self, at: Seconds | None = None) -> bool:
        """Silence within 50 ms; time runs on."""
        return self._client.send({"type": "panic", "at": _ns(at)})

    def lead(self, lead: Lead | None) -> bool:
        """Follow a clock that leads, from now on; None: nobody leads any more.

        The loops then go at its tempo, pitch kept, and are on its beat within two bars. Say it
        again as often as the clock is read: a jitter of some milliseconds is not heard.
        """
        said = None
        if lead is not None:
            said = {"beat": lead.beat, "time": lead.time, "tempo": lead.tempo}
        return self._client.send({"type": "lead", "lead": said})

    def bend(self, tempo: BPM | None) -> bool:
        """While nobody leads: bend the loops to a tempo, pitch kept; those that have it pass as is.

        None: each loop goes at its own tempo.
        """
        return self._client.send({"type": "bend", "tempo": tempo})

    def nudge(self, beats: Beats) -> bool:
        """Move the song on (or, below 0, back) by so much, within about a beat.

        Under a leader: an offset to it that lasts as long as it leads.
        """
        return self._client.send({"type": "nudge", "beats": beats})

    def set_output(self, name: str | None) -> bool:
        """Go over to another output; if it cannot be opened, a `Notice` says so."""
        return self._client.send({"type": "output", "name": name})

    def poll(self) -> Iterator[Event]:
        """Yield what has happened since, without waiting."""
        for message in self._client.drain():
            event = read_event(message)
            if event is not None:
                yield event

    def close(self) -> None:
        """Hang up."""
        self._client.close()


def _ns(moment: Seconds | None) -> int | None:
    return None if moment is None else round(moment * 1e9)


def read_event(message: Json) -> Event | None:
    """The event that a message from the player means; None for one that says nothing."""
    reader = _READERS.get(message["type"])
    return reader(message) if reader is not None else None


def _hello(message: Json) -> Hello:
    slots = {int(slot): Held(**held) for slot, held in message["slots"].items()}
    return Hello(slots, message["output"], message["beat"], message["playing"])


def _fields(kind: type[Swapped] | type[Released] | type[Notice]) -> Callable[[Json], Event]:
    return lambda message: kind(**{name: message[name] for name in kind.__slots__})


_READERS: dict[str, Callable[[Json], Event]] = {
    "hello": _hello,
    "swapped": _fields(Swapped),
    "released": _fields(Released),
    "notice": _fields(Notice),
    DISCONNECTED: lambda message: Away(),
}
