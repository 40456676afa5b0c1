"""The loops of a session come again bit for bit, whatever was rendered in between."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from livediffusion.errors import UserError
from livediffusion.render.cache import LoopCache
from livediffusion.render.loop import Loop
from livediffusion.render.offline import default_request, open_engine, render_loop
from livediffusion.render.request import RenderRequest
from livediffusion.session.rerender import Rerender


@pytest.fixture(scope="module")
def engine():
    return open_engine("pocket", threads=1)


@pytest.fixture(scope="module")
def chain(engine) -> list[Loop]:
    """Three loops, each from the phase of the one before; and the first blend from another."""
    cache, loops, key = LoopCache(256.0), [], None
    wanted = replace(default_request(engine, "dark techno"), steps=2, beats=4, tempo=160.0)
    for seed in (1, 2, 3):
        request = replace(wanted, seeds=((seed, 1.0),), phase_from=key)
        loops.append(render_loop(engine, request, cache))
        key = loops[-1].request.audio_key()
    cold = replace(loops[1].request, phase_from=None)
    return [*loops, render_loop(engine, cold, LoopCache(0.0))]


def again(engine, loops: list[Loop], **more) -> Rerender:
    requests: dict[str, RenderRequest] = {loop.request.audio_key(): loop.request for loop in loops}
    return Rerender(requests, {"pocket": engine}, more.pop("audible", set(requests)), **more)


def test_each_goes_on_from_its_own_phase(engine, chain: list[Loop]) -> None:
    assert len({loop.request.audio_key() for loop in chain}) == 4
    assert len({loop.request.cache_key() for loop in chain}) == 3
    sound = again(engine, chain)
    for loop in (chain[2], chain[3], chain[1], chain[0]):
        audio = sound(loop.request.audio_key(), len(loop.audio), 4)
        assert audio.tobytes() == loop.audio.tobytes()


def test_more_steps_give_another_sound_of_the_same_length(engine, chain: list[Loop]) -> None:
    loop = chain[2]
    audio = again(engine, chain, steps=3)(loop.request.audio_key(), len(loop.audio), 4)
    assert audio.shape == loop.audio.shape
    assert not np.array_equal(audio, loop.audio)


def test_what_is_not_heard_is_not_rendered(chain: list[Loop]) -> None:
    loop = chain[0]
    sound = Rerender({}, {}, audible=set())
    assert not sound(loop.request.audio_key(), 1000, 4).any()


def test_another_length_is_said(engine, chain: list[Loop]) -> None:
    loop = chain[0]
    with pytest.raises(UserError, match="versions differ"):
        again(engine, chain)(loop.request.audio_key(), len(loop.audio) + 1, 4)
