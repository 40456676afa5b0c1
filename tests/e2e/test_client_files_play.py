"""The files of patches/clients/ play a running daemon, each in its own program, as committed.

Clients that nobody here wrote: Pure Data, SuperCollider's sclang, Csound, npm's osc and oscquery.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from daemon import Daemon, running
from pd_hand import Hand
from relay import Relay

from livediffusion.types import Value

pytestmark = [pytest.mark.timeout(600), pytest.mark.long]  # minutes, in real time

TESTS = Path(__file__).parents[1]
CLIENTS = TESTS.parent / "patches" / "clients"
BLOCK = 256  # frames, of the output that plays to nothing
PATCH = """
tempo = 120
quantise = "off"
[[prompt]]
text = "techno"
[[prompt]]
text = "ambient, slow 🌊"
[[scene]]
name = "calm"
blend = [0.0, 1.0]
glide = 0
[[scene]]
name = "drop"
blend = [1.0, 0.0]
glide = 0
"""
needs_node = pytest.mark.skipif(
    not shutil.which("node") or not (TESTS / "node_modules" / "oscquery").is_dir(),
    reason="needs Node.js, and `npm ci --prefix tests`",
)


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("clients")
    with running(folder, PATCH, "null", announce=True) as started:
        yield started


@pytest.fixture(autouse=True)
def at_rest(daemon: Daemon) -> Iterator[None]:
    """Every test begins with the same values."""
    yield
    for address in ("/ld/gain", "/ld/filter", "/ld/mute"):
        daemon.osc.send_message(address, 0.0)
    wait_for(daemon, "/ld/mute", False)


def value(daemon: Daemon, address: str) -> list[Value]:
    """The value that OSCQuery tells."""
    connection = http.client.HTTPConnection("127.0.0.1", daemon.web_port, timeout=30.0)
    connection.request("GET", f"{address}?VALUE")
    values: list[Value] = json.loads(connection.getresponse().read())["VALUE"]
    connection.close()
    return values


def wait_for(daemon: Daemon, address: str, *wanted: Value) -> None:
    daemon.wait(lambda d: value(d, address) == pytest.approx([*wanted]), f"{address} {wanted}")


WATCHED = (
    "ld-to-gain", "ld-from-gain", "ld-from-prompt-2-text", "ld-to-prompt-2-text",
    "ld-from-out-beat", "ld-from-out-tempo", "ld-from-out-eta", "ld-from-out-error",
    "ld-from-scene", "ld-from-quantise", "ld-from-xy-y", "ld-from-mute", "ld-from-heard",
)  # fmt: skip


@pytest.fixture(scope="module")
def hand(daemon: Daemon, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hand]:
    if not shutil.which("pd"):
        pytest.skip("needs Pure Data (puredata-core)")
    hand = Hand(CLIENTS / "livediffusion.pd", WATCHED, tmp_path_factory.mktemp("pd"))
    try:
        hand.touch("ld-net", "disconnect")
        hand.touch("ld-net", "connect", "127.0.0.1", daemon.port)
        hand.wait("ld-from-prompt-2-text", lambda seen: seen != "", 60.0)
        yield hand
    finally:
        hand.close()


def test_pure_data_shows_everything_once_it_is_subscribed(daemon: Daemon, hand: Hand) -> None:
    assert hand.wait("ld-from-prompt-2-text", lambda seen: "ambient" in seen).startswith("set ")
    hand.touch("ld-from-prompt-2-text", "bang")  # a box tells what it shows when it is banged
    assert "slow" in hand.wait("ld-to-prompt-2-text", lambda seen: "ambient" in seen)
    hand.wait("ld-from-quantise", lambda seen: seen == "set 0")
    hand.wait("ld-from-out-tempo", lambda seen: seen == "set 120")
    hand.wait("ld-from-heard", lambda seen: seen == "set 1")
    first = hand.wait("ld-from-out-beat", lambda seen: seen.startswith("set "))
    hand.wait("ld-from-out-beat", lambda seen: float(seen[4:]) > float(first[4:]))


def test_pure_data_moves_values_by_its_faders_and_buttons(daemon: Daemon, hand: Hand) -> None:
    hand.touch("ld-from-gain", -7.5)
    wait_for(daemon, "/ld/gain", -7.5)
    hand.touch("ld-from-seed-b", 1234567)
    wait_for(daemon, "/ld/seed/b", 1234567)
    hand.touch("ld-from-mute", "bang")
    wait_for(daemon, "/ld/mute", True)
    hand.touch("ld-from-mute", "bang")
    wait_for(daemon, "/ld/mute", False)
    hand.touch("ld-from-quantise", 2)
    wait_for(daemon, "/ld/quantise", "bar")
    hand.touch("ld-from-quantise", 0)
    wait_for(daemon, "/ld/quantise", "off")
    hand.touch("ld-to-scene-2", "bang")
    hand.wait("ld-from-scene", lambda seen: seen == "set drop")
    wait_for(daemon, "/ld/scene", "drop")
    hand.touch("ld-from-xy-x", 0.25)
    hand.touch("ld-from-xy-y", 0.75)
    wait_for(daemon, "/ld/xy", 0.25, 0.75)


def test_pure_data_follows_what_others_move_and_sends_nothing_back(
    daemon: Daemon, hand: Hand
) -> None:
    hand.touch("ld-from-gain", -3.0)
    wait_for(daemon, "/ld/gain", -3.0)
    hand.wait("ld-to-gain", lambda seen: seen == "-3")
    sent = len(hand.seen["ld-to-gain"])
    daemon.osc.send_message("/ld/gain", -12.0)
    hand.wait("ld-from-gain", lambda seen: seen == "set -12")
    beat = float(hand.wait("ld-from-out-beat", lambda seen: True)[4:])
    hand.wait("ld-from-out-beat", lambda seen: float(seen[4:]) > beat + 1.0)
    assert len(hand.seen["ld-to-gain"]) == sent, "it was only shown"
    hand.touch("ld-from-gain", "bang")
    hand.wait("ld-to-gain", lambda seen: seen == "-12")


def test_pure_data_shows_what_was_refused(daemon: Daemon, hand: Hand) -> None:
    hand.touch("ld-from-patch", "symbol", "../../x")
    hand.wait("ld-from-out-error", lambda seen: "There\\ is\\ no\\ patch" in seen)


SCLANG = """
~ldPort = {port};
"{snippet}".load;
~step = 0;
~go = {{
    if (~ldHeard["/ld/out/beat"].notNil) {{
        (~step < {steps}).if({{
            ~ldAt.(0.5, ["/ld/mute", 1 - (~step % 2)], ["/ld/filter", ~step / -10]);
        }});
        (~step == ({steps} + 2)).if({{
            ("filter" + ~ldHeard["/ld/filter"][0].round(0.01)).postln;
            ~ldClose.();
            0.exit;
        }});
        ~step = ~step + 1;
    }};
    1.25
}};
AppClock.sched(0.5, {{ ~go.() }});
"""


@pytest.mark.skipif(not shutil.which("sclang"), reason="needs sclang (supercollider-language)")
def test_bundles_of_supercollider_act_half_a_second_later(daemon: Daemon, tmp_path: Path) -> None:
    relay, steps = Relay(daemon.port), 4
    script, log = tmp_path / "play.scd", tmp_path / "post.txt"
    snippet = CLIENTS / "livediffusion.scd"
    script.write_text(SCLANG.format(port=relay.port, snippet=snippet, steps=steps))
    without_screen = {"QTWEBENGINE_DISABLE_SANDBOX": "1", "QT_QPA_PLATFORM": "offscreen"}
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    with log.open("w") as out:
        client = subprocess.Popen(
            ["sclang", "-D", str(script)],
            env=os.environ | without_screen | home,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        late = [_lateness(daemon, relay) for _ in range(steps)]
        client.wait(30.0)
    finally:
        client.kill()
        client.wait()
        relay.close()
    # a mute takes 5 ms to be complete, and the limiter looks 64 frames ahead
    assert sorted(abs(frames) for frames in late)[steps // 2] <= BLOCK + 240 + 64, late
    assert "filter -0.3" in log.read_text(), "the feedback came"


def _lateness(daemon: Daemon, relay: Relay) -> int:
    """Frames from the time of the next bundle to the change that is heard."""
    unit, due = relay.bundles.get(timeout=200.0)
    assert [address for address, _ in unit.messages] == ["/ld/mute", "/ld/filter"]
    assert due - time.time() > 0.2, "it came ahead of its time"
    time.sleep(due - time.time() + 0.3)
    page = daemon.transport
    due_ns = (due - time.time() + time.monotonic()) * 1e9
    frame = page.frame + round((due_ns - page.monotonic_ns) * 48e-6)
    ring = np.abs(daemon.arena.read_ring(frame - 4800, 9600)).max(axis=1)
    silent = ring == 0.0
    changed = silent if unit.messages[0][1] == (1,) else ~silent
    return int(np.flatnonzero(changed)[0]) - 4800


def test_the_python_snippet_moves_the_filter_and_prints_the_feedback(daemon: Daemon) -> None:
    _plays_the_filter(daemon, [sys.executable, str(CLIENTS / "livediffusion_osc.py")])


@needs_node
def test_the_snippet_for_npms_osc_moves_the_filter_and_prints_the_feedback(daemon: Daemon) -> None:
    _plays_the_filter(daemon, ["node", str(CLIENTS / "livediffusion.js")])


def _plays_the_filter(daemon: Daemon, command: list[str]) -> None:
    """Down at once, up again two seconds later by a bundle; the feedback on the way."""
    environment = os.environ | {"NODE_PATH": str(TESTS / "node_modules"), "PYTHONUNBUFFERED": "1"}
    client = subprocess.Popen(
        [*command, "127.0.0.1", str(daemon.port)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(daemon, "/ld/filter", -0.3)
        wait_for(daemon, "/ld/filter", 0.0)
        output, _ = client.communicate(timeout=60.0)
    finally:
        client.kill()
        client.wait()
    assert client.returncode == 0
    assert "/ld/prompt/2/text ambient, slow 🌊\n" in output
    beats = [float(beat) for beat in re.findall(r"^/ld/out/beat (\S+)$", output, re.MULTILINE)]
    assert len(beats) > 10 and beats == sorted(beats)


@pytest.mark.skipif(not shutil.which("csound"), reason="needs csound")
def test_the_csound_snippet_sweeps_the_filter_and_prints_the_beat(daemon: Daemon) -> None:
    command = ["csound", f"--omacro:PORT={daemon.port}", str(CLIENTS / "livediffusion.csd")]
    client = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        daemon.wait(lambda d: float(str(value(d, "/ld/filter")[0])) < -0.5, "a low filter")
        output, _ = client.communicate(timeout=60.0)
    finally:
        client.kill()
        client.wait()
    assert re.search(r"beat \d+\.\d\d at 120\.00 bpm", output), output[-2000:]


@needs_node
def test_npms_oscquery_finds_the_daemon_and_moves_a_value(daemon: Daemon) -> None:
    client = TESTS / "control" / "oscquery_client.js"
    command = ["node", str(client), str(daemon.web_port)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout.splitlines()[0])
    assert found["name"] == "livediffusion" and "/ld/prompt/2/text" in found["methods"]
    wait_for(daemon, "/ld/gain", -9.0)
