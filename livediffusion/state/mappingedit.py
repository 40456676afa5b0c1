"""What was learned, written into a patch's text, and taken out again; each says what it did."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from livediffusion.state.controls import KEYS, Control, Encoding, MidiMapping, client_of
from livediffusion.state.mapping import BANK, is_live
from livediffusion.state.parameters import Parameter, Refused, resolve
from livediffusion.state.patch import parse_patch
from livediffusion.state.patchfile import add_entry, change_entry, remove_entry
from livediffusion.state.recogniser import Recognised
from livediffusion.types import Value

_ENDLESS = 10_000  # whole numbers; a knob over more of them could not be aimed
_BY_CLICKS = [0, 127]
_SHARED_CLIENTS = ("a2j", "system")  # these hold the ports of many devices
_ALSA_CLIENT_NUMBER = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class Wish:
    """This control shall move this target, in this bank; `value` where it is one of words."""

    target: str
    control: Control
    device: str  # a pattern
    encoding: Encoding | None = None
    value: Value | None = None
    bank: int = 1


def check_target(address: str) -> Parameter:
    """The row that a control may move. Raises Refused."""
    row, _ = resolve(address)
    if row.kind not in ("value", "trigger") or row.types not in ("f", "i", "b", "s", ""):
        raise Refused(f"{address} is not one value, so no control can move it.")
    return row


def wish_for(
    target: str, heard: Recognised, present: Value | None, bank: int, devices: Collection[str]
) -> Wish:
    """What is wanted when a control was moved for a target; `present` is its value.

    A key chooses the present scene, patch, bank or text; a program change any of them by number.
    Raises Refused where there is nothing to choose.
    """
    row, control = check_target(target), heard.control
    wish = Wish(target, control, pattern_of(heard.device, devices), heard.encoding, bank=bank)
    counts = row.by_number or target == BANK
    if counts and control.kind == "program":
        return replace(wish, control=replace(control, number=None))
    is_text = row.types == "s" and not row.choices
    if not is_text and not (target == BANK and control.kind in KEYS):
        return wish
    if not present:
        raise Refused(f"{target} has no value yet that {control} could choose: set it first.")
    return replace(wish, value=present)


def pattern_of(device: str, devices: Collection[str]) -> str:
    """The name to write down for a device: without its port's, where that is clear."""
    client = client_of(device)
    if client in _SHARED_CLIENTS:
        return _ALSA_CLIENT_NUMBER.sub("*", device)
    ports = {other for other in devices if client_of(other) == client}
    return client if ports <= {device} and client else device


def with_mapping(text: str, wish: Wish) -> tuple[str, str]:
    """The patch's text with the wish fulfilled, and a sentence on what has changed.

    A table that moves the target in this bank already gets the new control and keeps its range
    and curve; a control that moves something else goes on doing so, which is said. Raises
    UserError.
    """
    patch = parse_patch(text)
    mappings, n = patch.mappings, resolve(wish.target)[1]
    if n is not None and n > len(patch.prompts):
        raise Refused(f"Prompt {n} is not in the patch file yet: save a scene first.")
    live = [n for n, one in enumerate(mappings) if is_live(one, wish.bank)]
    same = [n for n in live if mappings[n].target == wish.target]
    same.sort(key=lambda n: (not _is_wished(mappings[n], wish), mappings[n].device != wish.device))
    news = f"{wish.control} of {wish.device} now moves {wish.target}"
    if not same:
        bank = wish.bank if any(one.bank is not None for one in mappings) else None
        changed = add_entry(text, "midi", _new_entry(wish) | {"bank": bank})
    else:
        old = mappings[same[0]]
        changed = change_entry(text, "midi", same[0], _changes(wish, old))
        news += "" if _is_wished(old, wish) else f", and {old.control} no longer does"
    others = [mappings[n] for n in live if n not in same[:1]]
    also = [one.target for one in others if _is_wished(one, wish) and one.target != wish.target]
    rivals = [str(one.control) for one in others if one.target == wish.target]
    news += f"; it moves {_listed(also)}, too" if also else ""
    news += f"; so does {_listed(rivals)}" if rivals else ""
    return changed, f"{news}."


def without_mapping(text: str, target: str) -> tuple[str, str]:
    """The patch's text with nothing that moves a target, in any bank, and a sentence.

    Raises UserError.
    """
    mappings = parse_patch(text).mappings
    found = [n for n, one in enumerate(mappings) if one.target == target]
    if not found:
        raise Refused(f"No control moves {target}.")
    for n in reversed(found):
        text = remove_entry(text, "midi", n)
    controls = _listed([str(mappings[n].control) for n in found])
    return text, f"{controls} no longer {'moves' if len(found) == 1 else 'move'} {target}."


def _new_entry(wish: Wish) -> dict[str, object]:
    row, _ = resolve(wish.target)
    way = (row.high or 0.0) - (row.low or 0.0)
    is_endless = row.types == "i" and way > _ENDLESS and wish.value is None
    return {
        "control": str(wish.control),
        "device": wish.device,
        "target": wish.target,
        "range": _BY_CLICKS if is_endless else None,
        "takeover": "relative" if wish.encoding else None,
        "encoding": wish.encoding,
        "value": wish.value,
    }


def _changes(wish: Wish, old: MidiMapping) -> dict[str, object]:
    """The keys of a table that moves the target already; None takes one away."""
    changes: dict[str, object] = {
        "control": str(wish.control),
        "device": wish.device,
        "encoding": wish.encoding,
    }
    if wish.encoding:
        changes["takeover"] = "relative"
    elif old.takeover == "relative":
        changes["takeover"] = None
    if wish.control.kind != "note":
        changes["velocity"] = None
    if wish.value is not None:
        changes |= {"value": wish.value, "values": None}
    return changes


def _is_wished(mapping: MidiMapping, wish: Wish) -> bool:
    """Whether a mapping hears the control that is wished for."""
    control = wish.control
    is_meant = mapping.control.takes_in(control) or mapping.control == control
    return is_meant and (mapping.hears(wish.device) or mapping.device == wish.device)


def _listed(words: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    unique = list(dict.fromkeys(words))
    return unique[0] if len(unique) == 1 else f"{', '.join(unique[:-1])} and {unique[-1]}"
