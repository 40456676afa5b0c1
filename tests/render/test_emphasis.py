"""Brackets in prompts, as Stable Diffusion's users know them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livediffusion.render.emphasis import LESS, MORE, emphasised


@pytest.mark.parametrize(
    ("prompt", "pieces"),
    [
        ("dark techno", [("dark techno", 1.0)]),
        ("", [("", 1.0)]),
        ("a (b) c", [("a ", 1.0), ("b", MORE), (" c", 1.0)]),
        ("a (b:1.2) c", [("a ", 1.0), ("b", 1.2), (" c", 1.0)]),
        ("[b]", [("b", LESS)]),
        ("(b:.5)(c: 0 )", [("b", 0.5), ("c", 0.0)]),
        ("((b))", [("b", MORE * MORE)]),
        ("(a (b:2) [c])", [("a ", MORE), ("b", MORE * 2), (" ", MORE), ("c", MORE * LESS)]),
        ("(a)(b)", [("ab", MORE)]),
        ("((b:9):9)", [("b", 10.0)]),
        (r"\(live\) \[x\] \\", [("(live) [x] \\", 1.0)]),
        ("a) b] 4:4 a\\", [("a) b] 4:4 a\\", 1.0)]),
        ("a (b [c", [("a ", 1.0), ("b ", MORE), ("c", MORE * LESS)]),
        ("[b:1.2)]", [("b:1.2)", LESS)]),
        ("(b:x)", [("b:x", MORE)]),
        ("(b:1.2", [("b:1.2", MORE)]),
    ],
)
def test_brackets_weigh_words(prompt: str, pieces: list[tuple[str, float]]) -> None:
    found = emphasised(prompt)
    assert [text for text, _ in found] == [text for text, _ in pieces]
    assert [weight for _, weight in found] == pytest.approx([weight for _, weight in pieces])


def test_a_plain_prompt_is_one_piece_that_counts_exactly_one() -> None:
    assert emphasised("(a:1.0) b") == (("a b", 1.0),)


def test_thousands_of_brackets_stay_within_range() -> None:
    for prompt in ("(" * 5000 + "x" + ")" * 5000, "[" * 10000, ")" * 10000, "(:" * 5000):
        assert all(-10.0 <= weight <= 10.0 for _, weight in emphasised(prompt))


@given(st.text(alphabet="ab ()[]:1.\\", max_size=40))
def test_no_prompt_is_an_error(prompt: str) -> None:
    pieces = emphasised(prompt)
    assert pieces
    assert "".join(text for text, _ in pieces).count("a") == prompt.count("a")
