"""Writes a performance down while it is played, from what the player leaves in the arena.

Threading: `Recorder` is made and asked by the control process's main thread; its own thread reads
the rings and writes the files. Nobody waits for it: when the disk is slower than the music for
half a minute, what is lost becomes silence, and that is written down.
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from livediffusion.ipc.arena import RING_FRAMES, Arena, FloatArray
from livediffusion.session.eventlog import NAME, EventLog, loops_named, read_log
from livediffusion.session.images import Images
from livediffusion.session.meter import Meter
from livediffusion.session.sound import SUFFIX, Part, frames_in, to_samples
from livediffusion.types import CHANNELS, SAMPLE_RATE, Frames, Json, Seconds

PART_BYTES = 4_000_000_000  # less than old file systems allow
_TURN: Seconds = 0.2
_SHORTEST_TURN: Seconds = 0.01  # while events keep coming
_SYNC: Seconds = 0.5  # with two turns it makes a second that may be lost
_STATE_COMES: Seconds = 3.0  # the player's state, at the most
_MOST_WAITING = 1 << 16  # events
_MARGIN: Frames = 2 * SAMPLE_RATE  # of the ring that may be written over while it is read
_SETTLED: Seconds = 0.1  # after which the player has told what it did

_log = logging.getLogger(__name__)


class Recorder:
    """One recording."""

    def __init__(
        self,
        arena: Arena,
        folder: Path,
        head: Json | None,
        requests: Mapping[str, Json],
        *,
        part_bytes: int = PART_BYTES,
    ) -> None:
        """Record into a folder; without a `head` go on with what is there.

        `requests` are those of all loops that may sound, by their audio key.
        """
        self.folder = folder
        self.failure: str | None = None  # a sentence, when it has ended by itself
        self._arena = arena
        self._head = head
        self._requests = requests
        self._part_bytes = part_bytes
        self._waiting: deque[Json] = deque()
        self._overflowed = 0
        self._wake, self._stop = threading.Event(), threading.Event()
        self._known: set[str] = set()  # keys of loops that are in the log
        self._place = 0  # in the player's deeds
        self._first: Frames = 0  # of the recording
        self._next: Frames = 0  # of the output, to be written
        self._seen: Frames = 0  # up to where the output was when the deeds were read
        self._part: Part | None = None
        self._meter = Meter()
        self._images = Images(folder)
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    # For the control process.

    @property
    def running(self) -> bool:
        """Whether it records, or is about to."""
        return self._thread.is_alive()

    @property
    def seconds(self) -> int:
        """How much has been written."""
        return (self._next - self._first) // SAMPLE_RATE

    def note(self, event: Json) -> None:
        """Have an event written down."""
        if len(self._waiting) >= _MOST_WAITING:
            self._overflowed += 1
            return
        self._waiting.append(event)
        self._wake.set()  # it may be asked for when this process has died

    def stop(self) -> None:
        """End the recording with what has been played until now."""
        self._stop.set()
        self._wake.set()

    def join(self, timeout: Seconds) -> None:
        """Wait for the end."""
        self._thread.join(timeout)

    # The thread.

    def _run(self) -> None:
        log: EventLog | None = None
        try:
            log = EventLog(self.folder / NAME)
            self._begin(log)
            synced = time.monotonic()
            while not self._stop.is_set():
                self._turn(log)
                if time.monotonic() - synced >= _SYNC:
                    synced = time.monotonic()
                    self._sync(log)
                self._stop.wait(_SHORTEST_TURN)
                self._wake.wait(_TURN)
                self._wake.clear()
            self._finish(log)
        except OSError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the performer is told
            _log.exception("recording failed")
            self.failure = f"The recording has ended ({error}); see the log. The music goes on."
        finally:
            self._arena.deeds.want(0)
            self._end_part(whole=self.failure is None)
            if log is not None:
                log.close()

    def _begin(self, log: EventLog) -> None:
        if self._head is None:
            self._go_on()
        else:
            log.write([self._head])
            self._first = self._next = self._seen = self._wait_for_state()
        self._open_part(log)

    def _wait_for_state(self) -> Frames:
        """Ask the player what it does; the output frame from which that is known."""
        deeds = self._arena.deeds
        place = self._place = deeds.written
        deeds.want(time.time_ns() // 1_000_000)
        ends = time.monotonic() + _STATE_COMES
        while not self._stop.wait(0.01) and time.monotonic() < ends:
            records, _ = deeds.read(place)
            for _, record in records:
                if (deed := json.loads(record))["do"] == "state":
                    return int(deed["frame"])
            if not self._arena.read_transport().end:
                ends = time.monotonic() + _STATE_COMES  # it is not there yet
        return self._arena.read_transport().end

    def _go_on(self) -> None:
        """Take up a recording whose recorder has died."""
        log = read_log(self.folder)
        self._known = {event["key"] for event in log.of("loop")}
        self._place = max((event["place"] for event in log.of("did")), default=0)
        parts = list(log.of("part"))
        path = self.folder / parts[-1]["file"] if parts else None
        start = parts[-1]["frame"] if parts else self._arena.read_transport().end
        self._first = parts[0]["frame"] if parts else start
        self._next = start + (frames_in(path) if path is not None and path.exists() else 0)
        self._seen = self._next

    def _turn(self, log: EventLog) -> None:
        """Write what has come: of the sound only that of which it is known how it came about."""
        seen, self._seen = self._seen, max(self._arena.read_transport().end, self._seen)
        log.write(self._events())
        self._write_sound(log, seen)

    def _events(self) -> Iterator[Json]:
        deeds = self._arena.deeds
        records, whole = deeds.read(self._place)
        for place, record in records:
            deed = json.loads(record)
            for name in loops_named(deed):
                yield from self._chain(name["key"], deed["frame"])
            yield {"type": "did", "frame": deed["frame"], "place": place, "deed": deed}
            self._place = place
        if not whole:
            self._place = deeds.written
            deeds.want(deeds.wanted + 1)  # tell everything anew
            yield {"type": "lost", "frame": self._seen, "what": "deeds"}
        for _ in range(len(self._waiting)):
            event = self._waiting.popleft()
            if event["type"] == "loop":
                yield from self._chain(event["key"], event["frame"])
            else:
                yield event
        if self._overflowed:
            yield {"type": "lost", "frame": self._seen, "what": f"{self._overflowed} events"}
            self._overflowed = 0

    def _chain(self, key: str, frame: Frames) -> Iterator[Json]:
        """How to render a loop, and before it those whose phase it goes on from."""
        missing: list[Json] = []
        while key and key not in self._known and (request := self._requests.get(key)):
            self._known.add(key)
            event = {"type": "loop", "frame": frame, "key": key, "request": request}
            missing.append(event | self._images.keep(request))
            key = request.get("phase_from") or ""
        yield from reversed(missing)

    def _write_sound(self, log: EventLog, until: Frames) -> None:
        if self._part is not None and self._part.size >= self._part_bytes:
            self._end_part(whole=True)
            self._open_part(log)
        lost = self._seen - (RING_FRAMES - _MARGIN) - self._next
        if lost > 0:
            log.write([{"type": "lost", "frame": self._next, "what": "sound", "frames": lost}])
            for left in range(lost, 0, -SAMPLE_RATE):
                self._keep(log, np.zeros((min(left, SAMPLE_RATE), CHANNELS), np.float32))
        while (count := min(until - self._next, SAMPLE_RATE)) > 0:
            self._keep(log, self._arena.read_ring(self._next, count))

    def _keep(self, log: EventLog, audio: FloatArray) -> None:
        assert self._part is not None
        self._part.write(to_samples(audio))
        self._next += len(audio)
        log.write(self._meter.hear(audio, self._next))

    def _sync(self, log: EventLog) -> None:
        assert self._part is not None
        log.sync()
        self._part.sync()

    def _finish(self, log: EventLog) -> None:
        """Take down what is left, and say that this is the end."""
        end = max(self._arena.read_transport().end, self._next)
        time.sleep(_SETTLED)
        self._turn(log)
        self._write_sound(log, end)
        log.write([{"type": "end", "frame": self._next}])
        self._sync(log)

    def _open_part(self, log: EventLog) -> None:
        number = 1
        while (path := self.folder / f"audio{f'-{number}' if number > 1 else ''}{SUFFIX}").exists():
            number += 1
        self._part = Part(path)
        log.write([{"type": "part", "frame": self._next, "file": path.name}])

    def _end_part(self, *, whole: bool) -> None:
        part, self._part = self._part, None
        if part is not None:
            with contextlib.suppress(OSError):
                (part.close if whole else part.give_up)()

    def _fail(self, error: OSError) -> None:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        why = "The disk is full" if full else f"The disk says: {error.strerror}"
        self.failure = (
            f"{why}: the recording has ended after {self.seconds} s and can be read; "
            "the music goes on."
        )
