"""The tree that OSCQuery describes agrees with the table, and changes are told. No sockets."""

import json

import pytest

from livediffusion.control.oscquery import Host, answer, exists, node, path_changes, tree
from livediffusion.control.snapshot import Snapshot
from livediffusion.state.parameters import TABLE
from livediffusion.state.patch import parse_patch
from livediffusion.state.performance import Performance

HOST = Host("127.0.0.1", 7770, "127.0.0.1", 7771)
PATCH = """
tempo = 124
[[prompt]]
text = "techno 🌫️"
[[prompt]]
text = "ambient"
[[prompt]]
text = "house"
"""


@pytest.fixture
def snapshot():
    performance = Performance(parse_patch(PATCH), "pocket")
    values = performance.everything(0.0) | {"/ld/out/beat": (1.5,), "/ld/mute": (True,)}
    return Snapshot(3, values, {"/ld/patch": ("a", "b"), "/ld/scene": ("drop",)})


def methods(found):
    """Every object with a type, by path."""
    own = {found["FULL_PATH"]: found} if "TYPE" in found else {}
    for below in found.get("CONTENTS", {}).values():
        own |= methods(below)
    return own


def test_every_row_of_the_table_is_in_the_tree_and_nothing_else(snapshot):
    expected = {
        row.address_of(n) for row in TABLE for n in ((1, 2, 3) if row.numbered else (None,))
    }
    assert set(methods(tree(snapshot))) == expected


def test_types_ranges_units_and_values_agree_with_the_table(snapshot):
    found = methods(tree(snapshot))
    for row in TABLE:
        described = found[row.address_of(1 if row.numbered else None)]
        assert described["ACCESS"] == {"r": 1, "w": 2, "rw": 3}[row.access]
        assert described["DESCRIPTION"]
        types = described["TYPE"]
        for attribute in ("RANGE", "UNIT", "CLIPMODE"):
            assert len(described.get(attribute, types)) == len(types), described
        if "VALUE" in described:
            assert len(described["VALUE"]) == len(types), described
        for letter, limits in zip(types, described.get("RANGE", ()), strict=False):
            if "MIN" in limits:
                assert (limits["MIN"], limits["MAX"]) == (row.low, row.high)
                assert isinstance(limits["MIN"], int if letter == "i" else float)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/ld/prompt/2/weight", {"TYPE": "f", "ACCESS": 3, "VALUE": [0.0],
                                 "RANGE": [{"MIN": 0.0, "MAX": 1.0}], "CLIPMODE": ["both"]}),
        ("/ld/prompt/1/text", {"TYPE": "s", "VALUE": ["techno 🌫️"],
                               "DESCRIPTION": "what prompt 1 says"}),
        ("/ld/blend", {"TYPE": "fff", "VALUE": [1.0, 0.0, 0.0]}),
        ("/ld/tempo", {"TYPE": "f", "VALUE": [124.0], "UNIT": ["time.bpm"]}),
        ("/ld/gain", {"UNIT": ["gain.db"], "RANGE": [{"MIN": -60.0, "MAX": 6.0}]}),
        ("/ld/mute", {"TYPE": "T", "VALUE": [True]}),
        ("/ld/hold", {"TYPE": "F", "VALUE": [False]}),
        ("/ld/quantise", {"RANGE": [{"VALS": ["off", "beat", "bar", "loop"]}]}),
        ("/ld/patch", {"RANGE": [{"VALS": ["a", "b"]}]}),
        ("/ld/play", {"TYPE": "I", "ACCESS": 2}),
        ("/ld/subscribe", {"TYPE": "i", "ACCESS": 2, "OVERLOADS": [{"TYPE": "is"}]}),
        ("/ld/out/beat", {"TYPE": "f", "ACCESS": 1, "VALUE": [1.5]}),
        ("/ld/seed", {"ACCESS": 0, "FULL_PATH": "/ld/seed"}),
    ],
)  # fmt: skip
def test_a_node(snapshot, path, expected):
    found = node(path, snapshot)
    assert found.items() >= expected.items()
    assert found["FULL_PATH"] == path
    assert json.loads(json.dumps(found)) == found


def test_a_method_may_have_others_below_it(snapshot):
    scene = node("/ld/scene", snapshot)
    assert scene["TYPE"] == "s" and scene["RANGE"] == [{"VALS": ["drop"]}]
    assert scene["CONTENTS"]["next"]["TYPE"] == "I"
    assert node("/ld/scene/next", snapshot) == scene["CONTENTS"]["next"]


def test_attributes_hosts_and_errors(snapshot):
    assert answer("/ld/tempo", "VALUE", snapshot, HOST) == (200, {"VALUE": [124.0]})
    assert answer("/ld/play", "VALUE", snapshot, HOST) == (204, {})
    assert answer("/ld/tempo", "COLOUR", snapshot, HOST)[0] == 400
    assert answer("/ld/nosuch", "", snapshot, HOST)[0] == 404
    assert answer("/ld/prompt/4/text", "VALUE", snapshot, HOST)[0] == 404
    status, info = answer("/", "HOST_INFO", snapshot, HOST)
    assert status == 200
    assert info["OSC_PORT"] == 7770 and info["OSC_TRANSPORT"] == "UDP" and info["WS_PORT"] == 7771
    assert info["EXTENSIONS"]["LISTEN"] is True and info["EXTENSIONS"]["PATH_ADDED"] is True


def test_every_attribute_that_is_promised_is_somewhere(snapshot):
    used = {name for found in methods(tree(snapshot)).values() for name in found}
    info = HOST.info()["EXTENSIONS"]
    promised = {name for name in info if not name.startswith("PATH_")} - {"LISTEN", "IGNORE"}
    assert promised <= used


def test_what_may_be_listened_to():
    known = ("/", "/ld", "/ld/prompt", "/ld/prompt/64", "/ld/prompt/3/text", "/ld/out/beat")
    assert all(map(exists, known))
    unknown = ("", "ld", "/x", "/ld/prompt/x", "/ld/prompter", "/ld/prompt/1/x", "/ld/gai")
    assert not any(map(exists, unknown))


def test_added_and_removed_prompts_are_told():
    two, four = Snapshot(2), Snapshot(4)
    assert path_changes(two, four) == [
        ("PATH_ADDED", "/ld/prompt/3"), ("PATH_ADDED", "/ld/prompt/4"),
        ("PATH_CHANGED", "/ld/blend"),
    ]  # fmt: skip
    assert path_changes(four, two) == [
        ("PATH_REMOVED", "/ld/prompt/4"), ("PATH_REMOVED", "/ld/prompt/3"),
        ("PATH_CHANGED", "/ld/blend"),
    ]  # fmt: skip
    assert path_changes(two, two) == []
    scenes = Snapshot(2, {}, {"/ld/scene": ("drop",)})
    assert path_changes(two, scenes) == [("PATH_CHANGED", "/ld/scene")]
