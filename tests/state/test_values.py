"""Coercion: foreign values are taken, clamped or refused with a sentence, never anything else."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livediffusion.state.parameters import TABLE, Refused, by_key, find, resolve, row
from livediffusion.state.reference import markdown
from livediffusion.state.values import coerce, coerce_exactly, interpret

ANYTHING = st.one_of(
    st.integers(),
    st.floats(),
    st.booleans(),
    st.text(max_size=40),
    st.none(),
    st.binary(max_size=9),
)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
ROWS = st.sampled_from(TABLE)


@given(ROWS, st.lists(ANYTHING, max_size=5))
def test_coercion_raises_nothing_but_refused(parameter, values):
    try:
        accepted = coerce(parameter, values)
    except Refused as refusal:
        assert str(refusal).endswith((".", "?"))
        return
    for value in accepted.values:
        assert not isinstance(value, float) or math.isfinite(value)
        if isinstance(value, int | float) and parameter.low is not None:
            assert parameter.low <= value <= parameter.high


@given(st.text(max_size=60), st.lists(ANYTHING, max_size=3), st.integers(1, 9))
def test_any_address_is_understood_or_refused(address, values, prompts):
    for name in (address, f"/ld/{address}", f"/ld/prompt/{address}/weight"):
        try:
            interpret(name, values, prompts)
        except Refused as refusal:
            assert len(str(refusal)) < 400


@given(st.sampled_from([r for r in TABLE if r.types in ("f", "i") and r.kind == "value"]), FINITE)
def test_finite_numbers_out_of_range_are_clamped_and_that_is_known(parameter, number):
    accepted = coerce(parameter, [number])
    assert accepted.clamped == (not parameter.low <= number <= parameter.high)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "1", None, b"1"])
@pytest.mark.parametrize("key", ["gain", "steps", "mute", "seed.a", "xy", "blend"])
def test_what_is_no_number_is_refused(key, value):
    with pytest.raises(Refused):
        coerce(row(key), [value] * (2 if key == "xy" else 1))


@pytest.mark.parametrize(
    ("key", "value", "taken"),
    [
        ("steps", 4.4, 4), ("steps", True, 1), ("gain", 3, 3.0), ("gain", True, 1.0),
        ("mute", 0.5, True), ("mute", 0, False), ("hold", -1, True), ("seed.a", 10**30, 2**31 - 1),
        ("negative", " a\nb\x1b ", "a b"), ("gain", -0.0, 0.0),
    ],
)  # fmt: skip
def test_values_are_coerced(key, value, taken):
    (found,) = coerce(row(key), [value]).values
    assert found == taken and type(found) is type(taken)
    assert math.copysign(1, found) == math.copysign(1, taken) if isinstance(taken, float) else True


@pytest.mark.parametrize(
    ("values", "fires"), [([], True), ([1], True), ([0.3], True), ([0], False), ([False], False)]
)
def test_a_trigger_fires_without_an_argument_or_with_one_that_is_not_zero(values, fires):
    assert coerce(row("play"), values).fires is fires


@pytest.mark.parametrize("values", [["now"], [1, 1], [math.nan]])
def test_a_trigger_refuses_the_rest(values):
    with pytest.raises(Refused, match="trigger"):
        coerce(row("panic"), values)


def test_ports_are_refused_rather_than_clamped():
    with pytest.raises(Refused, match="1 to 65535"):
        coerce(row("subscribe"), [70000])
    assert coerce(row("subscribe"), [9000, "10.0.0.2"]).values == (9000, "10.0.0.2")


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("/ld/seed/morf", 'Did you mean "/ld/seed/morph"?'),
        ("/ld/prompt/1/wieght", 'Did you mean "/ld/prompt/{n}/weight"?'),
        ("/ld/out/beat", "is a read-out"),
        ("/ld/prompt/65/text", 'Did you mean "/ld/prompt/{n}/text"?'),
        ("/" + "x" * 60000, "There is no address"),
    ],
)
def test_an_unknown_address_is_answered_with_the_nearest(address, sentence):
    with pytest.raises(Refused) as refusal:
        resolve(address)
    assert sentence in str(refusal.value) and len(str(refusal.value)) < 300


def test_every_row_is_found_by_its_address_and_its_key():
    for parameter in TABLE:
        n = 3 if parameter.numbered else None
        assert find(parameter.address_of(n)) == (parameter, n)
        assert by_key(parameter.key_of(n)) == (parameter, n)


def test_a_blend_has_a_weight_for_each_prompt():
    assert interpret("/ld/blend", [0.5], 3)[0].values == (0.5, 0.0, 0.0)
    with pytest.raises(Refused, match="4 weights for 3 prompts"):
        interpret("/ld/blend", [1, 1, 1, 1], 3)


def test_only_a_text_may_add_a_prompt():
    assert interpret("/ld/prompt/3/text", ["new"], 2)[0].n == 3
    for address, value in (("/ld/prompt/3/weight", 1), ("/ld/prompt/4/text", "far")):
        with pytest.raises(Refused, match="the last is 2"):
            interpret(address, [value], 2)


@pytest.mark.parametrize(
    ("pattern", "addresses"),
    [
        ("/ld/prompt/*/weight", ["/ld/prompt/1/weight", "/ld/prompt/2/weight"]),
        ("/ld/seed/?", ["/ld/seed/a", "/ld/seed/b"]),
        ("/ld/prompt/[!1]/weight", ["/ld/prompt/2/weight"]),
        ("/ld/{gain,drift}", ["/ld/drift", "/ld/gain"]),
    ],
)
def test_patterns_reach_what_they_match(pattern, addresses):
    assert [change.address for change in interpret(pattern, [1], 2)] == addresses


def test_of_what_a_pattern_matches_those_move_that_can_take_the_value():
    moved = [change.address for change in interpret("/ld/prompt/1/*", [0.5], 2)]
    assert moved == ["/ld/prompt/1/weight"]
    assert [c.address for c in interpret("/ld/prompt/*/*", ["x"], 2)] == [
        "/ld/prompt/1/text", "/ld/prompt/2/text"
    ]  # fmt: skip
    with pytest.raises(Refused, match="needs a number"):
        interpret("/ld/{gain,drift}", ["x"], 2)


def test_patterns_never_change_patch_model_or_scene():
    named = {"/ld/patch", "/ld/model", "/ld/scene"}
    assert named.isdisjoint(change.address for change in interpret("/ld/*", ["x"], 2))


@pytest.mark.parametrize("pattern", ["/ld/pl[ab]y", "/ld/out/*", "/x/*", "/*" * 40, "/ld/[z-a]"])
def test_patterns_reach_values_only(pattern):
    with pytest.raises(Refused):
        interpret(pattern, [1], 2)


@pytest.mark.parametrize(
    ("key", "value"),
    [("gain", True), ("mute", 1), ("steps", 4.5), ("gain", 7), ("quantise", "bat"), ("tempo", "x")],
)
def test_files_are_held_to_the_letter(key, value):
    with pytest.raises(Refused):
        coerce_exactly(row(key), [value], key)


def test_the_reference_names_every_row():
    assert all(f"`{parameter.address}`" in markdown() for parameter in TABLE)
