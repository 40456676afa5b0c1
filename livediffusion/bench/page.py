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
from livediffusion.bench.underruns import UnderrunWatch
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

    The visitor asks for all that a page asks for that draws and listens, and does nothing with it:
    as somebody looking from elsewhere. The browser draws on this machine, as it would on a laptop;
    without one there is no such part.
    """
    visits: dict[str, _Visit] = {"without": contextlib.nullcontext}
    visits["visitor"] = lambda: _visitor(daemon.web_port)
    if browser := next(filter(None, map(shutil.which, _BROWSERS)), None):
        visits["browser"] = lambda: _browser(browser, daemon)
    rounds: dict[str, list[Json]] = {name: [] for name in visits}
    for number in range(ROUNDS):
        turns = list(visits.items())[:: 1 if number % 2 == 0 else -1]  # none is always the first
        for place, (name, visit) in enumerate(turns):
            daemon.osc.send_message("/ld/prompt/2/weight", 0.0)  # as at the start
            seed = 1 + number * len(visits) + place  # nothing of it has been rendered before
            daemon.osc.send_message("/ld/seed/a", seed)
            daemon.come_to_rest()
            with visit(), UnderrunWatch(daemon.arena) as watch:
                figures = measure_knobs(daemon, advance)
            rounds[name].append(figures | watch.figures())
    return {name: _together(figures) for name, figures in rounds.items()}


def _together(rounds: list[Json]) -> Json:
    """Each figure's median over the rounds; all that was counted."""
    found: Json = {}
    for key, first in rounds[0].items():
        if isinstance(first, dict):
            found[key] = {q: statistics.median(one[key][q] for one in rounds) for q in first}
        else:
            found[key] = sum(one[key] for one in rounds)
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
def _browser(program: str, daemon: Playing) -> Iterator[None]:
    """The page open in a browser that draws it."""
    folder = tempfile.TemporaryDirectory(
        prefix="livediffusion-browser-",
        ignore_cleanup_errors=True,  # its children end after it
    )
    with folder as profile:
        command = [program, *_BROWSER_OPTIONS, f"--user-data-dir={profile}"]
        quiet = subprocess.DEVNULL
        address = f"http://127.0.0.1:{daemon.web_port}/"
        process = subprocess.Popen([*command, address], stdout=quiet, stderr=quiet)
        try:
            _wait_for_page(daemon)
            time.sleep(_DRAWS_S)
            yield
        finally:
            process.terminate()
            process.wait()


def _wait_for_page(daemon: Playing) -> None:
    until = time.monotonic() + _OPENS_S
    while not any(one.startswith("osc-web ") for one in daemon.supervisor.status()["listeners"]):
        if time.monotonic() > until:
            raise UserError("The browser did not open the page; try it by hand.")
        time.sleep(0.1)
