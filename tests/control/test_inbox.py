"""The inbox: the newest value stands, order and bundles survive, time is kept. No sleeping."""

import time

import pytest

from livediffusion.control import inbox as inbox_module
from livediffusion.control.inbox import Inbox
from livediffusion.control.oscwire import Unit, encode

SOURCE = "osc 127.0.0.1:9000"


@pytest.fixture
def inbox():
    return Inbox()


def put(inbox, *messages, now=0.0, at=None, source=SOURCE):
    """One message, or several as a bundle; `at` in seconds from now."""
    offset = time.time() - time.monotonic()
    unix = None if at is None else now + at + offset
    inbox.put(Unit(tuple((address, values) for address, *values in messages), unix), source, now)


def drained(inbox, now=0.0):
    """Everything, however many looks it takes."""
    found = []
    while messages := inbox.drain(now):
        found += [(m.address, *m.values) for m in messages]
    return found


def test_of_one_address_the_newest_value_stands(inbox):
    for value in range(20_000):
        put(inbox, ("/ld/gain", value))
    assert drained(inbox) == [("/ld/gain", 19_999)]
    assert inbox.counts.coalesced == 19_999 and drained(inbox) == []


def test_what_came_last_acts_last(inbox):
    put(inbox, ("/ld/blend", 1.0, 0.0))
    put(inbox, ("/ld/prompt/1/weight", 0.5))
    put(inbox, ("/ld/blend", 0.0, 1.0))
    assert drained(inbox) == [("/ld/prompt/1/weight", 0.5), ("/ld/blend", 0.0, 1.0)]


def test_a_glide_or_trigger_keeps_what_came_before_it(inbox):
    sent = [("/ld/glide", 0), ("/ld/blend", 1), ("/ld/glide", 8), ("/ld/blend", 2), ("/ld/play",)]
    for message in sent:
        put(inbox, message)
    assert drained(inbox) == sent


def test_a_button_let_go_is_no_second_press(inbox):
    put(inbox, ("/ld/play", 1))
    put(inbox, ("/ld/play", 0))
    assert drained(inbox) == [("/ld/play", 1)]


def test_bundles_stay_together_and_newer_ones_replace_them(inbox):
    for value in (1, 2):
        put(inbox, ("/ld/gain", value), ("/ld/drift", value))
    put(inbox, ("/ld/gain", 3))
    found = inbox.drain(0.0)
    assert [(m.address, *m.values) for m in found] == [
        ("/ld/gain", 2), ("/ld/drift", 2), ("/ld/gain", 3)
    ]  # fmt: skip
    assert found[0].bundle == found[1].bundle != 0 and found[2].bundle == 0


def test_a_future_bundle_acts_at_its_time(inbox):
    put(inbox, ("/ld/gain", 2), at=0.5)
    put(inbox, ("/ld/gain", 1), at=0.25)
    assert drained(inbox, 0.2) == []
    assert drained(inbox, 0.3) == [("/ld/gain", 1)]
    (message,) = inbox.drain(0.6)
    assert message.time == pytest.approx(0.5, abs=0.01)


def test_what_is_coming_can_be_seen_and_goes_on_waiting(inbox):
    put(inbox, ("/ld/gain", 2), at=5.0)
    put(inbox, ("/ld/gain", 1), at=3.0)
    assert inbox.coming(2.0) == []
    seen = inbox.coming(6.0)
    assert [pending.messages[0].values for pending in seen] == [[1], [2]]
    assert seen[0].number != seen[1].number
    assert drained(inbox, 6.0) == [("/ld/gain", 1), ("/ld/gain", 2)]
    assert inbox.coming(6.0) == []


@pytest.mark.parametrize(("at", "words"), [(61, "60 s ahead"), (-2, "1 s late")])
def test_too_far_or_too_late_acts_at_once_and_is_said_once(inbox, at, words):
    for value in (1, 2):
        put(inbox, ("/ld/gain", value), at=at)
    assert drained(inbox) == [("/ld/gain", 2)]
    (complaint,) = inbox.complaints()
    assert words in complaint.what and complaint.source == SOURCE and not complaint.is_address


def test_slightly_late_is_nothing_to_speak_of(inbox):
    put(inbox, ("/ld/gain", 1), at=-0.5)
    assert drained(inbox) == [("/ld/gain", 1)] and inbox.complaints() == []


