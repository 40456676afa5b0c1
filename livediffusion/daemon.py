"""The supervisor: starts control, renderer and player, and starts again what dies.

It is tiny on purpose: no torch, no sockets, no audio. It holds the write end of each child's
lifeline; when it goes, they go. Start order: player, renderer, control. At the end the player is
asked first, so that the music fades out at once; control goes last, having heard all of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from livediffusion.child import Child
from livediffusion.errors import UserError
from livediffusion.ipc import launch, runs
from livediffusion.ipc.arena import Arena
from livediffusion.logbook import Logbook
from livediffusion.types import Json, Seconds

__all__ = ["Child", "Supervisor"]

_POLL_S = 0.05
_STARTS_S = 60.0  # from a child's start to the first beat of its heart, at most
_STOP_S = 2.0  # for an orderly end; then a child is killed
_BY_CONTROL = ("clock",)  # what control starts by itself, and whose log is read, too
_PAUSE_S = 1.0  # a supervisor that was away for so long must not blame its children


@dataclass(slots=True)
class Supervisor:
    """Runs the three children until told to stop.

    Threading: everything happens in the caller's thread, which calls `run`. `notify` gets the
    lines that are meant for the stage.
    """

    run_dir: Path
    children: list[Child]
    notify: Callable[[str], None]
    verbose: bool = False
    kept_log: Path | None = None
    arena: Arena = field(init=False)
    _log: Logbook = field(init=False)
    _looked: Seconds = 0.0
    _awake_since: Seconds = 0.0
    _said: Json = field(default_factory=dict)
    _began: float = field(default_factory=time.time)

    def run(self, stopped: Callable[[], bool], tick: Callable[[], None]) -> None:
        """Start all, watch until `stopped()`, then stop; `tick` is called between looks.

        Raises UserError with the child's sentence when one cannot start at all.
        """
        self.arena = Arena.create(self.run_dir / "arena")
        names = [*(child.name for child in self.children), *_BY_CONTROL]
        self._log = Logbook(
            self.run_dir, names, self.notify, verbose=self.verbose, kept=self.kept_log
        )
        try:
            for child in self.children:
                child.start()
            while not stopped():
                self.look(time.monotonic())
                tick()
                time.sleep(_POLL_S)
        finally:
            self._stop()

    def look(self, now: Seconds) -> None:
        """See how the children are, once. Raises UserError where only the user can help."""
        self.arena.beat_heart("supervisor")
        if now - self._looked > _PAUSE_S:
            self._awake_since = now
        self._looked = now
        for child in self.children:
            self._watch(child, now)
        self._log.look(now)
        self._raise_fatal()
        self._publish()

    def status(self) -> Json:
        """What the control process last said of itself; empty before it spoke."""
        return runs.read_status(self.run_dir)

    def _watch(self, child: Child, now: Seconds) -> None:
        if child.process is None:
            if now >= child.due:
                child.start()
            return
        hangs = child.process.poll() is None and self._hangs(child, now)
        if hangs:
            launch.ask_where(child.process)
            child.kill()
        if child.process.poll() is not None:
            self._bury(child, now, hangs)

    def _hangs(self, child: Child, now: Seconds) -> bool:
        if now - self._awake_since <= child.hang_s:  # all of us were asleep, or stopped
            return False
        age = self.arena.heartbeat_age(child.name)
        if age == float("inf"):  # it is still on its way: a busy machine takes its time
            return now - child.started > max(child.hang_s, _STARTS_S)
        return child.hangs(age, now)

    def _bury(self, child: Child, now: Seconds, hung: bool) -> None:
        """Plan the restart of a dead child; give up on one that the user must mend first."""
        assert child.process is not None
        code, first = child.process.returncode, child.restarts == 0
        self.arena.clear_heartbeat(child.name)
        sentence = launch.failure(self.run_dir, child.name) if code == launch.FAILED_EXIT else None
        if first and sentence:
            raise UserError(sentence)
        child.die(now)
        reason = "did not answer" if hung else f"stopped ({_ending(code)})"
        child.last_words = f"The {child.name} {reason}.{' ' + sentence if sentence else ''}"
        if not child.rests:
            self._log.say(f"The {child.name} {reason}; starting it again. {sentence or ''}".strip())
            return
        if not self.arena.read_transport().loop_frames:
            raise UserError(_HOPELESS.format(name=child.name, words=child.last_words))
        wait = round(child.due - now)
        self._log.say(_RESTS.format(name=child.name, wait=wait), "WARNING")

    def _raise_fatal(self) -> None:
        """A model that never loaded, before anything sounded, ends the start with its sentence."""
        if sentence := self.status().get("fatal"):
            raise UserError(str(sentence))

    def _publish(self) -> None:
        """Write down how the children are, for those who ask from outside, when it has changed."""
        said = {
            "began": self._began,
            "log": str(self._log.path) if self._log.path else None,
            "children": {child.name: child.to_json() for child in self.children},
        }
        if said != self._said:
            runs.write_supervision(self.run_dir, said)
            self._said = said

    def _stop(self) -> None:
        """The music fades out while the renderer ends; then everybody else goes."""
        order = sorted(self.children, key=lambda child: child.name == "control")
        for child in order:
            if child.name != "control":
                child.ask_to_stop()
        for child in order:
            if child.name == "control":
                child.ask_to_stop()
            child.reap(_STOP_S)
        self._log.close()


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"code {code}"


_RESTS = (
    "The {name} has stopped too often; it is tried again every {wait} s, and the music goes on "
    "with what it has. `livediffusion status` says more; another patch or model may help."
)
_HOPELESS = (
    "The {name} stops again and again, so nothing can be played. {words} "
    "Try `livediffusion check`, another model, or `play --verbose` to see why."
)
