"""Run in a process of its own, so that a dying JACK server dies there.

python midi_peer.py listen PATTERN...   prints each event and message of MidiInputs
python midi_peer.py send NAME           a device: sends the bytes of each line it reads
"""

import logging
import sys
import threading

import rtmidi

from livediffusion.control.midi import MidiInputs


def listen(patterns):
    logging.basicConfig(level=logging.INFO, format="log %(message)s", stream=sys.stdout)
    print("ready", flush=True)
    wake = threading.Event()
    inputs = MidiInputs(patterns, wake)
    while True:
        wake.wait()
        wake.clear()
        for event in inputs.drain():
            device = event.device.partition(":")[0]
            print(device, event.kind, event.channel, event.number, event.value, flush=True)


def send(name):
    device = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name=name)
    device.open_virtual_port("out")
    print("ready", flush=True)
    for line in sys.stdin:
        device.send_message([int(byte) for byte in line.split()])


if __name__ == "__main__":
    role, *rest = sys.argv[1:]
    listen(rest) if role == "listen" else send(rest[0])