def test_the_senders_clock_is_doubted_once_per_sender(inbox):
    for source in (SOURCE, "osc 127.0.0.1:9001", "osc 10.0.0.7:9000"):
        put(inbox, ("/ld/gain", 1), at=3600.0, source=source)
        put(inbox, ("/ld/gain", 1), at=-3600.0, source=source)
    told = [complaint.source for complaint in inbox.complaints()]
    assert told == [SOURCE, SOURCE, "osc 10.0.0.7:9000", "osc 10.0.0.7:9000"]


def test_numbers_of_a_lane_are_coalesced_with_everything_else_and_keep_their_place(inbox):
    packets = [encode("/ld/gain", (value,)) for value in (1.0, 2.0, 4.0)]
    inbox.lanes.open(packets[0], "/ld/gain")
    lane = inbox.lanes.find(packets[1])
    put(inbox, ("/ld/gain", 9.0))
    put(inbox, ("/ld/drift", 0.5))
    inbox.put_raw(lane, packets[1], SOURCE, 0.0)
    put(inbox, ("/ld/play",))
    inbox.put_raw(lane, packets[2], SOURCE, 0.0)
    found = inbox.drain(0.0)
    assert [(m.address, *m.values) for m in found] == [
        ("/ld/drift", 0.5), ("/ld/gain", 2.0), ("/ld/play",), ("/ld/gain", 4.0)
    ]  # fmt: skip
    assert found[1].source == SOURCE and inbox.counts.messages == 5 and inbox.counts.coalesced == 1


def test_lanes_between_barriers_are_bounded_too(inbox):
    packet = encode("/ld/gain", (1.0,))
    inbox.lanes.open(packet, "/ld/gain")
    for _ in range(5000):
        put(inbox, ("/ld/play",))
        inbox.put_raw(inbox.lanes.find(packet), packet, SOURCE, 0.0)
    assert len(drained(inbox)) <= inbox_module._MOST_READY


def test_errands_are_run_by_the_control_loop_and_bounded(inbox):
    done = []
    assert all(inbox.ask(lambda n=n: done.append(n)) for n in range(inbox_module._MOST_ERRANDS))
    assert not inbox.ask(lambda: done.append("too many"))
    inbox.run_errands()
    assert done == list(range(inbox_module._MOST_ERRANDS))


def test_an_errand_that_fails_is_logged_and_ends_nothing(inbox, caplog):
    done = []
    inbox.ask(lambda: 1 / 0)
    inbox.ask(lambda: done.append(1))
    inbox.run_errands()
    assert done == [1] and "ZeroDivisionError" in caplog.text


def test_1024_may_wait_for_their_time(inbox):
    for value in range(1100):
        put(inbox, ("/ld/gain", value), at=10.0)
    assert len(drained(inbox, 11.0)) == 1024 and inbox.counts.overflowed == 76
    assert len(inbox.complaints()) == 1


def test_unknown_addresses_and_readouts_are_answered_but_never_queued(inbox):
    for number in range(10_000):
        put(inbox, (f"/nothing/{number}", 1))
    put(inbox, ("/ld/out/beat", 1))
    put(inbox, ("/ld/gain", -3))
    assert drained(inbox) == [("/ld/gain", -3)]
    assert inbox.counts.unknown == 10_001
    complaints = inbox.complaints()
    assert len(complaints) == inbox_module._MOST_COMPLAINTS and inbox.complaints() == []
    assert complaints[0].is_address and complaints[0].what == "/nothing/0"


def test_a_flood_of_triggers_is_bounded_and_the_last_value_stands(inbox):
    for value in range(20_000):
        put(inbox, ("/ld/glide", value))
        put(inbox, ("/ld/gain", value))
    found = drained(inbox)
    assert len(found) <= inbox_module._MOST_READY
    assert found[-2:] == [("/ld/glide", 19_999), ("/ld/gain", 19_999)]


def test_waiting_ends_when_something_comes_or_falls_due(inbox):
    begun = time.monotonic()
    put(inbox, ("/ld/gain", 1), now=begun, at=0.05)
    inbox.wait(0.0)
    inbox.wait(60.0)
    assert len(inbox.drain(time.monotonic())) == 1 and time.monotonic() - begun < 30.0
