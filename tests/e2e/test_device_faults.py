"""The sound server dies, comes back at another rate, comes back as it was: nobody has to help."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from daemon import on_the_beat, running
from jack import DEVICE, Jack, available
from stand_in import inside

pytestmark = [
    pytest.mark.jack,
    pytest.mark.long,  # minutes of dying sound servers, in real time
    pytest.mark.timeout(400),
    pytest.mark.skipif(not available(), reason="needs jackd, jack_capture and jack_lsp"),
]

PATCH = 'tempo = 120\nquantise = "off"\n[[prompt]]\ntext = "techno"\n'


def test_a_dead_sound_server_is_waited_for(tmp_path: Path) -> None:
    with (
        Jack(patient=False) as jack,
        jack.capture(300.0) as capture,
        running(tmp_path, PATCH, DEVICE, inside=inside) as daemon,
    ):
        daemon.wait(lambda d: d.status.get("output") == DEVICE, "the device")
        daemon.wait(lambda d: d.transport.beat > 16.0, "four bars")
        page = daemon.transport
        jack.kill()
        daemon.wait(lambda d: "is away" in d.status["output"], "the stand-in")
        daemon.wait(lambda d: d.transport.playing, "time to run on")
        jack.rate = 44100
        jack.start()
        with jack.capture(20.0) as wrong:
            frame = daemon.transport.frame
            daemon.wait(lambda d: d.transport.frame > frame + 4 * 48000, "four seconds")
            assert "is away" in daemon.status["output"], "our rate is another"
            wrong.stop()
        jack.kill()
        jack.rate = 48000
        jack.start()
        with jack.capture(300.0) as again:
            daemon.wait(lambda d: d.status["output"] == DEVICE, "the device", 90.0)
            swaps = daemon.transport.frame
            daemon.wait(lambda d: d.transport.frame > swaps + 2 * 192000, "two loops")
            later = daemon.transport
            assert later.peak > 0.0
            assert on_the_beat(page, later)
            daemon.osc.send_message("/ld/audio/device", "null")
            daemon.wait(lambda d: d.status["output"] == "null", "null")
            daemon.osc.send_message("/ld/audio/device", DEVICE)
            daemon.wait(lambda d: d.status["output"] == DEVICE, "the device")
            assert on_the_beat(later, daemon.transport)
            again.stop()
        capture.stop()
    heard = again.samples()
    assert np.abs(heard).max() > 0.01, "and it is heard"
