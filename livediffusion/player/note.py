"""What a player leaves in the arena for its successor, and how that one takes it up.

A note is the loop that sounds, the swaps that wait, and the knobs. Together with the transport
page it is all that a player needs to come back on the beat by itself.
"""

from __future__ import annotations

from dataclasses import asdict

from livediffusion.ipc.arena import Arena
from livediffusion.player.deck import Swap
from livediffusion.player.loop import Loop
from livediffusion.player.mixer import Mixer, Motion
from livediffusion.player.pace import lead_of, tempo_of
from livediffusion.types import Json

_ONLY_WHILE_IT_LASTS: dict[Motion, Motion] = {"stopping": "stopped"}


def describe(mixer: Mixer) -> Json:
    """The note for the mixer's present state.

    Threading: may be called beside the audio thread. Reads what waits first: a swap that is
    taken meanwhile is then seen twice, not missed.
    """
    pending = [
        {**_loop(item.swap.loop), "due": item.due, "fade_frames": item.swap.fade_frames}
        for item in list(mixer.deck.pending)
    ]
    current, lead = mixer.deck.current, mixer.pace.lead
    return {
        "current": _loop(current) if current is not None else None,
        "motion": _ONLY_WHILE_IT_LASTS.get(mixer.motion, mixer.motion),
        "gain": mixer.gain,
        "mute": mixer.mute,
        "filter": mixer.knob,
        "hold": mixer.deck.hold,
        "lead": asdict(lead) if lead is not None else None,
        "bend": mixer.pace.bend,
        "offset": mixer.pace.offset,
        "pending": [item for item in pending if current is None or item["slot"] != current.slot],
    }


def leave(arena: Arena, note: Json) -> None:
    """Write a note; if it is too long, without the swaps that are furthest away."""
    pending = sorted(note["pending"], key=lambda item: float(item["due"]))
    while True:
        try:
            arena.write_note({**note, "pending": pending})
            return
        except ValueError:
            if not pending:
                return
            pending.pop()


def take_up(arena: Arena, mixer: Mixer, note: Json) -> Motion:
    """Set a fresh mixer to a predecessor's note; returns how it was moving."""
    if note["current"] is not None:
        mixer.deck.current = _in_arena(arena, note["current"])
    for item in note["pending"]:
        loop = _in_arena(arena, item)
        mixer.measure(loop, item["due"])
        mixer.deck.order(Swap(loop, item["due"], 0.0, item["fade_frames"]))
    mixer.set_gain(note["gain"])
    mixer.set_mute(note["mute"])
    mixer.set_filter(note["filter"])
    mixer.set_hold(note["hold"])
    mixer.lead(lead_of(note["lead"]))
    mixer.bend(tempo_of(note["bend"]))
    mixer.nudge(note["offset"])
    motion: Motion = note["motion"]
    return motion


def _loop(loop: Loop) -> Json:
    return {"slot": loop.slot, "key": loop.key, "frames": loop.frames, "beats": loop.beats}


def _in_arena(arena: Arena, item: Json) -> Loop:
    audio = arena.slot(item["slot"], item["frames"])
    return Loop.listened_to(audio, item["beats"], item["slot"], item["key"])
