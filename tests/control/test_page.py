"""The server of the page: files, table, sound, the seals on it, the key for other machines."""

import http.client
import json
from concurrent.futures import Future

import numpy as np
import pytest
from osc_room import Room
from starlette.testclient import TestClient
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from livediffusion.control.backstage import Backstage
from livediffusion.control.endpoint import AllowList
from livediffusion.control.gallery import Gallery
from livediffusion.control.guests import Busy
from livediffusion.control.listening import HEAD, Listening
from livediffusion.control.show import Show
from livediffusion.control.webguard import Guard
from livediffusion.errors import UserError
from livediffusion.ipc.arena import Arena, Transport
from livediffusion.player.process import Held
from livediffusion.render.process import GuestReady
from livediffusion.state.parameters import TABLE

TOKEN, KEY = "the-key-of-this-run", "abcdef0123456789"
SOUND = np.random.default_rng(2).uniform(-1, 1, (48000, 2)).astype(np.float32)


class Guests:
    """Who have a loop's picture made: `answers` is what comes of it."""

    answers = None

    def ask_for_picture(self, key):
        future = Future()
        if isinstance(self.answers, Exception):
            future.set_exception(self.answers)
        else:
            future.set_result(self.answers)
        return future


GUESTS = Guests()


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    arena = Arena.create(tmp_path_factory.mktemp("run") / "arena")
    arena.slot(0, 48000)[:] = SOUND
    arena.write_ring(0, SOUND)
    arena.write_transport(Transport(frame=47520, block=480))
    gallery = Gallery(arena, {0: Held(KEY, 48000, 4, "current")})
    backstage = Backstage(Show(arena), gallery, Listening(arena), TOKEN, GUESTS)
    found = Room(serve=True, values={"/ld/gain": (-6.0,)}, backstage=backstage)
    found.wait_for(lambda: found.network._web.serving)
    yield found
    found.close()


