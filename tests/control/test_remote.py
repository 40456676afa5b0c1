"""The command line's end of learning, against a daemon that says what the test wants."""

import socket
import threading

import pytest

from livediffusion.control import remote
from livediffusion.control.oscwire import decode, encode
from livediffusion.errors import UserError


class Daemon:
    """A UDP port that answers the first packet it gets."""

    def __init__(self, folder, answers):
        self.asked = []
        self._answers = answers
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(20.0)
        self.config = folder / "config.toml"
        port = self._socket.getsockname()[1]
        self.config.write_text(f"[osc]\nport = {port}\n", encoding="utf-8")
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        packet, sender = self._socket.recvfrom(9000)
        self.asked += [message for unit in decode(packet) for message in unit.messages]
        for answer in self._answers:
            self._socket.sendto(answer, sender)

    def close(self):
        self._thread.join()
        self._socket.close()


@pytest.fixture
def answering(tmp_path):
    started = []

    def start(*answers):
        started.append(Daemon(tmp_path, answers))
        return started[-1]

    yield start
    for daemon in started:
        daemon.close()


def news(word, sentence):
    return encode("/ld/out/learn", (word, sentence))


@pytest.mark.parametrize(
    ("target", "address"),
    [("", "*"), ("gain", "/ld/gain"), ("seed.morph", "/ld/seed/morph"), ("/ld/gain", "/ld/gain"),
     ("prompt/2/weight", "/ld/prompt/2/weight")],
)  # fmt: skip
def test_what_is_said_is_handed_on_until_it_is_learned(answering, target, address):
    daemon, said = answering(
        news("waiting", "Move."), b"garbage", encode("/ld/gain", (1.0,)), news("learned", "Done."),
        news("waiting", "too late"),
    ), []  # fmt: skip
    remote.learn(target, daemon.config, said.append)
    assert (daemon.asked, said) == ([("/ld/learn", (address,))], ["Move.", "Done."])


@pytest.mark.parametrize(
    "answer",
    [news("failed", "No."), news("ended", "No."), encode("/ld/out/error", ("No.",))],
    ids=["failed", "ended", "error"],
)
def test_what_was_not_learned_is_an_error(answering, answer):
    daemon = answering(answer)
    with pytest.raises(UserError, match=r"^No\.$"):
        remote.learn("gain", daemon.config, print)


def test_unlearning_says_what_no_longer_moves(answering):
    daemon, said = answering(news("learned", "cc 7 no longer moves /ld/gain.")), []
    remote.unlearn("gain", daemon.config, said.append)
    assert said == ["cc 7 no longer moves /ld/gain."]
    assert daemon.asked == [("/ld/unlearn", ("/ld/gain",))]


def test_nobody_is_there(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = tmp_path / "config.toml"
    config.write_text(f"[osc]\nport = {port}\n", encoding="utf-8")
    for ask in (remote.learn, remote.unlearn):
        with pytest.raises(UserError, match=f"No livediffusion answers on OSC port {port}"):
            ask("gain", config, print)


def test_an_interrupted_lesson_is_called_off(answering):
    daemon = answering(news("waiting", "Move."))

    def interrupt(sentence):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        remote.learn("gain", daemon.config, interrupt)
    packet, _ = daemon._socket.recvfrom(9000)
    (unit,) = decode(packet)
    assert unit.messages == (("/ld/learn", ("",)),)
