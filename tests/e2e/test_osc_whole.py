"""OSC by every wire, and OSCQuery, against one running daemon."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from daemon import Daemon, free_port, running
from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.tcp_client import SimpleTCPClient
from websockets.sync.client import connect

from livediffusion.control.wallclock import measured_offset

pytestmark = pytest.mark.timeout(300)

BLOCK = 256  # frames, of the output that plays to nothing
PATCH = """
tempo = 120
quantise = "off"
[[prompt]]
text = "techno"
[[prompt]]
text = "ambient"
"""
OTHER = (
    'tempo = 100\n[[prompt]]\ntext = "house"\n[[prompt]]\ntext = "dub"\n[[prompt]]\ntext = "a"\n'
)


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon whose OSC port was taken when it started, and is free now."""
    folder: Path = tmp_path_factory.mktemp("osc")
    (folder / "other.toml").write_text(OTHER, encoding="utf-8")
    port = free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", port))
        with running(folder, PATCH, "null", port=port) as started:
            assert started.status["osc"]["packets"] == 0
            taken.close()
            started.wait(lambda d: "is free now" in d.log(), "the port")
            yield started


def get(daemon: Daemon, path: str, **headers: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", daemon.web_port, timeout=30.0)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, json.loads(content) if response.status == 200 else content


def test_a_port_that_is_taken_is_said_and_the_music_plays_on(daemon: Daemon) -> None:
    assert f"OSC port {daemon.port} is taken" in daemon.log()
    assert daemon.transport.playing
    daemon.osc.send_message("/ld/drift", 0.0)
    daemon.wait(lambda d: d.status["osc"]["packets"] > 0, "the first packet")


@pytest.mark.parametrize("mode", ["1.0", "1.1"])
def test_tcp_moves_values_and_gets_everything_on_subscribing(daemon: Daemon, mode: str) -> None:
    with SimpleTCPClient("127.0.0.1", daemon.port, mode=mode, timeout=30.0) as client:
        client.send_message("/ld/subscribe", [])
        found: dict[str, list[Any]] = {}
        while "/ld/filter" not in found:
            for packet in client.receive():
                message = OscMessage(packet)
                found[message.address] = message.params
        assert found["/ld/prompt/2/text"] == ["ambient"] and found["/ld/quantise"] == ["off"]
        client.send_message("/ld/gain", -3.0)
        daemon.wait(lambda d: get(d, "/ld/gain?VALUE")[1] == {"VALUE": [-3.0]}, "the gain")
        client.send_message("/ld/gain", 0.0)


def send_bundle(daemon: Daemon, ahead_s: float, address: str, value: float) -> int:
    """Send one message as a bundle for a time to come; the output frame that leaves then."""
    due = time.time() + ahead_s
    content = OscMessageBuilder(address)
    content.add_arg(value)
    bundle = OscBundleBuilder(due)
    bundle.add_content(content.build())
    daemon.osc.send(bundle.build())
    due_ns = round((due - measured_offset()) * 1e9)
    time.sleep(ahead_s + 0.5)
    page = daemon.transport
    return page.frame + round((due_ns - page.monotonic_ns) * 48e-6)


def test_a_bundle_for_a_time_to_come_is_heard_in_its_block(daemon: Daemon) -> None:
    late = []
    for mute in (1, 0, 1, 0):
        frame = send_bundle(daemon, 0.4, "/ld/mute", mute)
        ring = np.abs(daemon.arena.read_ring(frame - 4800, 9600)).max(axis=1)
        silent = ring == 0.0
        changed = silent if mute else ~silent
        late.append(int(np.flatnonzero(changed)[0]) - 4800)
    # a mute takes 5 ms to be complete, and the limiter looks 64 frames ahead
    allowed = 240 + 64
    assert sorted(abs(frames) for frames in late)[1] <= BLOCK + allowed, late


def test_what_must_be_rendered_is_ready_at_its_time_too(daemon: Daemon) -> None:
    late = []
    for seed in (101, 102, 103):
        frame = send_bundle(daemon, 5.0, "/ld/seed/a", seed)
        period = daemon.transport.loop_frames
        now, before = (daemon.arena.read_ring(frame - 4800 - p, 24000) for p in (0, period))
        differs = np.flatnonzero(np.abs(now - before).max(axis=1) > 0.0)
        late.append(int(differs[0]) - 4800 if len(differs) else 24000)
    assert sorted(abs(frames) for frames in late)[1] <= BLOCK + 64, late


def test_the_tree_is_true_and_a_value_moves_by_websocket(daemon: Daemon) -> None:
    status, tempo = get(daemon, "/ld/tempo")
    assert status == 200 and tempo["VALUE"] == [120.0] and tempo["UNIT"] == ["time.bpm"]
    assert get(daemon, "/ld/patch")[1]["RANGE"][0]["VALS"].count("other") == 1
    first, second = (get(daemon, "/ld/out/beat?VALUE")[1]["VALUE"][0] for _ in range(2))
    assert second >= first > 0.0
    info = get(daemon, "/?HOST_INFO")[1]
    assert info["OSC_PORT"] == daemon.port
    with connect(f"ws://127.0.0.1:{daemon.web_port}") as client:
        client.send(json.dumps({"COMMAND": "LISTEN", "DATA": "/ld/filter"}))
        assert OscMessage(client.recv(30.0)).params == [0.0]
        daemon.osc.send_message("/ld/filter", -0.5)
        message = OscMessage(client.recv(30.0))
        assert (message.address, message.params) == ("/ld/filter", [-0.5])
    daemon.osc.send_message("/ld/filter", 0.0)


def test_another_patch_changes_the_tree_and_says_so(daemon: Daemon) -> None:
    with connect(f"ws://127.0.0.1:{daemon.web_port}") as client:
        client.send(json.dumps({"COMMAND": "LISTEN", "DATA": "/ld/hold"}))
        client.recv(30.0)
        daemon.osc.send_message("/ld/patch", "other")
        told: list[tuple[str, str]] = []
        while ("PATH_CHANGED", "/ld") not in told:
            if isinstance(received := client.recv(30.0), str):
                command = json.loads(received)
                told.append((command["COMMAND"], command["DATA"]))
    assert ("PATH_ADDED", "/ld/prompt/3") in told and ("PATH_CHANGED", "/ld/blend") in told
    assert get(daemon, "/ld/prompt/3/text?VALUE")[1] == {"VALUE": ["a"]}
    daemon.osc.send_message("/ld/patch", "set")
    daemon.wait(lambda d: get(d, "/ld/prompt/3/text")[0] == 404, "the first patch")


def test_a_thousand_wrong_addresses_and_a_foreign_page_are_not_noticed(daemon: Daemon) -> None:
    before, page = daemon.status["osc"]["unknown"], daemon.transport
    for number in range(1000):
        daemon.osc.send_message(f"/nothing/{number}", 1.0)
    known = daemon.status["osc"]["drops"]
    daemon.wait(lambda d: d.status["osc"]["unknown"] + known >= before + 1000, "the count")
    assert get(daemon, "/", Origin="http://evil.example")[0] == 403
    assert get(daemon, "/", Host="evil.example")[0] == 403
    assert daemon.transport.underruns == page.underruns
    assert daemon.transport.playing
