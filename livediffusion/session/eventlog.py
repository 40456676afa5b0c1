"""The event log of a session: a JSON object a line, with its output frame, whole up to the last.

`session` comes first; then, in the order in which they were written down,

    part     from this frame on the sound is in `file`
    model    a model that renders: name, hash, engine_id
    loop     how to render a loop: its `key` and its `request`; in `images` copies of what it names
    did      what the player did (see `player.telling`); `place` is where it stood in the ring
    control  what was played: address, values, and who did it
    patch    the text of the patch that is played from here on
    mark, notice, level (dBFS, of the second from this frame on), lost, end
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from livediffusion.errors import UserError
from livediffusion.types import Json

NAME = "events.jsonl"
FORMAT = 1
_MOST_NAMED = 3  # broken lines
_FIELDS: dict[str, dict[str, type]] = {  # without which a line is broken
    "part": {"file": str},
    "model": {"name": str, "hash": str, "engine_id": str},
    "loop": {"key": str, "request": dict},
    "did": {"place": int, "deed": dict},
    "control": {"address": str, "values": list},
    "patch": {"name": str},
    "notice": {"text": str},
    "level": {"peak": list},
    "lost": {"what": str},
}


class EventLog:
    """Appends to a log. Threading: belongs to one thread. Raises OSError when the disk is full."""

    def __init__(self, path: Path) -> None:
        """Begin the log, or go on with one whose last line may be torn."""
        torn = path.exists() and not path.read_bytes().endswith(b"\n")
        self._file = path.open("ab", buffering=0)
        if torn:
            self._file.write(b"\n")

    def write(self, events: Iterable[Json]) -> None:
        """Append events, all or (when the disk is full) as many as fit."""
        lines = b"".join(encode(event) for event in events)
        while lines:
            lines = lines[self._file.write(lines) or 0 :]

    def sync(self) -> None:
        """Have what was written survive a power cut."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


@dataclass(frozen=True, slots=True)
class Log:
    """A log that was read."""

    head: Json
    events: list[Json]
    problems: list[str] = field(default_factory=list)  # a sentence each

    def of(self, kind: str) -> Iterator[Json]:
        """All events of a type."""
        return (event for event in self.events if event["type"] == kind)


def encode(event: Json) -> bytes:
    """One line."""
    return json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def read_log(folder: Path) -> Log:
    """Read the log of a session; what is broken in it is passed over and named.

    Raises UserError when it cannot be read, or was written by a newer version.
    """
    try:
        lines = (folder / NAME).read_bytes().split(b"\n")
    except FileNotFoundError:
        raise UserError(f"{folder} is no session: there is no {NAME} in it.") from None
    except OSError as error:
        raise UserError(f"The session {folder} cannot be read: {error.strerror}.") from None
    head = _event(lines[0])
    if head is None or head["type"] != "session":
        raise UserError(f"{folder / NAME} does not begin like the log of a session.")
    if not isinstance(head.get("format"), int) or head["format"] > FORMAT:
        version = head.get("version", "a newer version")
        raise UserError(f"{folder} was recorded by livediffusion {version}: update to read it.")
    events: list[Json] = []
    broken: list[int] = []
    for number, line in enumerate(lines[1:], start=2):
        event = _event(line)
        if event is not None:
            events.append(event)
        elif line:
            broken.append(number)
    return Log(head, events, _complaints(broken, torn=bool(lines[-1])))


def loops_named(value: object) -> Iterator[Json]:
    """The loops that a record of the player's names: number, slot, key, frames, beats."""
    if isinstance(value, dict):
        if "number" in value and isinstance(value.get("key"), str):
            yield value
        for item in value.values():
            yield from loops_named(item)
    elif isinstance(value, list):
        for item in value:
            yield from loops_named(item)


def _event(line: bytes) -> Json | None:
    try:
        event = json.loads(line.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        return None
    if event["type"] != "session" and not isinstance(event.get("frame"), int):
        return None
    wanted = _FIELDS.get(event["type"], {})
    return event if all(isinstance(event.get(key), kind) for key, kind in wanted.items()) else None


def _complaints(broken: list[int], *, torn: bool) -> list[str]:
    if not broken:
        return []
    named = ", ".join(str(number) for number in broken[:_MOST_NAMED])
    more = f" and {len(broken) - _MOST_NAMED} more" if len(broken) > _MOST_NAMED else ""
    if torn and len(broken) == 1:
        return [f"The last line of the log ({named}) is cut off and was passed over."]
    return [f"Lines {named}{more} of the log cannot be read and were passed over."]
