"""What the control loop shows of itself to those who ask from another thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TypeAlias

from livediffusion.control.inbox import Inbox
from livediffusion.types import Value


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every address with its value at one moment, read-outs included.

    `choices` are the words that an address takes where the table cannot know them, as the names
    of scenes. `mapped` are the controls of the patch that move an address, `places` the prompts'
    on the xy pad, `loras` are the patch's by name.
    """

    prompts: int
    values: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    mapped: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    places: tuple[tuple[float, float], ...] = ()
    loras: tuple[str, ...] = ()


Snap: TypeAlias = Callable[[], Snapshot]
Names: TypeAlias = Callable[[], Mapping[str, tuple[str, ...]]]  # more choices, looked for on disk


def ask_for(inbox: Inbox, snap: Snap) -> Future[Snapshot]:
    """Have the control loop take a snapshot; the future also carries what went wrong with it."""
    future: Future[Snapshot] = Future()

    def errand() -> None:
        if not future.set_running_or_notify_cancel():
            return  # whoever asked has lost patience
        try:
            future.set_result(snap())
        except Exception as error:  # noqa: BLE001 - whoever asked is told, not the control loop
            future.set_exception(error)

    if not inbox.ask(errand):
        future.set_exception(TimeoutError("the control loop has too much to do"))
    return future
