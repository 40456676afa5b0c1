"""The visitor that `bench --page` sends gets what a page that draws and listens gets."""

import json
import subprocess
import sys

import numpy as np
import pytest
from osc_room import Room

from livediffusion.control.backstage import Backstage
from livediffusion.control.gallery import Gallery
from livediffusion.control.listening import Listening
from livediffusion.control.show import Show
from livediffusion.ipc.arena import Arena, Transport
from livediffusion.player.process import Held

KEY = "abcdef0123456789"


@pytest.fixture
def room(tmp_path):
    arena = Arena.create(tmp_path / "arena")
    arena.write_ring(0, np.zeros((48000, 2), np.float32))
    arena.write_transport(Transport(frame=47520, block=480))
    show = Show(arena)
    show.text = json.dumps({"loops": [{"key": KEY}], "queued": []})
    backstage = Backstage(show, Gallery(arena, {0: Held(KEY, 48000, 4, "current")}),
                          Listening(arena), "")  # fmt: skip
    found = Room(serve=True, values={"/ld/gain": (-6.0,)}, backstage=backstage)
    found.wait_for(lambda: found.network._web.serving)
    yield found
    found.close()


def test_it_asks_for_everything(room):
    command = [sys.executable, "-m", "livediffusion.bench.visitor", str(room.web_port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    wanted = {"file", "value", "show", "picture", "sound"}
    try:
        for line in process.stdout:
            came = json.loads(line)
            if wanted <= set(came):
                break
        assert came["picture"] == 1 and came["file"] == 3 and "lost" not in came
        assert came["sound"] == 9600, "200 ms, and nothing new is played"
    finally:
        process.kill()
        process.communicate()
