"""OSCQuery through real HTTP, WebSockets and zeroconf, with clients nobody here wrote."""

import contextlib
import http.client
import json
import shutil
import socket
import subprocess
import threading
from ipaddress import ip_network
from pathlib import Path

import pytest
from osc_room import Room
from pythonosc.osc_message import OscMessage
from pythonosc.udp_client import SimpleUDPClient
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from livediffusion.config import WebConfig
from livediffusion.control import osctcp
from livediffusion.control import web as web_module
from livediffusion.control.endpoint import AllowList, Endpoint
from livediffusion.control.oscwire import encode
from livediffusion.control.snapshot import Snapshot
from livediffusion.control.webguard import is_ours, is_same

VALUES = {"/ld/gain": (-6.0,), "/ld/mute": (False,), "/ld/prompt/1/weight": (1.0,)}


@pytest.fixture(scope="module")
def open_room():
    found = Room(serve=True, values=VALUES)
    found.wait_for(lambda: found.network._web.serving)
    yield found
    found.close()


@pytest.fixture
def room(open_room):
    open_room.heard.clear()
    open_room.snapshot = Snapshot(2, VALUES)
    return open_room


def get(room, path, **headers):
    """Status and content of a GET; `Host` and the like by keyword."""
    connection = http.client.HTTPConnection("127.0.0.1", room.web_port, timeout=20.0)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    is_json = response.headers.get("content-type", "").startswith("application/json")
    return response.status, json.loads(content) if is_json else content.decode()


@contextlib.contextmanager
def client_of(room, **options):
    with connect(f"ws://127.0.0.1:{room.web_port}/", **options) as client:
        yield client


def command(client, name, path):
    client.send(json.dumps({"COMMAND": name, "DATA": path}))


def heard(client):
    message = OscMessage(client.recv(timeout=20.0))
    return (message.address, *message.params)


def test_the_tree_is_served(room):
    status, root = get(room, "/")
    assert status == 200 and root["CONTENTS"]["ld"]["CONTENTS"]["gain"]["VALUE"] == [-6.0]
    assert get(room, "/ld/gain?VALUE") == (200, {"VALUE": [-6.0]})
    assert get(room, "/ld/patch?RANGE") == (200, {"RANGE": [{"VALS": ["a", "b"]}]})
    assert get(room, "/ld/prompt/2/text")[1]["TYPE"] == "s"
    assert get(room, "/ld/prompt/3/text")[0] == 404
    assert get(room, "/ld/play?VALUE") == (204, "")
    assert get(room, "/ld/gain?NOSUCH")[0] == 400
    status, info = get(room, "/?HOST_INFO")
    assert (info["OSC_IP"], info["OSC_PORT"]) == ("127.0.0.1", room.osc_port)
    assert (info["WS_IP"], info["WS_PORT"]) == ("127.0.0.1", room.web_port)


def test_other_methods_and_large_bodies_are_refused(room):
    connection = http.client.HTTPConnection("127.0.0.1", room.web_port, timeout=20.0)
    connection.request("POST", "/ld/gain", b"x")
    assert connection.getresponse().status == 405
    connection.close()
    connection = http.client.HTTPConnection("127.0.0.1", room.web_port, timeout=20.0)
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", str(2 << 20))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:7771"},
        {"Host": "10.0.0.1"},
        {"Host": ""},
        {"Host": "127.0.0.1.evil.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "file://"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://[broken"},
    ],
    ids=str,
)
def test_foreign_pages_and_names_get_403_by_http_and_websocket(room, headers):
    assert get(room, "/", **headers)[0] == 403
    port = room.web_port
    with socket.create_connection(("127.0.0.1", port), timeout=20.0) as raw:
        lines = {"Host": f"127.0.0.1:{port}", **headers}
        asked = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        raw.sendall(f"GET / HTTP/1.1\r\n{asked}{upgrade}{key}\r\n".encode())
        assert raw.recv(4096).startswith(b"HTTP/1.1 403")


def test_our_own_page_and_programs_are_let_in(room):
    port = room.web_port
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", "127.0.0.1", f"[::1]:{port}"):
        assert get(room, "/", Host=host)[0] == 200
    assert get(room, "/", Origin=f"http://127.0.0.1:{port}")[0] == 200
    with client_of(room, origin=f"http://127.0.0.1:{port}") as client:
        client.send(encode("/ld/gain", (-2.0,)))
        room.wait_to_hear("/ld/gain", -2.0)


def test_strangers_get_403(room, monkeypatch):
    guard = room.network._web._port.guard
    monkeypatch.setattr(guard, "_allow_list", AllowList([ip_network("10.0.0.0/24")]))
    monkeypatch.setattr(guard._allow_list, "allows", lambda host: host.startswith("10."))
    assert get(room, "/") == (403, "This address is not on the allow-list.")
    with pytest.raises(InvalidStatus), client_of(room):
        pass


