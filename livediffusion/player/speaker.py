"""Which output is in use, and what stands in for one that is not there.

Threading: everything here belongs to the process's main thread.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from livediffusion.errors import UserError
from livediffusion.player.engine import Engine
from livediffusion.player.outputs import ClockOutput, Output
from livediffusion.player.settings import PlayerSettings
from livediffusion.player.system_default import system_default
from livediffusion.types import Seconds

_LOOK_AGAIN: Seconds = 2.0
_MEMO = "output"  # the file that tells a successor where the performer wants the sound


class Speaker:
    """The output that plays what the engine mixes."""

    def __init__(
        self, settings: PlayerSettings, engine: Engine, say: Callable[[str], None]
    ) -> None:
        self.again = False  # a predecessor in this run had the output open
        self.lost = 0  # underruns of outputs that are closed
        self._settings = settings
        self._engine = engine
        self._say = say
        self._wanted = settings.output
        self._memo = settings.run_dir / _MEMO
        self._away = False  # the wanted device is not there; a clock stands in
        self._looked: Seconds = 0.0
        self._default = system_default()
        self._output: Output | None = None
        self._leave: Callable[[], None] = lambda: None  # the system of devices, once it is used

    @property
    def name(self) -> str:
        """What is in use; of what is away, that it is."""
        if self._away:
            return f"nowhere: {self._wanted or 'the default device'} is away"
        return self._output.name if self._output is not None else ""

    def start(self) -> None:
        """Open the wanted output.

        Raises UserError for one that was asked for by name and never was there. A clock stands
        in for one that has been there before, and for the default device.
        """
        if self.again and self._memo.exists():
            self._wanted = self._memo.read_text(encoding="utf-8") or None
        if self._wanted is not None and not self.again:
            self._go_over(self._open_wanted())
        else:
            self._open()
        self.again = True

    def look_again(self, now: Seconds) -> bool:
        """Now and then look whether the sound should go elsewhere; True when it went.

        To a wanted device that is there by now, or after the system's default.
        """
        if now - self._looked < _LOOK_AGAIN:
            return False
        self._looked = now
        return self._come_back() if self._away else self._follow_the_default()

    def _follow_the_default(self) -> bool:
        before, self._default = self._default, system_default()
        if self._wanted is not None or self._default == before:
            return False
        self.change(None)
        return True

    def _come_back(self) -> bool:
        try:
            output = self._open_wanted(afresh=True)
        except UserError:
            return False
        try:
            self._go_over(output)
        except UserError:
            self._stand_in()
            return False
        self._away = False
        self._say(f"{output.name} is there again")
        return True

    def change(self, name: str | None) -> None:
        """Go over to another output; if that cannot be opened, say so and stay."""
        before = self._wanted
        self._want(name)  # first: a device that hangs at its close ends this process
        self.close()
        try:
            self._go_over(self._open_wanted(afresh=True))
        except UserError as error:
            self._say(f"{error}; the sound stays where it was")
            self._want(before)
            self._open()
            return
        self._away = False

    def close(self) -> None:
        """Stop playing."""
        if self._output is not None:
            self._output.close()
            self.lost += self._output.underruns
            self._output = None

    def end(self) -> None:
        """Play no more, with any output."""
        self.close()
        self._leave()

    def _open(self) -> None:
        """Open the wanted output, or let a clock stand in for it."""
        try:
            self._go_over(self._open_wanted())
        except UserError as error:
            self._say(f"{error}; until then the music goes on unheard")
            self._stand_in()
            return
        self._away = False

    def _want(self, name: str | None) -> None:
        self._wanted = name
        with contextlib.suppress(OSError):
            self._memo.write_text(name or "", encoding="utf-8")

    def _stand_in(self) -> None:
        self._away = True
        self._go_over(ClockOutput(self._settings.sample_rate, self._settings.blocksize))

    def _open_wanted(self, *, afresh: bool = False) -> Output:
        """Open it; `afresh`: after a new look at what devices there are. Raises UserError."""
        settings = self._settings
        if self._wanted == "null":
            return ClockOutput(settings.sample_rate, settings.blocksize)
        from livediffusion.player import device  # not before it is needed: every 0.1 s counts

        self._leave = device.leave
        if afresh and device.is_device(self._wanted):
            device.refresh()
        return device.open_output(
            self._wanted,
            settings.channels,
            settings.sample_rate,
            settings.blocksize,
            again=self.again,
        )

    def _go_over(self, output: Output) -> None:
        """Let another output play, on the beat. Raises UserError where that does not start."""
        self.close()
        self._output, lost = output, self.lost
        self._engine.latency = output.latency
        self._engine.underruns = lambda: lost + output.underruns
        self._engine.go_on()
        output.start(self._engine.fill)
