"""What is handed to listeners is what the player wrote, frame for frame. A real arena."""

import threading

import numpy as np
import pytest

from livediffusion.control.listening import HEAD, MOST_LISTENERS, Listener, Listening, hand_on
from livediffusion.ipc.arena import RING_FRAMES, Arena, Transport

SOUND = np.random.default_rng(1).uniform(-1, 1, (48000, 2)).astype(np.float32)


@pytest.fixture
def arena(tmp_path):
    return Arena.create(tmp_path / "arena")


def play(arena, start, count):
    """The player has played so many frames from output frame `start` on."""
    arena.write_ring(start, SOUND[:count])
    arena.write_transport(Transport(frame=start + count - 480, block=480))


def heard(packets, kind=np.float32):
    """Frame of the first packet, and all samples; packets follow one another without a gap."""
    first = at = HEAD.unpack_from(packets[0])[0]
    pieces = []
    for packet in packets:
        frame, rate, channels, _ = HEAD.unpack_from(packet)
        assert (frame, rate, channels) == (at, 48000, 2)
        pieces.append(np.frombuffer(packet, kind, offset=HEAD.size).reshape(-1, 2))
        at += len(pieces[-1])
    return first, np.concatenate(pieces)


def test_a_listener_gets_a_buffer_at_once_and_then_all_that_is_played(arena):
    packets = []
    listener = Listener(packets.append, buffer=9600)
    play(arena, 0, 20000)
    hand_on(arena, (listener,))
    play(arena, 20000, 10000)
    hand_on(arena, (listener,))
    hand_on(arena, (listener,))
    first, sound = heard(packets)
    assert first == 10400 and len(sound) == 30000 - 10400
    assert np.array_equal(sound, np.concatenate([SOUND[10400:20000], SOUND[:10000]]))


def test_who_comes_back_goes_on_where_they_were_if_that_is_still_there(arena):
    play(arena, 0, 48000)
    back, late, wrong = [], [], []
    listeners = (
        Listener(back.append, next=40000),
        Listener(late.append, buffer=480, next=0),
        Listener(wrong.append, buffer=480, next=1 << 40),
    )
    arena.write_transport(Transport(frame=RING_FRAMES - 480, block=480))
    hand_on(arena, listeners[1:])
    assert HEAD.unpack_from(late[0])[0] == HEAD.unpack_from(wrong[0])[0] == RING_FRAMES - 480
    arena.write_transport(Transport(frame=48000 - 480, block=480))
    hand_on(arena, listeners[:1])
    assert heard(back)[0] == 40000 and np.array_equal(heard(back)[1], SOUND[40000:])


def test_sixteen_bits_are_the_nearest(arena):
    packets = []
    play(arena, 0, 4800)
    hand_on(arena, (Listener(packets.append, "int16", buffer=4800),))
    assert np.abs(heard(packets, "<i2")[1] / 32767 - SOUND[:4800]).max() <= 0.51 / 32767


def test_several_listen_and_the_thread_ends_with_the_last(arena):
    listening, came = Listening(arena), threading.Event()
    play(arena, 0, 4800)
    listeners = [Listener(lambda packet: came.set()) for _ in range(MOST_LISTENERS)]
    assert all(listening.join(listener) for listener in listeners)
    assert not listening.join(Listener(lambda packet: None))
    assert came.wait(20.0)
    thread = listening._thread
    for listener in listeners:
        listening.leave(listener)
    assert listening.count == 0
    thread.join(20.0)
    assert not thread.is_alive()
