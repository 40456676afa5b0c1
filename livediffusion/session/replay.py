"""A session played again: the same samples, or better ones with more steps."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from livediffusion.config import Config
from livediffusion.errors import UserError
from livediffusion.render.request import RenderRequest
from livediffusion.render.settings import available_threads
from livediffusion.session.eventlog import loops_named
from livediffusion.session.images import with_copies
from livediffusion.session.recorded import Session
from livediffusion.session.rerender import Rerender
from livediffusion.session.sound import Samples, to_samples
from livediffusion.session.tape import MARKS, ORDERS, Tape, in_order
from livediffusion.types import CHANNELS, SAMPLE_RATE, Frames, Json

if TYPE_CHECKING:
    from livediffusion.render.engines.stable_diffusion import StableDiffusion

Say = Callable[[str], None]
Advance = Callable[[str, float], None]

_WAV_BYTES = 4_000_000_000
_PAST_24 = 8
_KNOWN = ORDERS | MARKS | {"state", "begin", "block"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a replay relates to what was recorded."""

    frames: Frames
    different: Frames
    first: Frames | None  # of those that differ, from the start of the session

    def sentence(self) -> str:
        """For people."""
        if self.first is None:
            return "Equal to the recording, sample for sample."
        return (
            f"{self.different} of {self.frames} frames differ from the recording, "
            f"from {self.first / SAMPLE_RATE:.3f} s on."
        )


def replay(
    session: Session, output: Path, config: Config, steps: int | None, say: Say, advance: Advance
) -> Comparison | None:
    """Write a session's sound anew, 24 bits; how it compares (without `steps`).

    What may make it differ is said before it starts. Raises UserError when it cannot be done.
    """
    if output.absolute() in {file.path.absolute() for file in session.files}:
        raise UserError(f"{output} is the recording itself; choose another file.")
    deeds = in_order(session.deeds)
    requests = _requests(session, deeds)
    for sentence in (*session.log.problems, *_doubts(session, deeds)):
        say(sentence)
    render = session.log.head.get("render", {})
    engines = _engines(session, requests, config, render, say)
    audible = {name["key"] for name in _sounding(deeds)}
    sound = Rerender(requests, engines, audible, steps)
    tape = Tape(session.deeds, sound, as_measured=steps is None)
    try:
        played = _from(tape.play(session.end), session, tape.start or session.start)
        return _write(played, output, session, None if steps else session.samples(), advance)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise UserError(f"This session cannot be played again: {error}.") from error


def _from(
    blocks: Iterator[np.ndarray[tuple[int, ...], np.dtype[np.float32]]],
    session: Session,
    start: Frames,
) -> Iterator[Samples]:
    """What the tape plays, from the session's first frame on."""
    if start > session.start:
        yield np.zeros((start - session.start, CHANNELS), np.int32)
    over = session.start - start
    for block in blocks:
        if over < len(block):
            yield to_samples(block[max(over, 0) :])
        over -= len(block)


def _write(
    played: Iterator[Samples],
    output: Path,
    session: Session,
    recorded: Iterator[Samples] | None,
    advance: Advance,
) -> Comparison | None:
    from soundfile import LibsndfileError, SoundFile

    total = session.end - session.start
    big = output.suffix.lower() == ".wav" and total * CHANNELS * 3 > _WAV_BYTES
    kind = "RF64" if big else output.suffix[1:].upper()
    compared = _Compared(recorded) if recorded is not None else None
    done = 0
    try:
        with SoundFile(output, "w", SAMPLE_RATE, CHANNELS, "PCM_24", format=kind) as file:
            for samples in played:
                kept = samples[: total - done]
                file.write(kept << _PAST_24)
                if compared is not None:
                    compared.take(kept)
                done += len(kept)
                advance("playing again", done / total)
    except (OSError, LibsndfileError, AssertionError) as error:
        raise UserError(f"{output} cannot be written: {error}") from error
    return compared.comparison() if compared is not None else None


