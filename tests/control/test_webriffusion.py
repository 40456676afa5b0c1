"""Riffusion's server over real HTTP, with a renderer that does what the test says."""

import http.client
import json
import socket
import time
from concurrent.futures import Future

import pytest
from osc_room import Room, free_port

from livediffusion.config import WebConfig
from livediffusion.control import web as web_module
from livediffusion.control import webriffusion
from livediffusion.control.endpoint import Endpoint
from livediffusion.control.guests import Busy
from livediffusion.control.snapshot import Snapshot
from livediffusion.errors import UserError
from livediffusion.render.process import GuestReady

LEAST = {
    "start": {"prompt": "a", "seed": 1},
    "end": {"prompt": "b", "seed": 2},
    "alpha": 0.5,
}
READY = GuestReady(1, "bXAz", "anBlZw==", 5.12, 100.0)


class House:
    """Somebody to ask: answers at once with `answer`, or never when that is None."""

    def __init__(self, images):
        self.images = images
        self.answer = READY
        self.wishes = []
        self.futures = []

    def ask(self, wish):
        future = Future()
        self.wishes.append(wish)
        self.futures.append(future)
        if isinstance(self.answer, Exception):
            future.set_exception(self.answer)
        elif self.answer is not None:
            future.set_result(self.answer)
        return future


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    room = Room()
    house = House(tmp_path_factory.mktemp("images"))
    config = WebConfig(port=free_port(), riffusion_port=free_port())
    here, loop = Endpoint("127.0.0.1", 1), room.network._loop
    shown = (lambda: Snapshot(1), dict, room.network, None, house)
    web = web_module.Web(config, here, room.inbox, loop, *shown)
    room.wait_for(lambda: web.serving and web._also.serving)
    yield house, config
    web.close()
    room.close()


@pytest.fixture
def house(served):
    served[0].answer = READY
    served[0].wishes.clear()
    served[0].futures.clear()
    return served[0]


@pytest.fixture
def port(served):
    return served[1].port


def post(port, body, path="/run_inference/", **headers):
    """Status and content."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20.0)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection.request("POST", path, content, headers)
    response = connection.getresponse()
    found = response.read()
    connection.close()
    return response.status, found.decode()


def test_the_answer_is_riffusions_on_both_ports(house, served):
    for port in (served[1].port, served[1].riffusion_port):
        for path in ("/run_inference/", "/run_inference"):
            status, content = post(port, LEAST, path)
            assert status == 200
            assert json.loads(content) == {
                "image": "data:image/jpeg;base64,anBlZw==",
                "audio": "data:audio/mpeg;base64,bXAz",
                "duration_s": 5.12,
            }
    assert len(house.wishes) == 4
    assert house.wishes[0].inference.seed_image_id == "og_beat"
    assert house.wishes[0].seed_image.endswith("house.png")


def test_the_port_of_its_own_serves_nothing_else(served):
    for port, status in ((served[1].port, 200), (served[1].riffusion_port, 404)):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20.0)
        connection.request("GET", "/")
        assert connection.getresponse().status == status
        connection.close()


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "nonsense"])
def test_whatever_a_client_calls_its_json_it_is_read(house, port, content_type):
    assert post(port, LEAST, **{"Content-Type": content_type})[0] == 200


def test_a_bad_request_is_400_and_a_sentence(house, port):
    assert post(port, b"nonsense") == (400, "The request is not JSON.")
    status, said = post(port, {**LEAST, "seed_image_id": "../../etc/passwd"})
    assert status == 400 and "There is no seed or mask image" in said
    assert post(port, {**LEAST, "mask_image_id": "nosuch"})[0] == 400
    assert not house.wishes
    house.answer = UserError("It has no sound.")
    assert post(port, LEAST) == (400, "It has no sound.")


def test_foreign_pages_and_names_are_refused(house, served):
    for port in (served[1].port, served[1].riffusion_port):
        assert post(port, LEAST, Origin="http://evil.example")[0] == 403
        assert post(port, LEAST, Host="evil.example")[0] == 403
        assert post(port, LEAST, Origin=f"http://127.0.0.1:{port}")[0] == 200
    assert len(house.wishes) == 2


def test_a_large_body_is_refused_also_when_it_does_not_say_so(house, port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20.0)
    connection.putrequest("POST", "/run_inference/")
    connection.putheader("Content-Length", str(2 << 20))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20.0)
    pieces = (b"x" * 65536 for _ in range(17))
    connection.request("POST", "/run_inference/", pieces, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()
    assert not house.wishes


def test_who_cannot_be_served_now_gets_503(house, port, monkeypatch):
    house.answer = Busy("Others wait.")
    assert post(port, LEAST) == (503, "Others wait.")
    house.answer = None
    monkeypatch.setattr(webriffusion, "_PATIENCE", 0.05)
    status, said = post(port, LEAST)
    assert status == 503 and "ask again" in said
    wait_until(lambda: house.futures[-1].cancelled())  # nobody renders for who got an answer


def test_who_has_left_is_forgotten(house, port, monkeypatch):
    monkeypatch.setattr(webriffusion, "_LOOK", 0.01)
    house.answer = None
    body = json.dumps(LEAST).encode()
    with socket.create_connection(("127.0.0.1", port)) as client:
        head = f"POST /run_inference/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}"
        client.sendall(head.encode() + b"\r\n\r\n" + body)
        wait_until(lambda: house.futures)
    wait_until(lambda: house.futures[-1].cancelled())


def wait_until(holds):
    end = time.monotonic() + 20.0
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)
