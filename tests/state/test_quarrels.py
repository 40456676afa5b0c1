"""Two controls at one target."""

from livediffusion.state.quarrels import Quarrels
from livediffusion.types import ControlMessage


def moves(quarrels, *sources, dt=0.02, address="/ld/gain"):
    sent = [ControlMessage(dt * n, address, (0.5,), s) for n, s in enumerate(sources)]
    return [said for message in sent if (said := quarrels.heard(message))]


def test_a_fight_is_said_once_and_counted():
    quarrels = Quarrels()
    (sentence,) = moves(quarrels, *["midi X cc 1 ch 1", "midi Y cc 2 ch 1"] * 20)
    assert sentence.startswith("X cc 1 ch 1 and Y cc 2 ch 1 both move /ld/gain")
    assert quarrels.count == 39


def test_a_third_who_joins_in_fights_with_whom_it_takes_turns():
    quarrels = Quarrels()
    said = moves(quarrels, *["midi X", "midi Y"] * 3, *["midi Z"] * 9, "midi X")
    assert [sentence.partition(" both")[0] for sentence in said] == [
        "X and Y", "Y and Z", "X and Z"
    ]  # fmt: skip


def test_one_after_the_other_is_no_fight():
    quarrels = Quarrels()
    assert moves(quarrels, *["a"] * 20, *["b"] * 20, *["a"] * 20) == []
    assert moves(quarrels, *["a", "b"] * 20, dt=0.5) == []
    assert quarrels.count == 2


def test_one_control_with_two_targets_is_no_fight():
    quarrels = Quarrels()
    assert moves(quarrels, *["a"] * 20) == moves(quarrels, *["a"] * 20, address="/ld/drift") == []
