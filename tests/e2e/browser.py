"""A real browser on the page of a running daemon: headless Chromium, driven by Playwright."""

from __future__ import annotations

import base64
import contextlib
import importlib.util
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
AXE = Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"
_ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
_PATIENCE_S = 150  # with a busy machine, on which the page has to mend what it plays
NO_WORKLET = "delete BaseAudioContext.prototype.audioWorklet; delete window.AudioWorkletNode;"
_FREELY = "--autoplay-policy=no-user-gesture-required"
_TAP = """
registerProcessor("tap", class extends AudioWorkletProcessor {
  process([[left, right]]) {
    if (left) this.port.postMessage([left.slice(), right.slice()]);
    return true;
  }
});
"""


def why_not() -> str:
    """Why there is no browser to test with; "" when there is one."""
    if CHROMIUM is None:
        return "needs Debian's chromium"
    return "" if importlib.util.find_spec("playwright") else "needs playwright"


@contextmanager
def browser() -> Iterator[Any]:
    """A browser, ended at the end."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = launch(playwright.chromium)
        try:
            yield found
        finally:
            found.close()


def launch(kind: Any, *, freely: bool = True) -> Any:
    """A browser of a kind; `freely` lets pages play sound before anybody clicks."""
    options = [*_ARGUMENTS, *([_FREELY] if freely else [])]
    return kind.launch(executable_path=CHROMIUM, headless=True, args=options)


class Page:
    """One page that is drawn; `problems` are errors and warnings of its console."""

    def __init__(self, browser: Any, port: int, script: str = "", **context: Any) -> None:
        """`script` runs before the page's own."""
        self.problems: list[str] = []
        self._context = browser.new_context(viewport={"width": 1440, "height": 900}, **context)
        self.page = self._context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        if script:
            self.page.add_init_script(script)
        self.page.goto(f"http://127.0.0.1:{port}/")
        self.wait("() => Boolean(window.page && window.page.stage.frames > 5)", "a drawn page")

    def wait(self, holds: str, what: str, *given: Any, timeout_s: float = 30.0) -> None:
        """Until a function of the page's gives true (its policy lets no text be run as code)."""
        end = time.monotonic() + timeout_s
        while not self.page.evaluate(holds, *given):
            assert time.monotonic() < end, f"{what} within {timeout_s} s: {self.problems}"
            self.page.wait_for_timeout(30)

    def value(self, address: str) -> Any:
        """What a control shows."""
        return self.page.evaluate("(a) => window.page.panels.controls.get(a).hand.value", address)

    def wait_for_value(self, address: str, wanted: float) -> None:
        """Until a control shows a number."""
        near = "([a, v]) => Math.abs(window.page.panels.controls.get(a).hand.value - v) < 1e-3"
        self.wait(near, f"{address} at {wanted}", [address, wanted])

    def wait_for_text(self, address: str, wanted: str, timeout_s: float = 30.0) -> None:
        """Until a control shows a text."""
        holds = "([a, v]) => window.page.panels.controls.get(a)?.hand.value === v"
        self.wait(holds, f"{address} with {wanted}", [address, wanted], timeout_s=timeout_s)

    def drop(self, file: Path) -> None:
        """Drop a file on the page, as if it came from the desktop."""
        content = base64.b64encode(file.read_bytes()).decode()
        self.page.evaluate(_DROP, [file.name, content])

    def drag(self, address: str, *places: float) -> None:
        """Press a fader at a place, 0 to 1 of its way, drag it on to others, and let go."""
        track = self.page.locator(f'[data-address="{address}"] .track')
        track.scroll_into_view_if_needed()
        box = track.bounding_box()
        first, *others = [box["x"] + 1 + place * (box["width"] - 2) for place in places]
        y = box["y"] + box["height"] / 2
        self.page.mouse.move(first, y)
        self.page.mouse.down()
        for x in others:
            self.page.mouse.move(x, y, steps=5)
        self.page.mouse.up()

    def record(self, seconds: float) -> NDArray[np.float32]:
        """What the page plays, (frames, 2), from its own audio graph; it must be listening.

        It is the first stretch that the page says it has left untouched, with 2 s after it, as its
        word comes late. Needs a page that was opened with `bypass_csp=True`: what records is none
        of its files.
        """
        sent = base64.b64decode(self.page.evaluate(_RECORD, [seconds, _TAP, _PATIENCE_S]))
        return np.frombuffer(sent, np.float32).reshape(-1, 2)

    def findings(self) -> list[str]:
        """What axe finds serious or worse."""
        session = self._context.new_cdp_session(self.page)
        session.send("Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8")})
        found = self.page.evaluate("async () => (await axe.run()).violations")
        return [
            f"{one['id']}: {one['nodes'][0]['html'][:120]}"
            for one in found
            if one["impact"] in ("serious", "critical")
        ]

    def close(self) -> None:
        """Close it, and all that it remembers."""
        with contextlib.suppress(Exception):
            self._context.close()

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(message.text)


_DROP = """([name, content]) => {
  const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name));
  for (const type of ["dragover", "drop"]) {
    const event = new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true });
    document.body.dispatchEvent(event);
  }
}"""
_RECORD = """async ([seconds, tapped, patience]) => {
  const node = window.ear.node, context = node.context, rate = context.sampleRate;
  const size = Math.ceil((seconds + 2.0) * rate);
  const left = new Float32Array(size), right = new Float32Array(size);
  let taken = 0;
  const take = (one, other) => {
    for (let i = 0; i < one.length; i++, taken++) {
      left[taken % size] = one[i];
      right[taken % size] = other[i];
    }
  };
  let stop;
  if (node.onaudioprocess) {
    const play = node.onaudioprocess;
    node.onaudioprocess = (event) => {
      play(event);
      take(event.outputBuffer.getChannelData(0), event.outputBuffer.getChannelData(1));
    };
    stop = () => (node.onaudioprocess = play);
  } else {
    const code = URL.createObjectURL(new Blob([tapped], { type: "text/javascript" }));
    await context.audioWorklet.addModule(code);
    const tap = new AudioWorkletNode(context, "tap");
    tap.port.onmessage = ({ data }) => take(...data);
    node.connect(tap);
    stop = () => tap.disconnect();
  }
  const until = performance.now() + patience * 1000;
  while (taken < size || window.ear.figures.exact < size + rate / 2) {
    if (performance.now() > until) throw new Error(JSON.stringify(window.ear.figures));
    await new Promise((done) => setTimeout(done, 20));
  }
  stop();
  const count = Math.ceil(seconds * rate), sound = new Float32Array(2 * count);
  for (let i = 0, at = taken - size; i < count; i++, at++) {
    sound[2 * i] = left[at % size];
    sound[2 * i + 1] = right[at % size];
  }
  const bytes = new Uint8Array(sound.buffer), parts = [];
  for (let i = 0; i < bytes.length; i += 32768) {
    parts.push(String.fromCharCode(...bytes.subarray(i, i + 32768)));
  }
  return btoa(parts.join(""));
}"""
