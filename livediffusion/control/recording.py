"""Recording on the performer's word: where to, from when on, and what they are told of it.

Threading: the control process's main thread only; the recorder has a thread of its own.
"""

from __future__ import annotations

import json
import logging
import re
import shutil
import time
from datetime import datetime
from pathlib import Path

import livediffusion
from livediffusion.config import Config
from livediffusion.control.osc_feedback import Feedback
from livediffusion.control.remembered import Remembered
from livediffusion.ipc.arena import Arena
from livediffusion.render.process import LoopReady, ModelState
from livediffusion.render.request import RenderRequest
from livediffusion.session.eventlog import FORMAT
from livediffusion.session.recorder import Recorder
from livediffusion.state.parameters import Refused
from livediffusion.state.patch import Patch
from livediffusion.state.performance import Performance
from livediffusion.types import SAMPLE_RATE, Json, Seconds, Value

_NOTE = "recording.json"  # in the run's folder: what is being recorded
_LEAST_MB = 100  # below so much room nothing is begun
_MB_A_MINUTE = 18  # of music
_LITTLE_MINUTES = 60
_ENDS_WITHIN: Seconds = 1.5
_ADDRESS, _SECONDS = "/ld/record", "/ld/out/recording"

_log = logging.getLogger(__name__)


class Recording:
    """Whether a session is being recorded, and all that its log must know."""

    def __init__(
        self,
        config: Config,
        arena: Arena,
        run_dir: Path,
        performance: Performance,
        feedback: Feedback,
    ) -> None:
        self._config = config
        self._arena = arena
        self._note = run_dir / _NOTE
        self._performance = performance
        self._feedback = feedback
        self._recorder: Recorder | None = None
        self._requests = Remembered()
        self._model: Json = {}
        self._patch: Patch | None = None  # whose text is in the log

    @property
    def seconds(self) -> int:
        """How much has been recorded; 0 while nothing is."""
        return self._recorder.seconds if self._recorder is not None else 0

    def open(self) -> None:
        """Go on with what a predecessor recorded; else begin if the config says so."""
        try:
            folder = Path(json.loads(self._note.read_text(encoding="utf-8"))["folder"])
        except (OSError, ValueError, KeyError):
            if self._config.session.record:
                self._begin_or_say()
            return
        if folder.is_dir():
            self._recorder = Recorder(self._arena, folder, None, self._requests)
            self._performance.values["record"] = True

    def set(self, on: bool) -> None:
        """Begin or end a recording. Raises Refused with what stands in the way."""
        if not on:
            self._end()
        elif self._recorder is None:
            self._performance.values["record"] = False
            self._begin()
        else:
            raise Refused(f"This is being recorded already, to {self._recorder.folder}.")

    def mark(self, text: str) -> None:
        """Put a marker here. Raises Refused while nothing is recorded."""
        if self._recorder is None:
            raise Refused("Nothing is being recorded: send /ld/record 1 first.")
        self._write("mark", text=text)

    def played(self, address: str, values: tuple[Value, ...], source: str) -> None:
        """Note what somebody moved."""
        if self._recorder is not None:
            self._write("control", address=address, values=list(values), source=source)

    def noticed(self, sentence: str) -> None:
        """Note what the performer was told."""
        if self._recorder is not None:
            self._write("notice", text=sentence)

    def rendered(self, ready: LoopReady) -> None:
        """Remember how a loop can be rendered again."""
        self._requests.add(ready.audio_key, ready.request.to_json())
        if self._recorder is not None:
            self._write("loop", key=ready.audio_key)

    def request_of(self, key: str) -> RenderRequest | None:
        """How a loop was rendered; None for one that nobody remembers. Any thread may ask."""
        found = self._requests.get(key)
        return None if found is None else RenderRequest.from_json(found)

    def uses(self, model: ModelState) -> None:
        """Remember which model renders from here on."""
        self._model = {"name": model.model, "hash": model.hash, "engine_id": model.engine_id}
        if self._recorder is not None:
            self._write("model", **self._model)

    def look(self, now: Seconds) -> None:
        """Tell how far it is, and that it has ended by itself."""
        recorder = self._recorder
        if recorder is not None and not recorder.running:
            self._recorder = None
            self._note.unlink(missing_ok=True)
            self._performance.values["record"] = False
            self._feedback.publish(_ADDRESS, (False,), "livediffusion", now)
            self._say(recorder.failure or f"The recording in {recorder.folder} has ended.")
        elif recorder is not None and self._performance.patch is not self._patch:
            self._patch = patch = self._performance.patch
            self._write("patch", name=patch.name, text=patch.content)

    def close(self) -> None:
        """End a recording with the daemon, after the music has ended."""
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.stop()
            recorder.join(_ENDS_WITHIN)
            self._note.unlink(missing_ok=True)

    # How it begins and ends.

    def _begin_or_say(self) -> None:
        try:
            self._begin()
        except Refused as refusal:
            self._say(str(refusal))

    def _begin(self) -> None:
        folder = self._new_folder()
        patch = self._patch = self._performance.patch
        head: Json = {
            "type": "session",
            "format": FORMAT,
            "version": livediffusion.__version__,
            "started": datetime.now().astimezone().isoformat(timespec="seconds"),
            "sample_rate": SAMPLE_RATE,
            "patch": patch.name,
            "patch_text": patch.content,
            "render": {
                "device": self._config.render.device,
                "dtype": self._config.render.dtype,
                "threads": self._config.render.threads,
            },
        }
        self._recorder = Recorder(self._arena, folder, head, self._requests)
        self._note.write_text(json.dumps({"folder": str(folder)}), encoding="utf-8")
        self._performance.values["record"] = True
        if self._model:
            self._write("model", **self._model)
        _log.info("recording to %s", folder)

    def _end(self) -> None:
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.stop()
            self._note.unlink(missing_ok=True)
            _log.info("%d s are recorded in %s", recorder.seconds, recorder.folder)

    def _new_folder(self) -> Path:
        """A folder that was not there before. Raises Refused."""
        base = Path(self._config.session.directory).expanduser().absolute()
        hint = "make it, or change [session] directory"
        if not base.parent.is_dir():
            raise Refused(f"There is no folder {base.parent} to record in: {hint}.")
        try:
            base.mkdir(exist_ok=True)
            self._check_room(base)
            stamp = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
            name = re.sub(r"[^\w-]+", "-", self._performance.patch.name.lower()).strip("-")[:40]
            return _made_anew(base / f"{stamp}_{name or 'set'}")
        except OSError as error:
            raise Refused(f"{base} cannot be recorded in ({error.strerror}): {hint}.") from None

    def _check_room(self, base: Path) -> None:
        free = shutil.disk_usage(base).free >> 20
        if free < _LEAST_MB:
            raise Refused(
                f"There are only {free} MB left for recording in {base}: free some, or change "
                "[session] directory."
            )
        if (minutes := free // _MB_A_MINUTE) < _LITTLE_MINUTES:
            self._say(f"There is room for about {minutes} minutes of recording in {base}.")

    def _say(self, sentence: str) -> None:
        _log.warning("%s", sentence)
        self._feedback.announce(sentence)

    def _write(self, kind: str, **what: object) -> None:
        assert self._recorder is not None
        page = self._arena.read_transport()
        since = (time.monotonic_ns() - page.monotonic_ns) * SAMPLE_RATE // 1_000_000_000
        frame = page.frame + min(max(since, 0), SAMPLE_RATE) if page.monotonic_ns else page.frame
        self._recorder.note({"type": kind, "frame": frame, **what})


def _made_anew(wanted: Path) -> Path:
    number, folder = 1, wanted
    while True:
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
            folder = wanted.with_name(f"{wanted.name}-{number}")
        else:
            return folder
