"""The README's table is the code's."""

from __future__ import annotations

from pathlib import Path

from livediffusion.state.parameters import TABLE
from livediffusion.state.reference import in_readme, markdown

README = Path(__file__).parents[2] / "README.md"


def test_every_address_is_in_the_table() -> None:
    assert all(f"`{row.address}`" in markdown() for row in TABLE)


def test_the_readme_has_the_present_table() -> None:
    text = README.read_text(encoding="utf-8")
    assert in_readme(text) == text, "run scripts/update-readme"
