"""Renders that start from one another's phase, up to so many; then one starts cold."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass

from livediffusion.render.request import BEFORE, RenderRequest
from livediffusion.timeline.steps import Step
from livediffusion.types import BPM

CHAIN_LENGTH = 16


@dataclass(frozen=True, slots=True)
class _Link:
    """The last render, whose phase the next one may start from."""

    audio_key: str
    length: int
    fits: tuple[str, int, BPM]  # model, beats, tempo


class Chain:
    """Says which phase a step may start from."""

    def __init__(self) -> None:
        self._last: _Link | None = None

    def remember(self, request: RenderRequest, audio_key: str, *, cold: bool) -> None:
        """Note a finished render, and whether its phase began from nothing."""
        length = 1 if cold or self._last is None else self._last.length + 1
        self._last = _Link(audio_key, length, _fits(request))

    def forget(self) -> None:
        """No phase is there any more."""
        self._last = None

    def with_phase(self, step: Step) -> Step:
        """Start from the last render's phase, unless the chain is long enough."""
        last = self._last
        if last is None or last.length >= CHAIN_LENGTH or last.fits != _fits(step.request):
            return step
        return _from(step, last.audio_key)

    def behind(self, first: Step, others: Iterable[Step]) -> list[Step]:
        """The same for steps that are rendered after `first`, in one order with it."""
        length = self._last.length + 1 if self._last and first.request.phase_from else 1
        found, before = [], first.request
        for step in others:
            is_long = length >= CHAIN_LENGTH or _fits(step.request) != _fits(before)
            length = 1 if is_long else length + 1
            found.append(_from(step, None if is_long else BEFORE))
            before = step.request
        return found


def _from(step: Step, phase_from: str | None) -> Step:
    request = dataclasses.replace(step.request, phase_from=phase_from)
    return dataclasses.replace(step, request=request)


def _fits(request: RenderRequest) -> tuple[str, int, BPM]:
    return request.model, request.beats, request.tempo
