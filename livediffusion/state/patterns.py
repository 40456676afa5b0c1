"""OSC address patterns: which addresses of the table one message means (OSC 1.0)."""

from __future__ import annotations

import re
from functools import lru_cache

from livediffusion.state.parameters import Parameter, Refused, addresses
from livediffusion.state.suggest import shown

_SPECIAL = frozenset("*?[{")
_LONGEST_PATTERN = 64  # characters; bounds what a hostile pattern can cost


def is_pattern(address: str) -> bool:
    """Whether an address may mean several."""
    return not _SPECIAL.isdisjoint(address)


@lru_cache(maxsize=256)  # an LFO sends the same one a hundred times a second
def matching(pattern: str, prompts: int) -> tuple[tuple[Parameter, int | None], ...]:
    """Rows whose address an OSC pattern matches, part by part (OSC 1.0). Raises Refused."""
    parts = [_part(part) for part in pattern.split("/")] if _well_formed(pattern) else []
    found = [
        target
        for address, target in addresses(prompts).items()
        if _may_be_one_of_several(target[0]) and _fits(parts, address.split("/"))
    ]
    if not found:
        raise Refused(f"No address matches the pattern {shown(pattern)}.")
    return tuple(found)


def _may_be_one_of_several(row: Parameter) -> bool:
    """Values, but not the names of patches, models and scenes, which are asked for one by one."""
    return row.kind == "value" and (row.in_files or row.types != "s")


def _well_formed(pattern: str) -> bool:
    return len(pattern) <= _LONGEST_PATTERN and pattern.count("*") <= 8


def _fits(patterns: list[re.Pattern[str]], parts: list[str]) -> bool:
    return len(patterns) == len(parts) and all(
        pattern.fullmatch(part) for pattern, part in zip(patterns, parts, strict=True)
    )


def _part(text: str) -> re.Pattern[str]:
    """One part of an OSC pattern: `?`, `*`, `[a-z]`, `[!a-z]`, `{one,other}`."""
    tokens = re.findall(r"\*+|\?|\[!?[\w-]+\]|\{[\w,]+\}|.", text)
    try:
        return re.compile("".join(_token(token) for token in tokens))
    except re.error:
        raise Refused(f"The pattern {shown(text)} is not an OSC pattern.") from None


def _token(token: str) -> str:
    if token[0] == "*":
        return ".*?"
    if token == "?":
        return "."
    if len(token) > 1 and token[0] == "[":
        return token.replace("[!", "[^")
    if len(token) > 1 and token[0] == "{":
        return "(?:" + token[1:-1].replace(",", "|") + ")"
    return re.escape(token)
