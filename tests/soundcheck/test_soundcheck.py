"""What a soundcheck finds, and what it says about it."""

from __future__ import annotations

import io
import json
import socket
import threading
import time
from collections import Counter
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from livediffusion import cli, status
from livediffusion.config import AudioConfig, ClockConfig, Config, OscConfig, SessionConfig
from livediffusion.control.endpoint import AllowList, endpoint_of
from livediffusion.control.inbox import Inbox
from livediffusion.control.osc import OscServer
from livediffusion.errors import UserError
from livediffusion.ipc import runs
from livediffusion.player import device
from livediffusion.player.outputs import ClockOutput
from livediffusion.soundcheck import audio, disk, headroom, wires
from livediffusion.soundcheck.card import Finding, card, look_into, summary
from livediffusion.soundcheck.wires import Heard
from livediffusion.state.controls import MidiMapping, parse_control
from livediffusion.types import SAMPLE_RATE


@pytest.fixture(autouse=True)
def _nobody_plays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_folders", list)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# The card.


def test_the_card_says_everything_and_the_worst_decides() -> None:
    findings = [Finding("audio", "pass", "Plays."), Finding("MIDI", "warn", "Nothing [there].")]
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(card(findings))
    lines = [line.rstrip().split(maxsplit=2) for line in console.export_text().splitlines()]
    assert lines == [
        ["pass", "audio", "Plays."],
        ["warn", "MIDI", "Nothing [there]."],
    ]
    assert summary(findings[:1]) == "Ready."
    assert summary(findings) == "Ready, but look at MIDI."
    with pytest.raises(UserError, match="Not ready: disk, OSC"):
        summary([*findings, Finding("disk", "fail", ""), Finding("OSC", "fail", "")])


def test_a_check_that_breaks_is_a_finding() -> None:
    def user() -> Finding:
        raise UserError("There is no device; connect one.")

    def bug() -> Finding:
        raise ZeroDivisionError("division by zero\nmore")

    assert look_into("audio", user) == Finding("audio", "fail", "There is no device; connect one.")
    found = look_into("audio", bug)
    assert found.verdict == "fail" and "ZeroDivisionError: division by zero)" in found.sentence


# Audio.


def test_pings_are_left_and_right_in_turn_however_they_are_cut() -> None:
    song = audio.pings(SAMPLE_RATE)
    left, right = np.abs(song[: SAMPLE_RATE // 2]).max(axis=0)
    assert left == pytest.approx(0.1, abs=0.01) and right == 0.0
    pings = audio.Pings(SAMPLE_RATE)
    blocks = [np.empty((frames, 2), np.float32) for frames in (1, 511, 70000, 26000, 3)]
    for block in blocks:
        pings.fill(block, 0)
    whole = np.concatenate(blocks)
    assert np.array_equal(whole, np.concatenate([song, song, song])[: len(whole)])
    assert pings.frames == len(whole) and pings.calls == 5


class Card(ClockOutput):
    """A sound card that loses what it is told to lose, and is as fast as it is told."""

    name = "Scarlett"


@pytest.mark.parametrize(
    ("passed", "played", "underruns", "verdict", "words"),
    [
        (3.0, 3.01, 0, "pass", "without a drop-out, 10 ms late"),
        (3.0, 3.01, 4, "warn", "lost sound 4 times"),
        (3.0, 0.0, 0, "fail", "does not play"),
        (3.0, 1.0, 0, "fail", "does not play"),
        (3.0, 3.26, 0, "warn", "true rate"),
    ],
)
def test_what_the_calls_say(
    passed: float, played: float, underruns: int, verdict: str, words: str
) -> None:
    output, pings = Card(SAMPLE_RATE), audio.Pings(SAMPLE_RATE)
    output.underruns, output.latency = underruns, 0.01
    pings.frames, pings.calls = round(played * SAMPLE_RATE), round(played * 100)
    found = audio.judge(output, pings, passed, SAMPLE_RATE)
    assert (found.verdict, words in found.sentence) == (verdict, True), found.sentence


def test_a_device_is_opened_played_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Card] = []

    def open_output(name: str | None, *_: object) -> Card:
        opened.append(Card(SAMPLE_RATE))
        return opened[0]

    monkeypatch.setattr(device, "open_output", open_output)
    found = audio.check(AudioConfig(device="Scarlett"), 0.3)
    assert found.figures["played"] > 0.0 and opened[0]._stop.is_set()


def test_outputs_that_are_no_device(tmp_path: Path) -> None:
    assert audio.check(AudioConfig(device="null"), 0.1).verdict == "warn"
    kept = tmp_path / "set.wav"
    kept.write_bytes(b"my last set")
    assert audio.check(AudioConfig(device=str(kept)), 0.1).verdict == "pass"
    assert kept.read_bytes() == b"my last set"
    lost = audio.check(AudioConfig(device=str(tmp_path / "no" / "set.wav")), 0.1)
    assert lost.verdict == "fail" and "There is no folder" in lost.sentence


def test_no_audio_device_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object) -> None:
        raise UserError("there is no audio device")

    monkeypatch.setattr(device, "open_output", nothing)
    found = look_into(audio.AUDIO, lambda: audio.check(AudioConfig(), 0.1))
    assert found == Finding("audio", "fail", "there is no audio device")


