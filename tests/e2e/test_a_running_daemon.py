"""What a performer meets while it plays: one daemon, playing to nothing."""

from __future__ import annotations

import base64
import io
import itertools
import json
import os
import queue
import signal
import threading
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import soundfile
from daemon import Daemon, alive, free_port, on_the_beat, running
from PIL import Image
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import ThreadingOSCUDPServer

pytestmark = pytest.mark.timeout(300)

PATCH = """
tempo = 120
quantise = "off"
[[prompt]]
text = "techno"
[[prompt]]
text = "ambient"
[seed]
a = 3
"""
SCENE = """
# a place to go to
[[scene]]
name = "far"
blend = [0.0, 1.0]
"""
OTHER = 'tempo = 150\nbeats = 4\n[[prompt]]\ntext = "house"\n'


class Surface:
    """A control surface that has subscribed."""

    def __init__(self, daemon: Daemon) -> None:
        self.heard: queue.Queue[tuple[str, tuple[Any, ...]]] = queue.Queue()
        dispatcher = Dispatcher()
        dispatcher.set_default_handler(lambda address, *values: self.heard.put((address, values)))
        self._server = ThreadingOSCUDPServer(("127.0.0.1", free_port()), dispatcher)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        daemon.osc.send_message("/ld/subscribe", self.port)

    def wait_for(self, address: str, timeout_s: float = 20.0) -> tuple[Any, ...]:
        """The next values on an address."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            try:
                found, values = self.heard.get(timeout=0.5)
            except queue.Empty:
                continue
            if found == address:
                return values
        raise AssertionError(f"nothing came on {address}")

    def forget(self) -> None:
        """Forget what has been heard."""
        while not self.heard.empty():
            self.heard.get()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("null")
    (folder / "other.toml").write_text(OTHER, encoding="utf-8")
    with running(folder, PATCH, "null") as started:
        yield started


@pytest.fixture
def surface(daemon: Daemon) -> Iterator[Surface]:
    made = Surface(daemon)
    made.wait_for("/ld/tempo")
    yield made
    daemon.osc.send_message("/ld/unsubscribe", made.port)
    made.close()


def test_every_value_comes_on_subscribing_and_changes_follow(
    daemon: Daemon, surface: Surface
) -> None:
    daemon.osc.send_message("/ld/state", 1)
    assert surface.wait_for("/ld/prompt/2/text") == ("ambient",)
    assert surface.wait_for("/ld/quantise") == ("off",)
    daemon.osc.send_message("/ld/gain", -3.0)
    while surface.wait_for("/ld/gain") != (-3.0,):
        pass
    first, second = surface.wait_for("/ld/out/beat"), surface.wait_for("/ld/out/beat")
    assert second > first
    daemon.osc.send_message("/ld/gain", 0.0)


@pytest.mark.parametrize(
    ("address", "values", "says"),
    [
        ("/ld/promt/1/weight", [0.5], "There is no address"),
        ("/ld/gain", ["loud"], "needs a number"),
        ("/ld/gain", [float("nan")], "needs a number"),
        ("/ld/patch", ["nosuch"], "There is no patch"),
        ("/ld/patch", ["../other"], "There is no patch"),
        ("/ld/blend", [1.0, 1.0, 1.0], "prompts"),
    ],
)
def test_what_cannot_be_understood_is_answered_and_nothing_stops(
    daemon: Daemon, surface: Surface, address: str, values: list[Any], says: str
) -> None:
    surface.forget()
    frame = daemon.transport.frame
    daemon.osc.send_message(address, values)
    assert says in surface.wait_for("/ld/out/error")[0]
    daemon.wait(lambda d: d.transport.frame > frame, "the music to go on")


def test_a_weight_changes_the_sound_and_back_again(daemon: Daemon) -> None:
    def loop() -> Any:
        time.sleep(2 * daemon.transport.loop_frames / 48000)  # the last whole one is undisturbed
        page = daemon.transport
        start = page.frame - round(page.beat % 8 / 8 * page.loop_frames)
        return daemon.arena.read_ring(start - page.loop_frames, page.loop_frames)

    before, swaps = loop(), daemon.transport.swaps
    daemon.osc.send_message("/ld/blend", [0.0, 1.0])
    daemon.wait_for_swap(swaps)
    other, swaps = loop(), daemon.transport.swaps
    daemon.osc.send_message("/ld/blend", [1.0, 0.0])
    daemon.wait_for_swap(swaps)
    again = loop()
    assert np.abs(before - other).max() > 0.05
    assert np.abs(before - again).max() < 1e-6, "the cache gives the same samples"


def test_a_new_tempo_is_heard_at_once_and_exact_when_its_loop_is_there(daemon: Daemon) -> None:
    daemon.osc.send_message("/ld/tempo", 133.0)
    daemon.wait(lambda d: abs(d.transport.beats_per_second * 60 - 133.0) < 0.1, "the new tempo")
    frames = round(8 * 60 / 133 * 48000)
    daemon.wait(lambda d: d.transport.loop_frames == frames, "the exact loop")
    tempo = 8 * 60 * 48000 / frames
    daemon.wait(lambda d: abs(d.transport.beats_per_second * 60 - tempo) < 1e-6, "what sounds")
    daemon.osc.send_message("/ld/tempo", 120.0)
    daemon.wait(lambda d: d.transport.loop_frames == 192000, "the old tempo")


def test_stop_goes_back_to_the_beginning_and_panic_does_not(daemon: Daemon) -> None:
    daemon.osc.send_message("/ld/panic", 1)
    daemon.wait(lambda d: d.transport.peak == 0.0, "silence")
    beat = daemon.transport.beat_now()
    daemon.osc.send_message("/ld/play", 1)
    daemon.wait(lambda d: d.transport.peak > 0.01, "sound")
    assert daemon.transport.beat > beat
    daemon.osc.send_message("/ld/stop", 1)
    daemon.wait(lambda d: not d.transport.playing, "the stop")
    daemon.osc.send_message("/ld/play", 1)
    daemon.wait(lambda d: 0.0 < d.transport.beat < 4.0 and d.transport.playing, "the beginning")


def test_a_scene_that_is_written_while_it_plays_is_launched_undone_and_saved(
    daemon: Daemon, surface: Surface
) -> None:
    surface.forget()
    daemon.patch.write_text("fade = 50" + PATCH + SCENE, encoding="utf-8")
    assert surface.wait_for("/ld/fade") == (50.0,)
    swaps = daemon.transport.swaps
    daemon.osc.send_message("/ld/scene", "far")
    assert surface.wait_for("/ld/scene") == ("far",)
    daemon.wait_for_swap(swaps)
    assert dict(daemon.status["blend"])["ambient"] == 1.0
    swaps = daemon.transport.swaps
    daemon.osc.send_message("/ld/undo", 1)
    daemon.wait_for_swap(swaps)
    surface.forget()
    daemon.osc.send_message("/ld/scene/save", "home")
    assert surface.wait_for("/ld/scene") == ("home",)
    written = daemon.patch.read_text(encoding="utf-8")
    assert written.startswith("fade = 50" + PATCH + SCENE.rstrip())
    assert 'name = "home"\nblend = [1.0, 0.0]\n' in written


def test_riffusions_clients_are_served_and_the_performance_goes_on(daemon: Daemon) -> None:
    ends = {"start": {"prompt": "church bells", "seed": 42}, "end": {"prompt": "jazz", "seed": 43}}
    least = {**ends, "alpha": 0.25}
    settings = {"denoising": 0.75, "guidance": 7.0}
    full = {
        **{name: {**end, **settings, "negative_prompt": "drums"} for name, end in ends.items()},
        "alpha": 0.75,
        "num_inference_steps": 50,
        "seed_image_id": "agile",
        "mask_image_id": "mask_top_third_75",
    }
    before, done = daemon.transport, threading.Event()

    def turn_a_knob() -> None:
        for turn in itertools.count():
            daemon.osc.send_message("/ld/blend", [1.0, turn % 10 / 10])
            if done.wait(0.2):
                return

    knob = threading.Thread(target=turn_a_knob)
    knob.start()
    try:
        clips = [served(daemon, asked) for asked in (least, full)]
    finally:
        done.set()
        knob.join()
    swaps = daemon.transport.swaps
    assert swaps - before.swaps >= 2, "new loops were heard meanwhile"
    daemon.osc.send_message("/ld/blend", [1.0, 0.0])
    daemon.wait_for_swap(swaps)
    after = daemon.transport
    assert on_the_beat(before, after)
    assert after.underruns == before.underruns
    assert clips[0] != clips[1]


def served(daemon: Daemon, asked: dict[str, Any]) -> bytes:
    """What a client of Riffusion's server hears: an MP3 of the right length, beside a JPEG."""
    url = f"http://127.0.0.1:{daemon.web_port}/run_inference/"
    request = urllib.request.Request(url, json.dumps(asked).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=60.0) as response:
        answer = json.loads(response.read())
    kinds = {"image": "data:image/jpeg;base64,", "audio": "data:audio/mpeg;base64,"}
    assert all(answer[name].startswith(kind) for name, kind in kinds.items())
    files = {name: base64.b64decode(answer[name][len(kind) :]) for name, kind in kinds.items()}
    audio, rate = soundfile.read(io.BytesIO(files["audio"]))
    assert len(audio) / rate == answer["duration_s"] == 4.0, "8 beats at the model's own tempo"
    assert 0.05 < np.abs(audio).max() <= 1.0
    with Image.open(io.BytesIO(files["image"])) as image:
        assert (image.format, image.size) == ("JPEG", (512, 256))
    return files["audio"]


