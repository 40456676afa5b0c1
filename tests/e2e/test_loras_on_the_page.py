"""The page has a fader for each LoRA that the patch names, and none for others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Page, browser, why_not
from daemon import Daemon, running
from stand_in import inside

pytestmark = [
    pytest.mark.long,  # another daemon and another browser
    pytest.mark.timeout(400),
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]

PATCH = """
[[prompt]]
text = "techno"
[[lora]]
name = "dark"
weight = 0.25
"""


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    with running(tmp_path, PATCH, "null", inside=inside) as found:
        yield found


def test_a_lora_is_a_fader_with_its_name(daemon: Daemon) -> None:
    with browser() as chromium:
        page = Page(chromium, daemon.web_port)
        shown = "(a) => !document.querySelector(`[data-address='${a}']`).hidden"
        page.wait(shown, "a fader", "/ld/lora/1/weight", timeout_s=120.0)
        page.wait_for_value("/ld/lora/1/weight", 0.25)
        name = "document.querySelector(\"[data-address='/ld/lora/1/weight'] .name\").textContent"
        assert page.page.evaluate(name).strip() == "dark"
        assert not page.page.evaluate(shown, "/ld/lora/2/weight")
        daemon.osc.send_message("/ld/lora/1/weight", 1.0)
        page.wait_for_value("/ld/lora/1/weight", 1.0)
        daemon.patch.write_text(PATCH[: PATCH.index("[[lora]]")], encoding="utf-8")
        panel = "() => document.querySelector(\"[data-address='/ld/lora/1/weight']\").hidden"
        page.wait(panel, "no fader", timeout_s=60.0)
        page.close()
