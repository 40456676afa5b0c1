"""What is dropped on the page comes into the user's folder under a name of its own, or not."""

import asyncio
import http.client
import io
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from osc_room import Room
from PIL import Image

from livediffusion.control.backstage import Backstage
from livediffusion.control.gallery import Gallery
from livediffusion.control.listening import Listening
from livediffusion.control.seeding import Seeding, name_of
from livediffusion.control.show import Show
from livediffusion.control.webguard import LARGEST_UPLOAD
from livediffusion.errors import UserError
from livediffusion.ipc.arena import Arena


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    return tmp_path_factory.mktemp("user") / "data" / "seed_images"


@pytest.fixture(scope="module")
def room(tmp_path_factory, seeds):
    arena = Arena.create(tmp_path_factory.mktemp("run") / "arena")
    show, listening = Show(arena), Listening(arena)
    backstage = Backstage(
        show, Gallery(arena, {}), listening, "", None, Seeding(seeds, lambda: 120.0)
    )
    found = Room(serve=True, backstage=backstage)
    found.wait_for(lambda: found.network._web.serving)
    yield found
    found.close()


def drop(room, name, body, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", room.web_port, timeout=60.0)
    connection.request("POST", f"/stage/seed?name={name}", body, headers=headers)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, content


def test_a_sound_is_drawn_and_kept_by_name(room, seeds):
    sound = io.BytesIO()
    soundfile.write(sound, np.sin(np.arange(44100) / 10), 44100, format="FLAC")
    status, said = drop(room, "My%20Break%20(1).flac", sound.getvalue())
    told = json.loads(said)
    assert (status, told["name"]) == (200, "My Break -1")
    assert told["said"] == "It is taken as a loop of 2 beats at 120.0 bpm."
    with Image.open(seeds / "My Break -1.png") as image:
        assert image.size == (128, 512)


def test_the_same_again_is_no_other_and_nothing_is_lost(tmp_path):
    seeding, names = Seeding(tmp_path / "a" / "seeds", lambda: 120.0), []
    for content in (b"one", b"two", b"one", b"two"):
        (tmp_path / "new").write_bytes(content)
        names.append(seeding._keep(tmp_path / "new", "p"))
    assert names == ["p", "p-2", "p", "p-2"]
    assert sorted(path.name for path in (tmp_path / "a" / "seeds").iterdir()) == [
        "p-2.png",
        "p.png",
    ]
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be written to"):
        Seeding(tmp_path / "file", lambda: 120.0)._keep(tmp_path / "new", "p")


def test_what_is_refused_leaves_nothing(room, seeds):
    before = sorted(seeds.parent.rglob("*"))
    for body, says in ((b"", "is empty"), (b"hello", "This is no WAV")):
        status, said = drop(room, "../../x.png", body)
        assert (status, says in json.loads(said)["error"]) == (400, True), said
    assert drop(room, "x.wav", b"", Origin="http://evil.example")[0] == 403
    assert sorted(seeds.parent.rglob("*")) == before


def test_the_size_is_limited(room):
    connection = http.client.HTTPConnection("127.0.0.1", room.web_port, timeout=60.0)
    connection.putrequest("POST", "/stage/seed?name=a.wav")
    connection.putheader("Content-Length", str(LARGEST_UPLOAD + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_nor_is_it_believed_where_it_is_said(tmp_path):
    async def body():
        for _ in range(3):
            yield b"RIFF" * 300_000

    with pytest.raises(UserError, match="too large: at most 2 MB"):
        asyncio.run(Seeding(tmp_path / "seeds", lambda: 120.0).take("a.wav", body(), 2 << 20))
    assert not (tmp_path / "seeds").exists()


@pytest.mark.parametrize(
    ("filename", "name"),
    [("loop.wav", "loop"), ("../../etc/passwd", "passwd"), ("C:\\a\\b c.mp3", "b c"),
     ("..", "seed"), ("", "seed"), ("Klänge 🌊.ogg", "Klänge"), ("a\n\"'$`<b>.png", "a-b"),
     ("x" * 300 + ".wav", "x" * 60), (".hidden.png", "hidden")],
)  # fmt: skip
def test_names_are_no_paths(filename, name):
    assert name_of(filename) == name and Path(name).name == name
