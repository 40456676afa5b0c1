"""Ableton Link as the clock that leads.

The only importer of aalink, which is GPL and therefore an extra: `pip install aalink`.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

from livediffusion.control.clock import Motion
from livediffusion.control.linksong import LinkSong
from livediffusion.ipc.arena import Transport
from livediffusion.state.sections import BEATS_PER_BAR
from livediffusion.timeline.tempos import roundest
from livediffusion.types import BPM, Lead, Seconds

_INTERVAL: Seconds = 0.01  # between two looks
_BEFORE: Seconds = 0.5  # between making a peer and letting it out: else it may push its tempo
_TEMPO: BPM = 120.0  # until something sounds
_GRAIN = 1 / 60e6  # of tempo, by its square: Link counts whole microseconds a beat
_LONGEST_END: Seconds = 2.0

NO_LINK = (
    "Ableton Link needs the package aalink: pip install aalink; until then our own clock leads."
)


class LinkClock:
    """A peer of the Link session in the local network; joining it changes nobody else's tempo.

    While there are others, they lead. Alone, it keeps our tempo and beat for those who come.

    Threading: the control process's main thread only; Link has a thread of its own. Nothing waits
    or raises.
    """

    def __init__(
        self,
        transport: Callable[[], Transport],
        say: Callable[[str], None],
        start_stop: bool = False,
    ) -> None:
        """`transport` says what sounds, `say` tells the performer.

        With `start_stop` the session's transport is ours too.
        """
        self._transport = transport
        self._say = say
        self._start_stop = start_stop
        self._song: LinkSong | None = None
        self._trouble = ""  # in a few words
        self._sentence = ""  # of trouble, until it has been said
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="link", daemon=True)
        self._thread.start()

    @property
    def status(self) -> str:
        """How many others there are."""
        if self._trouble or self._song is None:
            return self._trouble or "looking for peers"
        peers = self._song.peers
        return f"{peers} peer{'' if peers == 1 else 's'}" if peers else "no peers"

    def lead(self, now: Seconds) -> Lead | None:
        """Where the others' session wants the song; None while there are no others."""
        if self._sentence:
            self._say(self._sentence)
            self._sentence = ""
        return self._song.lead(now) if self._song is not None else None

    def tempo(self, now: Seconds) -> BPM | None:
        """The others' tempo as they set it; None while there are no others."""
        lead = self.lead(now)
        return roundest(lead.tempo, lead.tempo**2 * _GRAIN) if lead is not None else None

    def motions(self) -> list[Motion]:
        """What the session's transport did since the last call, oldest first."""
        return self._song.motions() if self._song is not None else []

    def share(self, playing: bool) -> None:
        """The performer has started or stopped: so shall the others, if that is wished."""
        if self._song is not None:
            self._song.share(playing)

    def close(self) -> None:
        """Leave the session."""
        self._closing.set()
        self._thread.join(_LONGEST_END)

    def _run(self) -> None:
        try:
            asyncio.run(self._take_part())
        except ImportError:
            self._give_up("aalink is not installed", NO_LINK)
        except Exception as error:  # noqa: BLE001 - the music plays on by its own clock
            self._give_up("failed", f"Ableton Link has failed, and our own clock leads: {error}")

    def _give_up(self, status: str, sentence: str) -> None:
        self._song, self._trouble, self._sentence = None, status, sentence

    async def _take_part(self) -> None:
        """Be a peer until the end. Raises ImportError without aalink."""
        import aalink

        peer: Any = aalink.Link(_TEMPO)
        peer.quantum = BEATS_PER_BAR
        peer.start_stop_sync_enabled = self._start_stop
        await asyncio.sleep(_BEFORE)
        peer.enabled = True
        song = self._song = LinkSong(peer, self._transport, time.monotonic, self._start_stop)
        try:
            while not self._closing.is_set():
                song.look()
                await asyncio.sleep(_INTERVAL)
        finally:
            peer.enabled = False