def test_names_and_origins():
    assert all(is_ours(host, {"10.0.0.5"}) for host in ("10.0.0.5:7771", "localhost", "127.8.8.8"))
    foreign = ("10.0.0.6", "laptop.local", "", "[", "127.0.0.1.evil", "localhost.evil:80", "::1x")
    assert not any(is_ours(host, {"10.0.0.5"}) for host in foreign)
    assert is_same("http://10.0.0.5", "10.0.0.5:80") and is_same("https://a", "a:443")
    for origin in (
        "null",
        "",
        "http://10.0.0.6",
        "http://10.0.0.5:81",
        "ftp://10.0.0.5",
        "http://[x",
    ):
        assert not is_same(origin, "10.0.0.5:80")


def test_listening_gives_the_value_and_then_its_changes(room):
    with client_of(room) as client:
        command(client, "LISTEN", "/ld/mute")
        assert heard(client) == ("/ld/mute", False), "of the type that the tree has promised"
        room.do(room.feedback.publish, "/ld/gain", (0.0,), "patch", 0.0)
        room.do(room.feedback.publish, "/ld/mute", (True,), "patch", 0.0)
        assert heard(client) == ("/ld/mute", True)
        command(client, "IGNORE", "/ld/mute")
        command(client, "LISTEN", "/ld/prompt")
        assert heard(client) == ("/ld/prompt/1/weight", 1.0)
        room.do(room.feedback.publish, "/ld/mute", (False,), "patch", 0.0)
        room.do(room.feedback.publish, "/ld/prompt/1/weight", (0.5,), "patch", 0.0)
        assert heard(client) == ("/ld/prompt/1/weight", 0.5)
        endpoint = next(iter(room.feedback._subscribers))
    room.wait_for(lambda: endpoint not in room.feedback._subscribers, "the end")


def test_a_part_of_what_is_listened_to_can_be_left_out(room):
    with client_of(room) as client:
        command(client, "LISTEN", "/ld/prompt")
        assert heard(client) == ("/ld/prompt/1/weight", 1.0)
        command(client, "IGNORE", "/ld/prompt/1")
        command(client, "LISTEN", "/ld/mute")
        assert heard(client) == ("/ld/mute", False)
        room.do(room.feedback.publish, "/ld/prompt/1/weight", (0.5,), "patch", 0.0)
        room.do(room.feedback.publish, "/ld/prompt/2/weight", (0.25,), "patch", 0.0)
        assert heard(client) == ("/ld/prompt/2/weight", 0.25)
        command(client, "LISTEN", "/ld/prompt/1/weight")
        assert heard(client)[0] == "/ld/prompt/1/weight", "asked for again"
        room.do(room.feedback.publish, "/ld/prompt/1/weight", (0.75,), "patch", 1.0)
        assert heard(client) == ("/ld/prompt/1/weight", 0.75)
        command(client, "IGNORE", "/ld/prompt/2/weight")
        command(client, "LISTEN", "/ld/prompt/2/weight")
        command(client, "LISTEN", "/ld/mute")
        assert heard(client)[0] == "/ld/mute", "so both have been obeyed"
        room.do(room.feedback.publish, "/ld/prompt/2/weight", (0.5,), "patch", 2.0)
        assert heard(client) == ("/ld/prompt/2/weight", 0.5)


def test_packets_by_websocket_are_osc_and_mistakes_are_answered_there(room):
    with client_of(room) as client:
        client.send(encode("/ld/prompt/1/weight", (0.25,)))
        source = room.wait_to_hear("/ld/prompt/1/weight", 0.25)
        assert source.startswith("osc-web 127.0.0.1:")
        mistakes = {
            "hello": "A command is written",
            '{"COMMAND": "DANCE", "DATA": "/ld"}': "A command is written",
            '["LISTEN"]': "A command is written",
            '{"COMMAND": "LISTEN", "DATA": 5}': "A command is written",
            '{"COMMAND": "LISTEN", "DATA": "/ld/nosuch"}': "nothing to listen to at /ld/nosuch",
            b"garbage": "This is not OSC",
        }
        for sent, says in mistakes.items():
            client.send(sent)
            if says.startswith("A command") and sent != "hello":
                continue  # said already
            address, sentence = heard(client)
            assert address == "/ld/out/error" and says in sentence


def test_a_message_that_is_too_large_ends_its_own_connection_only(room):
    with client_of(room) as other:
        with pytest.raises(ConnectionClosed), client_of(room) as client:
            client.send(b"/" * 200_000)
            client.recv(timeout=20.0)
        other.send(encode("/ld/gain", (-4.0,)))
        room.wait_to_hear("/ld/gain", -4.0)


