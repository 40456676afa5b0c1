"""Feedback: to whom, how often, and never a surface's own echo while its hand is on it."""

from ipaddress import ip_network

import pytest

from livediffusion.control.endpoint import AllowList, Endpoint
from livediffusion.control.inbox import Complaint
from livediffusion.control.osc_feedback import Feedback
from livediffusion.control.oscwire import decode
from livediffusion.state.parameters import Refused

TABLET = "osc 127.0.0.1:5001"
DESK = "osc 127.0.0.1:5002"


class Wire:
    """Where sent packets land, decoded."""

    def __init__(self):
        self.sent = []

    def send(self, packet, to):
        ((message,),) = (unit.messages for unit in decode(packet))
        self.sent.append((to[1], message[0], *message[1]))

    def take(self):
        taken, self.sent = self.sent, []
        return taken


@pytest.fixture
def wire():
    return Wire()


@pytest.fixture
def feedback(wire):
    found = Feedback(wire.send, AllowList([ip_network("10.0.0.0/24")]))
    found.subscribe(TABLET, 9001)
    found.subscribe(DESK, 9002)
    return found


def test_a_change_reaches_the_others_at_once_and_the_mover_when_it_rests(feedback, wire):
    feedback.publish("/ld/gain", (-3.0,), TABLET, 0.0)
    feedback.flush(0.0)
    assert wire.take() == [(9002, "/ld/gain", -3.0)]
    feedback.publish("/ld/gain", (-2.0,), TABLET, 0.2)
    feedback.flush(0.45)
    assert wire.take() == [(9002, "/ld/gain", -2.0)]
    feedback.flush(0.51)
    assert wire.take() == [(9001, "/ld/gain", -2.0)]
    feedback.flush(9.0)
    assert wire.take() == []


def test_midi_moves_reach_everybody(feedback, wire):
    feedback.publish("/ld/mute", (True,), "midi Launch cc 1 ch 1", 0.0)
    feedback.flush(0.0)
    assert sorted(wire.take()) == [(9001, "/ld/mute", 1), (9002, "/ld/mute", 1)]


def test_a_surface_of_the_config_is_known_by_its_host_for_a_second(wire):
    feedback = Feedback(wire.send, AllowList([]), fixed=[("127.0.0.1", 9000)])
    feedback.publish("/ld/gain", (-3.0,), "osc 127.0.0.1:61234", 0.0)
    feedback.flush(0.1)
    assert wire.take() == []
    feedback.flush(0.31)
    assert wire.take() == [(9000, "/ld/gain", -3.0)]
    for tick in range(300):  # somebody else on that machine, without end
        feedback.publish("/ld/gain", (float(tick),), "osc 127.0.0.1:61235", 1.0 + tick / 100)
        feedback.flush(1.0 + tick / 100)
    assert 2 <= len(wire.take()) <= 4


def test_a_value_comes_at_most_30_times_a_second_and_its_last_state_always(feedback, wire):
    feedback.unsubscribe(TABLET, 9001)
    for tick in range(1000):
        feedback.publish("/ld/gain", (float(tick),), TABLET, tick / 1000)
        feedback.flush(tick / 1000)
    feedback.flush(1.1)
    sent = wire.take()
    assert 25 <= len(sent) <= 32 and sent[-1] == (9002, "/ld/gain", 999.0)


def test_readouts_come_more_slowly(feedback, wire):
    for tick in range(1000):
        feedback.publish("/ld/out/beat", (tick / 100,), "player", tick / 1000)
        feedback.flush(tick / 1000)
    assert 10 <= len(wire.take()) / 2 <= 16


def test_what_does_not_change_is_not_sent_again(feedback, wire):
    for second in range(3):
        feedback.publish("/ld/gain", (1.0,), "patch", float(second))
        feedback.flush(float(second))
    assert len(wire.take()) == 2


def test_16_may_subscribe(feedback):
    for port in range(9003, 9017):
        feedback.subscribe(TABLET, port)
    with pytest.raises(Refused, match="16"):
        feedback.subscribe(TABLET, 9017)
    feedback.subscribe(TABLET, 9003)


def test_another_host_only_if_allowed(feedback):
    feedback.subscribe(TABLET, 9000, "10.0.0.7")
    feedback.subscribe("osc 192.168.0.3:50", 9000)
    for host in ("10.0.1.7", "example.com", ""):
        with pytest.raises(Refused, match="not allowed"):
            feedback.subscribe(TABLET, 9000, host)
    assert ("10.0.0.7", 9000) in feedback.subscriptions


def test_unsubscribing_ends_it(feedback, wire):
    feedback.unsubscribe(DESK, 9002)
    feedback.publish("/ld/gain", (1.0,), "patch", 0.0)
    feedback.flush(0.0)
    assert [port for port, *_ in wire.take()] == [9001]
    with pytest.raises(Refused, match="Nobody"):
        feedback.unsubscribe(DESK, 9002)


