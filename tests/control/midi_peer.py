"""Run in a process of its own, so that a dying JACK server dies there.

python midi_peer.py listen PATTERN...   prints each event and message of MidiInputs
python midi_peer.py send NAME           a device: sends the bytes of each line it reads
python midi_peer.py receive NAME        a device: prints the bytes that it is sent
python midi_peer.py show PATTERN...     MidiOutputs: shows the gain on cc 21 and hold on note 36,
                                        both set by lines such as "/ld/gain -6"
"""

import logging
import queue
import signal
import sys
import threading
import time

import rtmidi

from livediffusion.control.midi import MidiInputs
from livediffusion.control.midi_feedback import MidiFeedback
from livediffusion.control.midi_out import MidiOutputs
from livediffusion.state.controls import MidiMapping, parse_control

SHOWN = (
    MidiMapping(parse_control("cc 21"), "/ld/gain", -60.0, 0.0, device="Launch Control"),
    MidiMapping(parse_control("note 36"), "/ld/hold", whole=True),
)


def listen(patterns):
    wake = threading.Event()
    inputs = MidiInputs(patterns, wake)
    signal.signal(signal.SIGTERM, lambda *_: (inputs.close(), sys.exit()))
    while True:
        wake.wait(0.5)
        wake.clear()
        for event in inputs.drain():
            device = event.device.partition(":")[0]
            print(device, event.kind, event.channel, event.number, event.value, flush=True)


def send(name):
    device = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name=name)
    device.open_virtual_port("out")
    signal.signal(signal.SIGTERM, lambda *_: (device.close_port(), device.delete(), sys.exit()))
    print("ready", flush=True)
    for line in sys.stdin:
        device.send_message([int(byte) for byte in line.split()])


def receive(name):
    device = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name=name)
    device.open_virtual_port("in")
    signal.signal(signal.SIGTERM, lambda *_: (device.close_port(), device.delete(), sys.exit()))
    print("ready", flush=True)
    while True:
        while (message := device.get_message()) is not None:
            print(*message[0], flush=True)
        time.sleep(0.002)


def show(patterns):
    values, lines = {"/ld/bank": 1, "/ld/gain": 0.0, "/ld/hold": 0.0}, queue.SimpleQueue()
    threading.Thread(target=lambda: [lines.put(line) for line in sys.stdin], daemon=True).start()
    outputs = MidiOutputs(patterns)
    feedback = MidiFeedback(outputs, values.get)
    feedback.take(SHOWN)
    signal.signal(signal.SIGTERM, lambda *_: (outputs.close(), sys.exit()))
    while True:
        while not lines.empty():
            address, value = lines.get().split()
            values[address] = float(value)
        feedback.refresh(time.monotonic())
        time.sleep(0.005)


if __name__ == "__main__":
    role, *rest = sys.argv[1:]
    if role in ("listen", "show"):
        logging.basicConfig(level=logging.INFO, format="log %(message)s", stream=sys.stdout)
        print("ready", flush=True)
    {"listen": listen, "show": show, "send": lambda n: send(*n), "receive": lambda n: receive(*n)}[
        role
    ](rest)