def test_a_crowd_is_refused(room):
    with contextlib.ExitStack() as stack:
        for _ in range(32):
            stack.enter_context(client_of(room))
        with pytest.raises(InvalidStatus), client_of(room):
            pass
        assert get(room, "/ld/gain?VALUE")[0] == 200
    room.wait_for(lambda: not room.network._web._sockets._clients, "the end")


def test_changes_of_the_tree_are_told(room):
    patch, other = object(), object()
    room.do(room.network.look, patch, 2)
    with client_of(room) as client:
        command(client, "LISTEN", "/ld/mute")
        heard(client)
        room.snapshot = Snapshot(3, VALUES)
        room.do(room.network.look, patch, 3)
        room.snapshot = Snapshot(1, VALUES)
        room.do(room.network.look, other, 1)
        told = [json.loads(client.recv(timeout=20.0)) for _ in range(6)]
    assert [(t["COMMAND"], t["DATA"]) for t in told] == [
        ("PATH_ADDED", "/ld/prompt/3"),
        ("PATH_CHANGED", "/ld/blend"),
        ("PATH_REMOVED", "/ld/prompt/3"),
        ("PATH_REMOVED", "/ld/prompt/2"),
        ("PATH_CHANGED", "/ld/blend"),
        ("PATH_CHANGED", "/ld"),
    ]


def test_a_control_loop_that_is_busy_is_said_and_one_that_fails_lives_on(room, monkeypatch):
    rested = threading.Event()
    with monkeypatch.context() as hurried:
        hurried.setattr(web_module, "_PATIENCE", 0.1)
        room.inbox.ask(lambda: rested.wait(20.0))
        assert get(room, "/")[0] == 503
    rested.set()
    room.snapshot = None
    assert get(room, "/")[0] == 500
    room.snapshot = Snapshot(2, VALUES)
    assert get(room, "/")[0] == 200


def test_a_client_finds_us_by_zeroconf_and_moves_a_value():
    zeroconf = pytest.importorskip("zeroconf")
    room = Room(serve=True, announce=True, values=VALUES)
    found = {}

    class Listener(zeroconf.ServiceListener):
        def add_service(self, browser, kind, name):
            info = browser.get_service_info(kind, name)
            if info is not None and info.port in (room.web_port, room.osc_port):
                found[kind] = (info.parsed_addresses()[0], info.port)

        def update_service(self, browser, kind, name):
            self.add_service(browser, kind, name)

    kinds = ["_oscjson._tcp.local.", "_osc._udp.local."]
    with zeroconf.Zeroconf(interfaces=["127.0.0.1"]) as browser:
        zeroconf.ServiceBrowser(browser, kinds, Listener())
        room.wait_for(lambda: len(found) == 2, "being found")
    address, port = found[kinds[0]]
    assert found[kinds[1]] == ("127.0.0.1", room.osc_port)
    connection = http.client.HTTPConnection(address, port, timeout=20.0)
    connection.request("GET", "/?HOST_INFO")
    info = json.loads(connection.getresponse().read())
    connection.close()
    with SimpleUDPClient(info["OSC_IP"], info["OSC_PORT"]) as client:
        client.send_message("/ld/gain", -12.0)
    room.wait_to_hear("/ld/gain", -12.0)
    room.close()


def has_node_clients():
    """Whether `npm install oscquery osc` was done where node looks."""
    look = ["node", "-e", "require('oscquery'); require('osc')"]
    folder = Path(__file__).parent
    return (
        bool(shutil.which("node"))
        and not subprocess.run(look, cwd=folder, capture_output=True, check=False).returncode
    )


@pytest.mark.skipif(not has_node_clients(), reason="needs node, npm's oscquery and osc")
def test_the_client_of_npm_finds_us_reads_the_tree_and_moves_a_value():
    room = Room(serve=True, announce=True, values=VALUES)
    client = Path(__file__).with_name("oscquery_client.js")
    command = ["node", str(client), str(room.web_port)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout.splitlines()[0])
    assert found["name"] == "livediffusion"
    assert {"/ld/gain", "/ld/prompt/2/weight", "/ld/out/beat"} <= set(found["methods"])
    room.wait_to_hear("/ld/gain", -9.0)
    room.close()


def test_a_taken_port_is_said_and_served_once_it_is_free(caplog, monkeypatch):
    monkeypatch.setattr(osctcp, "_TRY_AGAIN", 0.05)
    first, second = Room(serve=True), Room()
    first.wait_for(lambda: first.network._web.serving)
    config, here = WebConfig(port=first.web_port), Endpoint("127.0.0.1", 1)
    network, snap = second.network, lambda: Snapshot(1)
    web = web_module.Web(config, here, second.inbox, network._loop, snap, dict, network)
    assert f"The web server cannot have port {first.web_port}" in caplog.text and not web.serving
    first.close()
    second.wait_for(lambda: web.serving)
    second.web_port = first.web_port
    assert get(second, "/ld/prompt/1/text")[0] == 200
    web.close()
    second.close()
