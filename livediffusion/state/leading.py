"""What a clock that leads does to a performance: its tempo counts, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livediffusion.types import BPM

if TYPE_CHECKING:
    from livediffusion.state.performance import Performance


def follow(self: Performance, tempo: BPM) -> None:
    """Go at a clock's tempo; until `let_go`, /ld/tempo, patches and scenes change nothing."""
    self.led = tempo
    trajectory = self.trajectory
    trajectory.pace = None
    if tempo != trajectory.tempo:
        trajectory.tempo = self.values["tempo"] = tempo
        trajectory.revision += 1
        self.outlook.refresh()
        self.moved.append("/ld/tempo")


def let_go(self: Performance) -> None:
    """Nobody leads: go on at the last tempo."""
    self.led = None
