"""A frozen mixer names only what is the player's; from a file nothing else is ever made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from player_stage import loop, noise

from livediffusion.player.freeze import Frozen, Thawing, to_json
from livediffusion.player.loop import Loop
from livediffusion.player.mixer import Mixer, Swap
from livediffusion.types import Json

LOOPS = {slot: loop(noise(4800, slot), slot=slot) for slot in range(2)}


def name(one: Loop) -> Json:
    return {"number": one.slot, "key": one.key}


def thaw(value: Any) -> Any:
    return Thawing(lambda named: LOOPS[named["number"]]).thaw(value)


def test_a_mixer_goes_on_bit_for_bit() -> None:
    mixer = Mixer()
    mixer.play()
    mixer.set_gain(5.0)
    mixer.set_filter(0.4)
    for slot in LOOPS:
        mixer.measure(LOOPS[slot])
        mixer.swap(Swap(LOOPS[slot], fade_frames=3000))
        mixer.process(1000)
    assert mixer.deck.fade is not None
    frozen = json.loads(json.dumps(to_json(Frozen().freeze(mixer), name)))
    again = thaw(frozen)
    assert again.deck.fade.loop is LOOPS[0]
    assert again.process(20_000).tobytes() == mixer.process(20_000).tobytes()


def test_one_thing_stays_one_thing() -> None:
    array = np.arange(3)
    one, two = thaw(json.loads(json.dumps(to_json(Frozen().freeze([array, array]), name))))
    assert one is two


@pytest.mark.parametrize("value", [print, Path(), object(), json, lambda: None])
def test_what_is_no_state_is_not_frozen(value: object) -> None:
    with pytest.raises(TypeError, match="no state"):
        Frozen().freeze([value])


def test_no_array_as_large_as_sound_is_frozen() -> None:
    with pytest.raises(TypeError, match="no state"):
        Frozen().freeze(np.zeros(1 << 20, np.float32))


@pytest.mark.parametrize(
    "what",
    [
        "os:system",
        "pathlib:Path",
        "livediffusion.player.device:DeviceOutput",
        "livediffusion.player.worker:Worker",
        "livediffusion.player.mixer:Mixer.play",
        "livediffusion.player.mixer:nothing",
        "livediffusion.control.patches:Patches",
    ],
)
@pytest.mark.parametrize("kind", ["object", "scratch"])
def test_nothing_but_the_player_s_state_is_thawed(what: str, kind: str) -> None:
    with pytest.raises(ValueError, match=r"a recording holds no|knows no"):
        thaw({"number": 0, kind: what, "fields": {}})