def test_answers_go_to_the_source_and_its_hosts_subscriptions(feedback, wire):
    feedback.subscribe(TABLET, 9000, "10.0.0.7")
    feedback.answer("osc 127.0.0.1:60000", {"/ld/gain": (1.0,), "/ld/xy": (0.0, 1.0)}, 0.0)
    assert {port for port, *_ in wire.take()} == {60000, 9001, 9002}


def test_errors_are_said_but_not_endlessly(feedback, wire):
    for tick in range(1000):
        feedback.error(TABLET, f"No {tick}.", tick / 1000)
    assert len(wire.take()) == 3 * 10 and feedback.complaints.suppressed == 990
    feedback.complaints.hear(Complaint(TABLET, "/ld/gian", is_address=True), 1.5)
    assert 'Did you mean "/ld/gain"?' in wire.take()[0][2]


def test_one_mistake_is_said_once_a_second_and_logged_once(feedback, wire, caplog):
    for tick in range(3000):
        feedback.error(TABLET, "No.", tick / 1000)
    assert [port for port, *_ in wire.take()] == [5001, 9001, 9002] * 3
    assert caplog.text.count("No.") == 1 and feedback.complaints.count == 3000


def test_different_mistakes_of_one_second_are_all_logged(feedback, caplog):
    for sentence in ("No.", "Never.", "Not at all."):
        feedback.error("midi Knobs cc 1 ch 1", sentence, 0.5)
    assert [record.message.split(": ")[1] for record in caplog.records] == [
        "No.", "Never.", "Not at all."
    ]  # fmt: skip
    for n in range(50):
        feedback.error(TABLET, f"No {n}.", 1.0 + n / 100)
    assert len(caplog.records) == 3 + 4
    feedback.error(TABLET, "No 49.", 2.0)
    assert caplog.text.count("No 49.") == 1, "what was held back is not taken for said"


def test_what_everybody_is_told_is_not_replaced_by_what_comes_next(feedback, wire):
    feedback.listen(Endpoint("127.0.0.1", 9, "web"), "/ld/gain")
    for sentence in ("One.", "Two.", "Two."):
        feedback.announce(sentence)
    assert wire.take() == [
        (port, "/ld/out/error", said) for said in ("One.", "Two.", "Two.") for port in (9001, 9002)
    ]


def test_without_a_port_feedback_goes_back_the_way_the_request_came(feedback):
    assert feedback.subscribe(TABLET, None) == Endpoint("127.0.0.1", 5001)
    tcp = "osc-tcp 127.0.0.1:40000"
    connection = Endpoint("127.0.0.1", 40000, "tcp")
    assert feedback.subscribe(tcp, None) == feedback.subscribe(tcp, 9000) == connection
    assert feedback.subscribe(tcp, 9000, "10.0.0.7") == Endpoint("10.0.0.7", 9000)
    assert ("127.0.0.1", 40000) not in feedback.subscriptions, "gone with its connection"
    feedback.unsubscribe(tcp, 9000)
    with pytest.raises(Refused, match="Name the port"):
        feedback.subscribe("midi x", None)


def test_a_listener_hears_what_it_listens_to_and_all_below(feedback, wire):
    page = Endpoint("127.0.0.1", 50000, "web")
    feedback.listen(page, "/ld/prompt")
    feedback.listen(page, "/ld/mute")
    moves = {"/ld/prompt/1/weight": 0.5, "/ld/prompter": 1.0, "/ld/gain": 1.0, "/ld/mute": True}
    for address, value in moves.items():
        feedback.publish(address, (value,), "patch", 0.0)
    feedback.flush(0.0)
    heard = [(address, value) for port, address, value in wire.take() if port == 50000]
    assert heard == [("/ld/prompt/1/weight", 0.5), ("/ld/mute", True)]
    feedback.ignore(page, "/ld/prompt")
    feedback.publish("/ld/prompt/1/weight", (0.7,), "patch", 1.0)
    feedback.publish("/ld/mute", (False,), "patch", 1.0)
    feedback.flush(1.0)
    assert [address for port, address, _ in wire.take() if port == 50000] == ["/ld/mute"]
    feedback.leave(page)
    feedback.publish("/ld/mute", (True,), "patch", 2.0)
    feedback.flush(2.0)
    assert 50000 not in [port for port, *_ in wire.take()]


def test_a_listener_that_sends_over_udp_does_not_hear_its_own_move_at_once(feedback, wire):
    page = Endpoint("127.0.0.1", 50000, "web")
    feedback.listen(page, "/ld/gain")
    feedback.publish("/ld/gain", (-3.0,), "osc 127.0.0.1:61234", 0.0)
    feedback.flush(0.1)
    assert 50000 not in [port for port, *_ in wire.take()]
    feedback.publish("/ld/gain", (-2.0,), TABLET, 1.0)  # that one is known to be somebody else
    feedback.flush(1.0)
    assert (50000, "/ld/gain", -2.0) in wire.take()


def test_a_full_state_is_not_sent_endlessly(feedback, wire):
    for tick in range(100):
        feedback.answer("osc 10.0.0.7:1", {"/ld/gain": (1.0,)}, tick / 1000)
    assert len(wire.take()) == 20
