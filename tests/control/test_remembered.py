"""How loops are rendered again is remembered, and takes little room."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from livediffusion.control.remembered import Remembered
from livediffusion.render.request import RenderRequest

REQUEST = RenderRequest((("dark techno", 0.25), ("warm pads", 0.75)), ((1, 0.5), (2, 0.5)), 120.0)


@given(st.text(), st.floats(0.0, 1.0), st.floats(20.0, 300.0))
def test_a_request_comes_back_as_it_was(text: str, weight: float, tempo: float) -> None:
    request = RenderRequest(((text, weight),), ((3, 1.0),), tempo, phase_from="before it")
    requests = Remembered()
    requests.add("key", request.to_json())
    assert RenderRequest.from_json(requests["key"]) == request
    assert requests.get("another") is None


def test_the_oldest_are_forgotten_but_not_what_came_again() -> None:
    requests = Remembered(3)
    for key in ("a", "b", "c", "a", "d"):
        requests.add(key, REQUEST.to_json())
    assert list(requests) == ["c", "a", "d"]
    assert len(requests) == 3


def test_a_night_of_them_is_little() -> None:
    tracemalloc.start()
    try:
        requests = Remembered()
        for number in range(2500):
            requests.add(f"{number:032x}", REQUEST.to_json())
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert held < 3 * 2**20