def get(room, path, method="GET", body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", room.web_port, timeout=20.0)
    connection.request(method, path, body, headers=headers)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response, content


def test_a_browser_gets_the_page_and_others_the_tree(room):
    response, page = get(room, "/", Accept="text/html,*/*")
    assert response.status == 200 and b'<script type="module" src="/page/main.js">' in page
    assert json.loads(get(room, "/")[1])["FULL_PATH"] == "/"
    assert json.loads(get(room, "/?HOST_INFO", Accept="text/html")[1])["NAME"] == "livediffusion"


@pytest.mark.parametrize("path", ["/", "/page/main.js", "/stage/table", "/ld/gain"])
def test_nothing_but_our_own_files_may_run(room, path):
    response, _ = get(room, path, Accept="text/html")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy
    assert "unsafe" not in policy and "http" not in policy
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_files_are_the_page_s_alone(room):
    assert get(room, "/page/worklet.js")[0].headers["Content-Type"].startswith("text/javascript")
    for path in ("/page/../control/web.py", "/page/%2e%2e/cli.py", "/page/nosuch.js"):
        assert get(room, path)[0].status == 404


def test_controls_are_made_from_the_table(room):
    rows = json.loads(get(room, "/stage/table")[1])
    assert [row["key"] for row in rows] == [row.key for row in TABLE]
    assert rows[1]["address"] == "/ld/prompt/{n}/weight"
    choices = json.loads(get(room, "/stage/choices")[1])
    assert choices["choices"]["/ld/patch"] == ["a", "b"]


def test_pictures_by_key_only(room):
    response, png = get(room, f"/stage/loop/{KEY}.png")
    assert response.status == 200 and png.startswith(b"\x89PNG")
    gone, nothing = get(room, f"/stage/loop/{'0' * 16}.png")
    assert gone.status == 204 and not nothing, "no mistake: a browser does not complain of it"
    for key in ("..%2fsecret", "x"):
        assert get(room, f"/stage/loop/{key}.png")[0].status == 404


def test_the_picture_that_sounds_or_a_sentence(room):
    GUESTS.answers = GuestReady(1, "", "cGljdHVyZQ==", 4.0, 1.0)
    response, png = get(room, "/stage/loop.png")
    assert (response.status, response.headers["Content-Type"]) == (200, "image/png")
    assert png == b"picture"
    for error, status in ((UserError("Of another model."), 404), (Busy("Others wait."), 503)):
        GUESTS.answers = error
        response, said = get(room, "/stage/loop.png")
        assert (response.status, said.decode()) == (status, str(error))


def test_sound_comes_as_it_was_played_and_wishes_are_checked(room):
    address = f"ws://127.0.0.1:{room.web_port}/stage/sound"
    with connect(f"{address}?format=float&buffer=100") as listener:
        packet = listener.recv(timeout=20.0)
    assert HEAD.unpack_from(packet) == (48000 - 4800, 48000, 2, 4)
    assert packet[HEAD.size :] == SOUND[-4800:].tobytes()
    for wish in ("format=mp3", "buffer=-1", "buffer=9999999", "from=1e9", "from=" + "9" * 30):
        with pytest.raises(InvalidStatus) as refused, connect(f"{address}?{wish}"):
            pass
        assert refused.value.response.status_code == 400


def test_the_page_s_socket_shows_and_plays(room):
    show = room.network._web._backstage.show
    with connect(f"ws://127.0.0.1:{room.web_port}/stage/socket") as client:
        client.send(json.dumps({"COMMAND": "LISTEN", "DATA": "/ld/gain"}))
        assert client.recv(timeout=20.0).startswith(b"/ld/gain")
        assert show.watchers == 1
        show.text = '{"beat": 1.5}'
        assert json.loads(client.recv(timeout=20.0)) == {"SHOW": {"beat": 1.5}}
    room.wait_for(lambda: show.watchers == 0, "nobody to look on")


async def _hello(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


def asked(path, host="198.51.100.7", **headers):
    """Status of a GET that comes from `host`."""
    allow = AllowList([])
    allow.allows = lambda host: True
    guard = Guard(_hello, allow, "127.0.0.1", TOKEN)
    client = TestClient(guard, base_url="http://127.0.0.1:7771", client=(host, 1))
    headers = {"host": "127.0.0.1:7771", **headers}
    return client.get(path, headers=headers).status_code


def test_browsers_beyond_this_machine_need_the_key():
    cookie = {"cookie": f"livediffusion-7771={TOKEN}"}
    for path in ("/stage/table", "/stage/loop.wav", "/stage/choices"):
        assert asked(path, host="127.0.0.1") == 200
        assert asked(path) == 401
        assert asked(path, cookie="livediffusion-7771=wrong") == 401
        assert asked(path, cookie=f"livediffusion-1={TOKEN}") == 401
        assert asked(path, **cookie) == 200
        assert asked(path, authorization=f"Bearer {TOKEN}") == 200
        assert asked(path, authorization="Bearer ") == 401
    assert asked("/ld/gain") == 200, "programs that the allow-list names need none, as over OSC"
    assert asked("/ld/gain", **{"sec-fetch-site": "none"}) == 401
    assert asked("/", accept="text/html") == asked("/page/main.js") == 200


def test_the_key_is_taken_once_and_kept_as_a_cookie(room):
    body = json.dumps({"token": TOKEN})
    response, _ = get(room, "/stage/enter", "POST", body)
    cookie = response.headers["Set-Cookie"]
    assert response.status == 204 and "HttpOnly" in cookie and "SameSite=strict" in cookie
    assert cookie.startswith(f"livediffusion-{room.web_port}={TOKEN}")
    assert get(room, "/stage/enter", "POST", '{"token": "wrong"}')[0].status == 401
    for nonsense in ("", "[]", '{"a": 1}', "[" * 100_000):
        assert get(room, "/stage/enter", "POST", nonsense)[0].status == 400