class _Compared:
    """Compares two streams of samples piece by piece."""

    def __init__(self, recorded: Iterator[Samples]) -> None:
        self._recorded = recorded
        self._rest: Samples = np.zeros((0, CHANNELS), np.int32)
        self._frames = self._different = 0
        self._first: Frames | None = None

    def take(self, samples: Samples) -> None:
        """Compare the next piece."""
        while len(self._rest) < len(samples):
            block = next(self._recorded, None)
            if block is None:
                break
            self._rest = np.concatenate([self._rest, block])
        expected, self._rest = self._rest[: len(samples)], self._rest[len(samples) :]
        other = np.flatnonzero((expected != samples[: len(expected)]).any(axis=1))
        if len(other) and self._first is None:
            self._first = self._frames + int(other[0])
        self._different += len(other)
        self._frames += len(expected)

    def comparison(self) -> Comparison:
        """What was found."""
        return Comparison(self._frames, self._different, self._first)


def _sounding(deeds: list[Json]) -> Iterator[Json]:
    """Names of all loops that may be heard: not of swaps that nobody took, nor of bystanders."""
    swapped = {deed["key"] for deed in deeds if deed["do"] == "swapped"}
    leant = set(_leant(deeds))
    for deed in deeds:
        for name in loops_named(deed):
            heard = {"swap": name["key"] in swapped, "stand_by": name["slot"] in leant}
            if heard.get(deed["do"], True):
                yield name


def _leant(deeds: list[Json]) -> Iterator[int]:
    """Slots of loops that another one leant on."""
    for deed in deeds:
        if deed["do"] == "lean" and "with" in deed:
            amounts = deed["with"][1]["items"]
            yield from (slot for slot, amount in amounts if amount)


def _requests(session: Session, deeds: list[Json]) -> dict[str, RenderRequest]:
    """Requests by key. Raises UserError when one that sounds is missing, or nothing is there."""
    if not deeds:
        raise UserError(
            "This session cannot be played again: nobody said what the player did. "
            "Its sound is in the folder."
        )
    try:
        found = {
            event["key"]: with_copies(
                RenderRequest.from_json(event["request"]), event, session.folder
            )
            for event in session.log.of("loop")
        }
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"The requests of this session are not understood ({error}).") from error
    missing = {name["key"] for name in _sounding(deeds)} - set(found)
    if missing:
        raise UserError(
            f"This session cannot be played again: for {len(missing)} of its loops nobody wrote "
            "down how they were rendered."
        )
    return found


def _doubts(session: Session, deeds: list[Json]) -> Iterator[str]:
    for event in session.log.of("lost"):
        at = session.time(event["frame"])
        yield f"At {at:.1f} s {event['what']} were lost: what is played again may differ there."
    for what in sorted({deed["do"] for deed in deeds} - _KNOWN):
        yield f"This version does not know what '{what}' means, which the player did."


def _engines(
    session: Session,
    requests: dict[str, RenderRequest],
    config: Config,
    render: Json,
    say: Say,
) -> dict[str, StableDiffusion]:
    """The models that are needed, loaded; what differs from then is said."""
    threads = int(render.get("threads") or 0)
    os.environ["OMP_NUM_THREADS"] = str(threads or available_threads())  # as the renderer has it
    from livediffusion.render.offline import open_engine

    engines: dict[str, StableDiffusion] = {}
    for model in sorted({request.model for request in requests.values()}):
        engines[model] = open_engine(
            model,
            models=config.models,
            device=str(render.get("device", "auto")),
            dtype=str(render.get("dtype", "auto")),
            threads=threads,
            addons=config.addons,
            notice=say,
        )
    for then in session.log.of("model"):
        engine = engines.get(then["name"])
        if engine is not None and engine.hash != then["hash"]:
            say(f"The model {engine.name} has changed since: this will sound different.")
        elif engine is not None and engine.engine_id != then["engine_id"]:
            say(
                "This was recorded on another machine or version, so samples may differ: "
                f"then {then['engine_id']}; now {engine.engine_id}."
            )
    if not all(engines[request.model].additions.has_what(request) for request in requests.values()):
        say("A LoRA, embedding or decoder has changed since: this will sound different.")
    return engines
