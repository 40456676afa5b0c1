"""The cache: least recently used, limited by memory, blind to the phase's history."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from livediffusion.render.cache import LoopCache, MemoryLru
from livediffusion.render.loop import Loop
from livediffusion.render.request import RenderRequest

REQUEST = RenderRequest(prompts=(("a", 1.0),), seeds=((1, 1.0),), tempo=120.0)


def loop_of(request: RenderRequest, frames: int = 1000) -> Loop:
    audio = np.zeros((frames, 2), np.float32)
    return Loop(audio, request, 0.5, -16.0, request.phase_from is None, {}, 1.0)


def test_the_least_recently_used_goes_first() -> None:
    cache: MemoryLru[np.ndarray] = MemoryLru(30)
    for key in "abc":
        cache.put(key, np.zeros(10, np.uint8))
    assert cache.get("a") is not None
    cache.put("d", np.zeros(10, np.uint8))
    assert [key in cache for key in "abcd"] == [True, False, True, True]


def test_what_is_over_budget_is_not_kept_and_drives_nothing_out() -> None:
    cache: MemoryLru[np.ndarray] = MemoryLru(30)
    cache.put("a", np.zeros(20, np.uint8))
    cache.put("b", np.zeros(31, np.uint8))
    assert "a" in cache
    assert "b" not in cache


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 20))))
def test_it_never_holds_more_than_its_budget(puts: list[tuple[str, int]]) -> None:
    cache: MemoryLru[np.ndarray] = MemoryLru(32)
    for key, size in puts:
        cache.put(key, np.zeros(size, np.uint8))
        assert key in cache
        assert cache.held <= 32
    assert cache.held == sum(cache.get(k).nbytes for k in "abcdef" if k in cache)  # type: ignore


def test_a_loop_is_found_whatever_phase_is_asked_for() -> None:
    cache = LoopCache(1.0)
    cache.keep_loop(loop_of(REQUEST), torch.zeros(4))
    found = cache.loop(replace(REQUEST, phase_from="elsewhere"))
    assert found is not None
    assert found.cached
    assert found.request == REQUEST


@pytest.mark.parametrize("change", [{"tempo": 121.0}, {"beats": 4}, {"model_hash": "x"}])
def test_a_phase_serves_only_the_same_circle(change: dict[str, object]) -> None:
    cache = LoopCache(1.0)
    cache.keep_loop(loop_of(REQUEST), torch.ones(4))
    follower = replace(REQUEST, phase_from=REQUEST.audio_key())
    assert cache.phase(follower) is not None
    assert cache.phase(replace(follower, **change)) is None  # type: ignore[arg-type]
    assert cache.phase(replace(follower, phase_from="gone")) is None
    assert cache.phase(REQUEST) is None


def test_a_new_tempo_finds_the_picture() -> None:
    cache = LoopCache(1.0)
    cache.keep_picture(REQUEST, torch.ones(4))
    assert cache.picture(replace(REQUEST, tempo=90.0)) is not None
    assert cache.picture(replace(REQUEST, steps=9)) is None
