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
from livediffusion.types import Seconds

_LOOK_AGAIN: Seconds = 2.0


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
        self._away = False  # the wanted device is not there; a clock stands in
        self._looked: Seconds = 0.0
        self._output: Output | None = None

    @property
    def name(self) -> str:
        """What is in use."""
        return self._output.name if self._output is not None else ""

    def start(self) -> None:
        """Open the wanted output.

        Raises UserError for one that was asked for by name and never was there. A clock stands
        in for one that has been there before, and for the default device.
        """
        named = self._wanted is not None and not self.again
        self._go_over(self._open_wanted() if named else self._open())
        self.again = True

    def look_again(self, now: Seconds) -> None:
        """Now and then look whether a wanted device is there by now."""
        if not self._away or now - self._looked < _LOOK_AGAIN:
            return
        self._looked = now
        from livediffusion.player import device

        with contextlib.suppress(UserError):
            device.refresh()
            output = self._open_wanted()
            self._go_over(output)
            self._away = False
            self._say(f"{output.name} is there again")

    def change(self, name: str | None) -> None:
        """Go over to another output; if that cannot be opened, say so and stay."""
        from livediffusion.player import device

        before, self._wanted = self._wanted, name
        self.close()
        try:
            device.refresh()
            output = self._open_wanted()
            self._away = False
        except UserError as error:
            self._say(str(error))
            self._wanted = before
            output = self._open()
        self._go_over(output)

    def close(self) -> None:
        """Stop playing."""
        if self._output is not None:
            self._output.close()
            self.lost += self._output.underruns
            self._output = None

    def _open(self) -> Output:
        try:
            output = self._open_wanted()
        except UserError as error:
            self._say(f"{error}; until then the music goes on unheard")
            self._away = True
            return ClockOutput(self._settings.sample_rate, self._settings.blocksize)
        self._away = False
        return output

    def _open_wanted(self) -> Output:
        settings = self._settings
        if self._wanted == "null":
            return ClockOutput(settings.sample_rate, settings.blocksize)
        from livediffusion.player import device  # not before it is needed: every 0.1 s counts

        return device.open_output(
            self._wanted,
            settings.channels,
            settings.sample_rate,
            settings.blocksize,
            again=self.again,
        )

    def _go_over(self, output: Output) -> None:
        self.close()
        self._output, lost = output, self.lost
        self._engine.latency = output.latency
        self._engine.underruns = lambda: lost + output.underruns
        output.start(self._engine.fill)
