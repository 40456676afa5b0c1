"""Run as a program: send OSC numbers to a port of this machine, so many a second.

flooding.py PORT MESSAGES_A_SECOND SECONDS [N] prints how many were sent, of which each Nth is
nonsense. The last is 0.125 on /ld/gain.
"""

import socket
import struct
import sys
import time

ADDRESSES = ("/ld/gain", "/ld/filter", "/ld/prompt/1/weight", "/ld/seed/morph")

NONSENSE = (
    b"garbage",
    b"/ld/gain\0\0\0\0,f\0\0\x7f\xc0\0\0",  # no number
    b"/ld/gain\0\0\0\0,s\0\0loud\0\0\0\0",
    b"/ld/nothing\0,f\0\0\0\0\0\0",
    b"#bundle\0\0\0\0\0\0\0\0\1\xff\xff\xff\xff",
)


def message(address, value):
    padded = address.encode() + b"\0" * (4 - len(address) % 4)
    return padded + b",f\0\0" + struct.pack(">f", value)


def main(port, rate, seconds, broken=0):
    packets = [message(address, i / 100) for i in range(100) for address in ADDRESSES]
    for i in range(0, len(packets) if broken else 0, broken or 1):
        packets[i] = NONSENSE[i // broken % len(NONSENSE)]
    sent, start = 0, time.perf_counter()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.connect(("127.0.0.1", port))
        while (gone := time.perf_counter() - start) < seconds:
            while sent < gone * rate:
                out.send(packets[sent % len(packets)])
                sent += 1
            time.sleep(0.0002)
        time.sleep(0.2)  # the system drops the newest, so the last one comes after the flood
        out.send(message("/ld/gain", 0.125))
    print(sent + 1)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), *map(int, sys.argv[4:]))
