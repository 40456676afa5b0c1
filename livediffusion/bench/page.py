"""What it costs the music that somebody has the page open: the same figures with and without.

Both are measured in turns on one daemon, so that what else happens on the machine is shared.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from livediffusion.bench.knobs import measure_knobs
from livediffusion.bench.playing import Playing
from livediffusion.bench.renders import Advance
from livediffusion.errors import UserError
from livediffusion.types import Json

ROUNDS = 3  # of each
_BROWSERS = ("chromium", "google-chrome", "chromium-browser")
_OPENS_S, _DRAWS_S = 20.0, 5.0
_BROWSER_OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--window-size=1440,900",
)  # fmt: skip

_Visit = Callable[[], AbstractContextManager[None]]


def measure_page(daemon: Playing, advance: Advance) -> Json:
    """Knob to sound and underruns: without anybody, with a visitor, and with a real browser.

    The browser draws on this machine, as it would on a laptop; without one there is no such part.
    """
    visits: dict[str, _Visit] = {"without": contextlib.nullcontext}
    visits["visitor"] = lambda: _visitor(daemon.web_port)
    if browser := next(filter(None, map(shutil.which, _BROWSERS)), None):
        visits["browser"] = lambda: _browser(browser, daemon.web_port)
    rounds: dict[str, list[Json]] = {name: [] for name in visits}
    for number in range(ROUNDS):
        for place, (name, visit) in enumerate(visits.items()):
            daemon.osc.send_message("/ld/prompt/2/weight", 0.0)  # as at the start
            seed = 1 + number * len(visits) + place  # nothing of it has been rendered before
            daemon.osc.send_message("/ld/seed/a", seed)
            daemon.come_to_rest()
            with visit():
                before = daemon.arena.read_transport().underruns
                figures = measure_knobs(daemon, advance)
                figures["underruns"] = daemon.arena.read_transport().underruns - before
            rounds[name].append(figures)
    return {name: _together(figures) for name, figures in rounds.items()}


def _together(rounds: list[Json]) -> Json:
    """Each figure's median over the rounds; all underruns."""
    found: Json = {"underruns": sum(figures["underruns"] for figures in rounds)}
    for key in (key for key in rounds[0] if key != "underruns"):
        names = rounds[0][key]
        found[key] = {q: statistics.median(one[key][q] for one in rounds) for q in names}
    return found


@contextmanager
def _visitor(port: int) -> Iterator[None]:
    command = [sys.executable, "-m", "livediffusion.bench.visitor", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        until, came = time.monotonic() + _OPENS_S, dict[str, int]()
        while not came.get("sound") or not came.get("show"):
            if time.monotonic() > until or not (line := process.stdout.readline()):
                raise UserError("The page could not be opened; try it in a browser.")
            came = json.loads(line)
        yield
    finally:
        process.kill()
        process.communicate()


@contextmanager
def _browser(program: str, port: int) -> Iterator[None]:
    """The page in a browser that draws it, and a visitor beside it who listens."""
    with tempfile.TemporaryDirectory(prefix="livediffusion-browser-") as profile, _visitor(port):
        command = [program, *_BROWSER_OPTIONS, f"--user-data-dir={profile}"]
        quiet = subprocess.DEVNULL
        address = f"http://127.0.0.1:{port}/"
        process = subprocess.Popen([*command, address], stdout=quiet, stderr=quiet)
        try:
            time.sleep(_DRAWS_S)
            yield
        finally:
            process.terminate()
            process.wait()