def test_control_comes_back_with_its_state(daemon: Daemon, surface: Surface) -> None:
    daemon.osc.send_message("/ld/prompt/2/text", "ambient, dark 🌑")
    daemon.osc.send_message("/ld/seed/a", 99)
    daemon.wait(lambda d: ["ambient, dark 🌑", 0.0] in d.status["blend"], "the new text")
    time.sleep(0.5)
    frame, pid = daemon.transport.frame, daemon.pid_of("control")
    os.kill(pid, signal.SIGKILL)
    daemon.wait(lambda d: d.pid_of("control") != pid, "a new control process")
    surface.forget()
    daemon.wait(lambda d: d.transport.frame > frame + 48000, "a second of music")
    end = time.monotonic() + 30.0
    while time.monotonic() < end and surface.heard.empty():
        daemon.osc.send_message("/ld/state", 1)
        time.sleep(0.5)
    daemon.osc.send_message("/ld/state", 1)
    assert surface.wait_for("/ld/prompt/2/text") == ("ambient, dark 🌑",)
    assert surface.wait_for("/ld/seed/a") == (99,)


def test_the_player_comes_back_on_the_beat(daemon: Daemon) -> None:
    page, pid = daemon.transport, daemon.pid_of("player")
    os.kill(pid, signal.SIGKILL)
    daemon.wait(lambda d: d.pid_of("player") != pid, "a new player")
    daemon.wait(lambda d: d.transport.monotonic_ns > page.monotonic_ns + 10**9, "its sound")
    later = daemon.transport
    assert later.beat == pytest.approx(page.beat_at(later.monotonic_ns), abs=0.02)
    assert later.peak > 0.0


def test_another_patch_plays_without_a_gap(daemon: Daemon) -> None:
    pages = [daemon.transport]

    def plays_the_other(daemon: Daemon) -> bool:
        pages.append(daemon.transport)
        return pages[-1].loop_frames == round(4 * 60 / 150 * 48000)

    daemon.osc.send_message("/ld/patch", "other")
    daemon.wait(plays_the_other, "the patch")
    assert min(page.peak for page in pages) > 0.0
    assert pages[-1].underruns == pages[0].underruns
    assert all(a.beat <= b.beat for a, b in itertools.pairwise(pages))
    assert daemon.status["patch"] == "other"
    assert daemon.transport.playing


def test_ctrl_c_leaves_nothing_behind(daemon: Daemon) -> None:
    run_dir = daemon.run_dir
    pids = [daemon.pid_of(name) for name in ("player", "renderer", "control")]
    assert daemon.stop() == 0
    assert not run_dir.exists()
    assert not any(alive(pid) for pid in pids)