# MIDI.


def mapping(device: str = "*") -> MidiMapping:
    return MidiMapping(parse_control("cc 21"), "/ld/gain", -60.0, 0.0, device=device)


@pytest.mark.parametrize(
    ("heard", "mappings", "verdict", "words"),
    [
        (Heard(), (), "pass", "the patch maps no controls"),
        (Heard(), (mapping(),), "warn", "the patch maps 1 controls"),
        (Heard(["Keys"]), (mapping("Launch*"),), "warn", "maps Launch*, which is not connected"),
        (Heard(["Launch Control"]), (mapping("Launch*"),), "pass", "nothing was moved"),
        (
            Heard(["Keys", "Pads"], Counter({"cc 21 of Keys": 9, "note 36 of Pads": 1})),
            (mapping(),),
            "pass",
            "Keys, Pads are there; moved: cc 21 of Keys, note 36 of Pads.",
        ),
    ],
)
def test_midi(heard: Heard, mappings: tuple[MidiMapping, ...], verdict: str, words: str) -> None:
    found = wires.midi(heard, mappings)
    assert (found.verdict, words in found.sentence) == (verdict, True), found.sentence


# OSC.


def test_osc_sends_to_itself_and_lets_the_port_go() -> None:
    config = OscConfig(port=free_port(), allow=(ip_network("192.168.1.0/24"),))
    for _ in range(2):
        found = wires.osc(config, playing=False)
        assert found.verdict == "pass" and found.figures["came"] == found.figures["sent"] == 50
    assert "this machine may send" in found.sentence


def test_a_port_that_somebody_has() -> None:
    config = OscConfig(port=free_port())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", config.port))
        found = wires.osc(config, playing=False)
        assert found.verdict == "fail" and str(config.port) in found.sentence
        assert wires.osc(config, playing=True).verdict == "fail", "it does not answer"


def test_a_daemon_that_plays_is_asked() -> None:
    config, inbox = OscConfig(port=free_port()), Inbox()
    server = OscServer(config, inbox, AllowList(()))
    answers: list[Any] = []
    inbox.wake.clear()

    def answer() -> None:
        inbox.wait(10.0)
        for message in inbox.drain(time.monotonic()):
            answers.append(message.address)
            to = endpoint_of(message.source)
            assert to is not None
            server.send(b"/ld/gain\0\0\0\0,f\0\0\0\0\0\0", to)

    thread = threading.Thread(target=answer)
    thread.start()
    found = wires.osc(config, playing=True)
    thread.join()
    server.close()
    assert found.verdict == "pass" and answers == ["/ld/state"]


# The clock.


def ticks(bpm: float, count: int) -> list[float]:
    return [number * 60.0 / bpm / 24 for number in range(count)]


