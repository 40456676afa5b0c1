"""The page draws no more than it must: in a real browser, by what it does, not by the clock."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator

import pytest
from browser import Page, browser, why_not
from daemon import Daemon, running

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]
PATCH = """
tempo = 120
[[prompt]]
text = "techno"
"""
# What every page here is asked with: its drawings and the program's words are counted.
COUNTS = """
  window.counted = { images: 0, shows: 0 };
  const drawImage = CanvasRenderingContext2D.prototype.drawImage;
  CanvasRenderingContext2D.prototype.drawImage = function (...given) {
    window.counted.images++;
    return drawImage.apply(this, given);
  };
  const parse = JSON.parse;
  JSON.parse = (text) => {
    window.counted.shows += text.startsWith('{"SHOW"');
    return parse(text);
  };
"""


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with running(tmp_path_factory.mktemp("page"), PATCH, "null") as found:
        found.wait(lambda d: d.status["eta"] == 0.0, "rest")
        yield found


@pytest.fixture(scope="module")
def page(daemon: Daemon) -> Iterator[Page]:
    with browser() as chromium:
        found = Page(chromium, daemon.web_port, COUNTS)
        found.page.evaluate(f"() => {{ window.until = {UNTIL}; }}")
        yield found
        found.close()


UNTIL = """async (holds) => {
  const end = performance.now() + 30000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`${holds} within 30 s`);
    await new Promise((done) => setTimeout(done, 5));
  }
}"""


def test_where_the_processor_draws_beside_the_music_frames_are_few(page: Page) -> None:
    """As everywhere here: a browser without a graphics processor, on the program's machine."""
    assert page.page.evaluate("() => window.page.pacer.rate") <= 15
    assert page.problems == [], "to ask for a graphics processor is no mistake"


def test_what_only_moves_is_not_painted_and_what_is_the_same_not_written(page: Page) -> None:
    written, beats, paints, images = page.page.evaluate(AT_REST)
    moving = {"DIV strip style", "B  style", "STRONG place childList", "DD  childList"}
    sentence = "P link childList"  # of a machine too busy to be heard of
    assert set(written) - {sentence} <= moving and "DIV strip style" in written
    assert paints <= beats / 8 + 2, "a strip is half a width longer than is seen"
    assert images <= 6 * (paints + 1)


AT_REST = """async () => {
  const { stage, clock } = window.page, beat = () => clock.beat(performance.now() / 1000);
  await window.until(() => document.querySelector('[data-name="standing by"]').textContent !== "–");
  const written = new Set(), begun = [beat(), stage.paints, window.counted.images];
  const observer = new MutationObserver((records) => {
    for (const { target, type, attributeName } of records) {
      written.add(`${target.tagName} ${target.id || target.className} ${attributeName ?? type}`);
    }
  });
  const all = { attributes: true, childList: true, characterData: true, subtree: true };
  observer.observe(document.body, all);
  const until = stage.frames + 60;
  await window.until(() => stage.frames > until);
  observer.disconnect();
  const [since, paints, images] = begun;
  return [[...written], beat() - since, stage.paints - paints, window.counted.images - images];
}"""


def test_frames_are_as_few_as_they_are_to_be(page: Page) -> None:
    frames, seconds = page.page.evaluate(PACED, 10)
    assert 0 < frames <= seconds * 10 + 2
    frames, seconds = page.page.evaluate(PACED, 2)
    assert 0 < frames <= seconds * 2 + 2


PACED = """async (rate) => {
  const { pacer, stage } = window.page;
  pacer.limit(rate);
  const begun = [stage.frames, performance.now()];
  await window.until(() => performance.now() > begun[1] + 1500);
  const told = [stage.frames - begun[0], (performance.now() - begun[1]) / 1000];
  pacer.limit(15);
  return told;
}"""


def test_what_nobody_sees_is_not_drawn(page: Page) -> None:
    """Neither in a hidden tab, though the program's words go on, nor scrolled out of view."""
    assert page.page.evaluate(HIDDEN) == 0
    page.page.evaluate("() => { document.body.style.paddingBottom = '3000px'; }")
    page.page.evaluate("() => scrollTo(0, 2000)")
    assert page.page.evaluate(UNSEEN) == 0
    page.page.evaluate("() => scrollTo(0, 0)")
    assert page.page.evaluate(GOES_ON)


UNDRAWN = """
  const { stage } = window.page, some = window.counted.shows + 3;
  await window.until(() => window.counted.shows > some);
  const before = [stage.frames, stage.paints], more = window.counted.shows + 10;
  await window.until(() => window.counted.shows > more);
  const drawn = stage.frames - before[0] + stage.paints - before[1];
"""
HIDDEN = f"""async () => {{
  let hidden = true;
  Object.defineProperty(document, "hidden", {{ get: () => hidden, configurable: true }});
  {UNDRAWN}
  hidden = false;
  await window.until(() => stage.frames > before[0]);
  return drawn;
}}"""
UNSEEN = f"async () => {{ {UNDRAWN} return drawn; }}"
GOES_ON = """async () => {
  const before = window.page.stage.frames;
  await window.until(() => window.page.stage.frames > before);
  return true;
}"""


@pytest.mark.long  # half a minute; the pacer alone is tested without a browser
def test_slow_frames_become_fewer_and_come_back(page: Page) -> None:
    slow, back = page.page.evaluate(SLOW)
    assert slow < 60 and back > slow


SLOW = """async () => {
  const { pacer, stage } = window.page, draw = stage.draw;
  pacer.limit(60);
  stage.draw = function (now) {
    const until = performance.now() + 45;
    while (performance.now() < until);
    return draw.call(this, now);
  };
  await window.until(() => pacer.rate < 60);
  delete stage.draw;
  let slow = pacer.rate;
  await window.until(() => pacer.rate > slow || void (slow = pacer.rate));
  const told = [slow, pacer.rate];
  pacer.limit(15);
  return told;
}"""


def test_a_hand_waits_for_no_frame(daemon: Daemon, page: Page) -> None:
    page.page.evaluate("() => window.page.pacer.limit(0.001)")
    page.drag("/ld/gain", 0.9, 0.5, 0.0)
    daemon.wait(lambda d: "-60" in asked(d, "/ld/gain"), "the move")
    page.page.evaluate("() => window.page.pacer.limit(15)")


def asked(daemon: Daemon, address: str) -> str:
    """What the program says that a value is."""
    place = f"http://127.0.0.1:{daemon.web_port}{address}?VALUE"
    with urllib.request.urlopen(place, timeout=10.0) as answer:
        return str(answer.read().decode())
