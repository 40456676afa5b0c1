"""Packets that are no OSC, each in its own way."""

import struct

from livediffusion.control.oscwire import encode


def padded(data):
    return data + b"\0" * (4 - len(data) % 4)


def bundle(*elements, time=1):
    sized = (struct.pack(">i", len(element)) + element for element in elements)
    return b"#bundle\0" + struct.pack(">Q", time) + b"".join(sized)


def nested(depth, inner):
    for _ in range(depth):
        inner = bundle(inner)
    return inner


GAIN = encode("/ld/gain", (-3.0,))
CORPUS = {
    "nothing": b"",
    "one zero": b"\0",
    "no end of the address": b"/ld/gain",
    "no tags": b"/ld/gain\0\0\0\0f\0\0\0",
    "no value": b"/ld/gain\0\0\0\0,f\0\0",
    "half a value": b"/ld/gain\0\0\0\0,f\0\0\0\0",
    "an unknown type": b"/ld/gain\0\0\0\0,Q\0\0\0\0\0\0",
    "a type beyond ASCII": "/ld/gain\0\0\0\0,é\0\0\0\0\0".encode(),
    "an array without end": b"/ld/blend\0\0\0,[f\0\0\0\0\0",
    "an array without beginning": b"/ld/blend\0\0\0,]f\0\0\0\0\0",
    "ten thousand arrays": b"/ld/blend\0\0\0" + padded(b"," + b"[" * 10_000),
    "a blob of two gigabytes": b"/ld/gain\0\0\0\0,b\0\0\x7f\xff\xff\xff",
    "text without end": b"/ld/negative\0\0\0\0,s\0\0abcd",
    "text that is not UTF-8": b"/ld/negative\0\0\0\0,s\0\0\xff\xfe\0\0",
    "a bundle's head": b"#bundle\0",
    "a bundle's head and half a time": b"#bundle\0\0\0\0",
    "an element longer than the bundle": bundle(GAIN)[:-8],
    "an element of size 0": b"#bundle\0" + b"\0" * 7 + b"\1" + b"\0" * 4,
    "an element of negative size": b"#bundle\0" + b"\0" * 7 + b"\1" + b"\xff" * 4 + GAIN,
    "an element that is nothing": bundle(GAIN, b"nonsense"),
    "bundles 100 deep": nested(100, GAIN),
    "bundles 5,000 deep": nested(2700, GAIN),
    "64 KB of letters": b"x" * 65_000,
    "64 KB of slashes": b"/" * 65_000,
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
}