def test_the_clock_that_is_to_lead() -> None:
    config = Config(clock=ClockConfig(source="midi"))
    assert wires.clock(config, Heard()).verdict == "warn"
    one = wires.clock(config, Heard(ticks={"Drum Machine": ticks(124.0, 200)}))
    assert one.verdict == "pass" and "Drum Machine at 124.0 bpm" in one.sentence
    both = Heard(ticks={"A": ticks(124.0, 200), "B": ticks(90.0, 100), "C": ticks(1.0, 2)})
    two = wires.clock(config, both)
    assert two.verdict == "warn" and "Several send a clock: A, B." in two.sentence
    assert wires.clock(Config(), Heard()).figures["source"] == "internal"


# Rendering.


@pytest.mark.parametrize(
    ("seconds", "tempo", "verdict", "words"),
    [
        (0.3, 120.0, "pass", "a glide moves on each beat."),
        (0.4, 120.0, "pass", "a glide moves on each second beat."),
        (1.0, 120.0, "pass", "a glide moves on each bar."),
        (2.0, 120.0, "warn", "a glide moves on each loop."),
        (3.0, 120.0, "fail", "too long for loops of 8"),
        (3.0, 60.0, "warn", "a glide moves on each loop."),
    ],
)
def test_render_time_against_the_step(
    seconds: float, tempo: float, verdict: str, words: str
) -> None:
    found = headroom.judge([seconds] * 8, tempo, 8, "cpu (pocket)")
    assert (found.verdict, words in found.sentence) == (verdict, True), found.sentence


def test_the_slowest_renders_count() -> None:
    found = headroom.judge([0.3] * 6 + [2.0] * 2, 120.0, 8, "cpu")
    assert found.figures["step_beats"] == 8.0


# The disk.


def test_room_for_hours(tmp_path: Path) -> None:
    hour = 48000 * 8 * 3600
    fast = 100e6
    verdicts = [disk.judge(tmp_path, h * hour, fast, True).verdict for h in (20, 2)]
    assert verdicts == ["pass", "warn"]
    assert disk.judge(tmp_path, hour // 4, fast, True).verdict == "fail"
    assert disk.judge(tmp_path, hour // 4, fast, False).verdict == "warn"
    assert disk.judge(tmp_path, 20 * hour, 1e6, True).verdict == "fail"
    assert "15 minutes" in disk.judge(tmp_path, hour // 4, fast, True).sentence


def test_the_folder_that_is_yet_to_be_made(tmp_path: Path) -> None:
    found = disk.check(SessionConfig(record=True, directory=str(tmp_path / "a" / "b")))
    assert found.figures["free_mb"] > 0.0
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refused(folder: Path) -> float:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(disk, "_speed", refused)
    found = disk.check(SessionConfig(record=True, directory=str(tmp_path)))
    assert found.verdict == "fail" and "Permission denied" in found.sentence


# All of it.


def test_the_command_gives_a_card_and_an_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text(f"[osc]\nport = {free_port()}\n")
    monkeypatch.chdir(tmp_path)
    options = ["--output", str(tmp_path / "no" / "x.wav"), "--listen", "0"]
    result = CliRunner().invoke(cli.app, ["soundcheck", "nosuch", "--json", *options])
    found = {one["what"]: one["verdict"] for one in json.loads(result.stdout)}
    assert (found["patch"], found["audio"], found["OSC"]) == ("fail", "fail", "pass")
    assert "render" not in found, "without a patch there is nothing to render"
    assert result.exit_code == 1
    assert str(result.exception) == "Not ready: patch, audio."


def test_a_daemon_that_plays_is_not_disturbed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    (tmp_path / "config.toml").write_text(f"[osc]\nport = {port}\n")
    monkeypatch.chdir(tmp_path)
    sound = {"underruns": 2, "tempo": 120.0, "loop_beats": 8}
    said = {"sound": sound, "output": "Scarlett", "osc_port": port, "late": 1}
    said |= {"render_p95_ms": 300.0}
    monkeypatch.setattr(status, "ask", lambda: [{"osc_port": 1}, said])
    result = CliRunner().invoke(cli.app, ["soundcheck", "nosuch", "--json", "--listen", "0"])
    found = {one["what"]: one for one in json.loads(result.stdout)}
    assert "playing to Scarlett, with 2 underruns" in found["audio"]["sentence"]
    assert "1 loops were late so far" in found["render"]["sentence"]
    assert found["OSC"]["verdict"] == "fail", "this one does not answer"
