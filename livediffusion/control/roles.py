"""What an address is to its neighbours in the inbox."""

from __future__ import annotations

from enum import Enum, auto

from livediffusion.state.parameters import find

_BARRIERS = frozenset({"glide", "patch", "scene"})  # values that decide how others act
_PATTERN = frozenset("*?[{")


class Role(Enum):
    """How a message stands in the queue."""

    UNKNOWN = auto()
    PLAIN = auto()  # a newer value may take its place
    BARRIER = auto()  # what came before it is not replaced by what comes after it
    TRIGGER = auto()  # a barrier that zeros do not fire


_roles: dict[str, Role] = {}  # of known addresses, so it cannot grow beyond the table


def role_of(address: str) -> Role:
    """The role of an address, pattern or nonsense."""
    role = _roles.get(address)
    if role is None:
        role = _look_up(address)
        if role is not Role.UNKNOWN and _PATTERN.isdisjoint(address):
            _roles[address] = role
    return role


def _look_up(address: str) -> Role:
    if not _PATTERN.isdisjoint(address):
        return Role.BARRIER  # it may reach anything
    found = find(address)
    if found is None or found[0].kind == "readout":
        return Role.UNKNOWN
    if found[0].kind == "trigger":
        return Role.TRIGGER
    is_plain = found[0].kind == "value" and found[0].key not in _BARRIERS
    return Role.PLAIN if is_plain else Role.BARRIER
