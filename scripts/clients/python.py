"""A Python snippet on python-osc: a whole client in one class."""

from __future__ import annotations

from clients.snippet import lines, width
from clients.surface import HOST, MADE_BY, PORT

_HEAD = '''"""livediffusion from Python: pip install python-osc, then python livediffusion_osc.py

{made_by}
"""

import sys
import time

from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.udp_client import SimpleUDPClient

# address: (types: f float, i int, s string, b bool; lowest, highest, what it does)
TABLE = {{
'''
_TAIL = '''}}


class LiveDiffusion:
    """What is sent goes out at once, or by a bundle at its time; `heard` is the feedback."""

    def __init__(self, host="{host}", port={port}):
        self.heard = {{}}
        self._client = SimpleUDPClient(host, port)
        self.send("/ld/subscribe")  # without a port: feedback comes back to this socket

    def send(self, address, *values):
        """send("/ld/gain", -6.0)"""
        self._client.send_message(address, values)

    def send_at(self, unix_time, *messages):
        """send_at(time.time() + 0.5, ("/ld/mute", 1), ("/ld/filter", -0.5)): all in one moment."""
        bundle = OscBundleBuilder(unix_time)
        for address, *values in messages:
            message = OscMessageBuilder(address)
            for value in values:
                message.add_arg(value)
            bundle.add_content(message.build())
        self._client.send(bundle.build())

    def listen(self, seconds):
        """Take the feedback for so long; each message as (address, values)."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for message in self._client.get_messages(timeout=left):
                self.heard[message.address] = tuple(message.params)
                yield message.address, tuple(message.params)
                if time.monotonic() >= end:
                    return

    def close(self):
        """Make room for others: there can be 16 subscribers."""
        self.send("/ld/unsubscribe")


if __name__ == "__main__":
    host, port = (sys.argv[1:] + ["{host}", "{port}"][len(sys.argv) - 1 :])[:2]
    ld = LiveDiffusion(host, int(port))
    ld.send("/ld/filter", -0.3)  # a little darker
    ld.send_at(time.time() + 2.0, ("/ld/filter", 0.0))  # and in two seconds as before
    try:
        for address, values in ld.listen(5.0):
            print(address, *values)
    finally:
        ld.close()
'''


def make() -> bytes:
    """The snippet."""
    rows = lines()
    wide = width(rows) + 3
    table = "".join(
        f"    {f'{row.address!r}:'.replace(chr(39), chr(34)):<{wide}} "
        f'("{row.types}", {row.low or None}, {row.high or None}, "{row.help}"),\n'
        for row in rows
    )
    tail = _TAIL.format(host=HOST, port=PORT)
    return (_HEAD.format(made_by=MADE_BY) + table + tail).encode()
