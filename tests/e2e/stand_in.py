"""A renderer without torch, for tests of everything else: it answers at once, with tones.

python stand_in.py play PATCH ...    as `livediffusion play`, with this renderer
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from queue import Empty
from typing import Any

import numpy as np

from livediffusion.ipc.arena import Arena
from livediffusion.ipc.lifeline import hold
from livediffusion.ipc.wire import CONNECTED, Server
from livediffusion.render.request import RenderRequest
from livediffusion.render.settings import RendererSettings
from livediffusion.timeline.transport import loop_frames

_MODEL = {"steps": 4, "guidance": 1.0, "sampler": "lcm", "native_tempo": 120.0}


def main(settings: RendererSettings, lifeline: Connection) -> None:
    """Serve until asked to end."""
    stop, arena = hold(lifeline), Arena(settings.arena_path)
    server = Server(settings.socket_path)
    state = {
        "type": "hello",
        "state": "ready",
        "model": settings.model,
        "hash": "stand-in",
        "engine_id": "stand-in",
        "defaults": _MODEL,
    }
    while not stop.is_set():
        arena.beat_heart("renderer")
        try:
            message = server.received.get(timeout=0.1)
        except Empty:
            continue
        if message["type"] == CONNECTED:
            server.send(state)
        elif message["type"] == "render":
            server.send(render(message, arena))
    server.close()


def render(message: dict[str, Any], arena: Arena) -> dict[str, Any]:
    """A tone whose pitch is the blend's, so that every blend sounds different."""
    request = RenderRequest.from_json(message["request"])
    frames = loop_frames(request.beats, request.tempo)
    turns = 400 + round(sum(weight * 40 * (n + 1) for n, (_, weight) in enumerate(request.prompts)))
    wave = 0.2 * np.sin(2 * np.pi * turns * np.arange(frames) / frames)
    arena.slot(message["slot"], frames)[:] = wave[:, None].astype(np.float32)
    return {
        "type": "ready",
        "id": message["id"],
        "slot": message["slot"],
        "frames": frames,
        "beats": request.beats,
        "tempo": request.tempo,
        "request": request.to_json(),
        "cache_key": request.cache_key(),
        "audio_key": request.audio_key(),
        "cached": False,
        "cold": request.phase_from is None,
        "render_ms": 20.0,
        "stages": {"denoise": 10.0},
        "peak": 0.2,
        "loudness": -16.0,
    }


def started_by(file: str) -> Callable[..., list[str]]:
    """What makes of a command the one that plays with the renderer in a file beside this one."""
    return lambda *command: [command[0], file, *command[3:]]


def play_with(file: str) -> None:
    """Be `livediffusion`, with the renderer in a file beside this one."""
    from livediffusion import cli
    from livediffusion.stage import Staged

    real = Staged.supervisor

    def with_another(self: Staged, *arguments: Any) -> Any:
        supervisor = real(self, *arguments)
        for child in supervisor.children:
            if child.name == "renderer":
                child.module = Path(file).stem
        return supervisor

    Staged.supervisor = with_another  # type: ignore[method-assign]
    os.environ["PYTHONPATH"] = str(Path(file).parent)
    sys.argv[0] = "livediffusion"
    cli.main()


inside = started_by(__file__)

if __name__ == "__main__":
    play_with(__file__)
