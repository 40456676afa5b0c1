"""Soft machines: pads, drones, and the two genres that remember the eighties."""

from __future__ import annotations

from livediffusion.training.composer.genre import (
    BACKBEAT,
    DRONE,
    DRONE_MAJOR,
    EIGHTHS,
    FOUR,
    NONE,
    OFFBEAT,
    SIXTEENTHS,
    Genre,
    Groove,
    Kit,
    Part,
)

HELD = "x-------------------------------"  # one chord for both bars
ROOT_HELD = "1-------------------------------"

AMBIENT = Genre(
    "ambient",
    bass=Part(("sub bass",), ("1---------------",), 33, 0.7, from_density=-1, width=0.0),
    parts=(
        Part(
            ("warm pad", "glass pad"),
            ("x---------------", "x-------x-------"),
            52,
            1.2,
            4,
            from_density=-1,
            sparse=("x---------------",),
            busy=("x-------x-------",),
            width=0.9,
        ),
        Part(
            ("choir", "slow strings"),
            ("........x-------", "............x---"),
            60,
            0.6,
            busy=("....x-------x---",),
            width=0.8,
        ),
        Part(
            ("bell", "celesta"),
            ("8...........5.......3...........", "....5.........9...........8....."),
            76,
            0.7,
            from_energy=0,
            from_density=-1,
            sparse=("........5.......................", "..................8............."),
            busy=("8...5.....9...8.....5...3...2...", "....5...8...9.....5...8...3...1."),
            width=0.9,
            pan=0.3,
        ),
        Part(("harp",), ("1.3.5.8.9.8.5.3.",), 57, 0.7, from_density=1, width=0.7, pan=-0.4),
    ),
    minor=(DRONE, (0, 3), (5, 0)),
    major=(DRONE_MAJOR, (2, 6), (2, 4)),
    reverb=(0.6, 3.0),
    drive=1.0,
    delay=0.35,
)

# Held tones that beat against each other, one or two entries in two bars, hardly an onset.
DRONE_GENRE = Genre(
    "drone",
    bass=Part(
        ("drone bass",),
        (ROOT_HELD,),
        33,
        from_density=-1,
        sparse=(ROOT_HELD,),
        busy=(ROOT_HELD,),
        width=0.2,
    ),
    parts=(
        Part(
            ("drone", "drone swell"),
            ("p-------------------------------",),
            45,
            1.2,
            from_density=-1,
            sparse=(ROOT_HELD,),
            busy=("p-------------------------------",),
            width=1.0,
        ),
        Part(
            ("drone",),
            ("3-------------------------------", "................3---------------"),
            57,
            0.7,
            busy=("3---------------5---------------", "5-------3-------5-------3-------"),
            width=0.8,
        ),
        Part(
            ("drone swell",),
            ("8-------------------------------",),
            64,
            0.6,
            from_energy=1,
            from_density=-1,
            sparse=("8-------------------------------",),
            busy=("........8---------------9-------",),
            width=1.0,
        ),
    ),
    minor=((0,),),
    major=((2,),),
    reverb=(0.4, 3.0),
    drive=1.4,
)

SYNTHWAVE = Genre(
    "synthwave",
    kits=(
        Kit("kick techno", "snare big", "hat closed", "hat open", "clap", "gm 24 45"),
        Kit("kick house", "gm 24 38", "hat closed", "hat open", "clap", "gm 24 47"),
    ),
    grooves=(
        Groove(FOUR, BACKBEAT, EIGHTHS, NONE, BACKBEAT, "." * 24 + "x.x.xxxx"),
        Groove("x.......x.x.....", BACKBEAT, "x.x.x.x.x.x.x.x.", NONE, NONE, "." * 28 + "xxxx"),
        Groove("x.....x...x.....", BACKBEAT, SIXTEENTHS, NONE, BACKBEAT, "." * 24 + "x..x..xx"),
    ),
    bass=Part(
        ("saw bass", "square bass"),
        ("1.1.1.1.1.1.1.1.", "1.1.8.1.1.1.8.1."),
        33,
        1.1,
        from_density=-1,
        sparse=("1---1---1---1---",),
        busy=("1181118111811181", "1111888811118888"),
        width=0.1,
    ),
    parts=(
        Part(
            ("warm pad", "supersaw"),
            ("x-------",),
            52,
            0.9,
            4,
            from_density=-1,
            sparse=("x-------",),
            busy=("x-------",),
            width=0.9,
        ),
        Part(
            ("square lead", "pluck"),
            ("1.3.5.8.5.3.5.8.", "8.5.3.5.8.5.3.5."),
            69,
            0.8,
            busy=("1358531813585318", "8531358185313581"),
            width=0.8,
            pan=0.3,
        ),
        Part(
            ("saw lead",),
            ("5-------3---1-----......8-------", "1---3-5-----8-----7-5-----------"),
            69,
            0.8,
            from_energy=1,
            busy=("5---3-5-8-----7-5---3-1-2-3-----",),
            width=0.3,
        ),
    ),
    minor=((0, 5, 6, 0), (0, 0, 5, 6), (5, 6, 0, 0)),
    major=((2, 6, 5, 2), (2, 2, 5, 6)),
    sidechain=0.35,
    reverb=(0.35, 1.8),
    delay=0.25,
    drums=1.1,
)

# Three voices and noise, as a console had: no reverb, no pads, each voice on its own side.
CHIPTUNE = Genre(
    "chiptune",
    kits=(Kit("chip kick", "chip snare", "chip hat", "chip hat", "", "chip snare"),),
    grooves=(
        Groove(FOUR, BACKBEAT, OFFBEAT, fill="." * 28 + "xxxx"),
        Groove("x..x..x...x.....", BACKBEAT, "x.x.x.x.x.x.x.x.", fill="." * 24 + "x.xxx.xx"),
    ),
    bass=Part(
        ("triangle bass",),
        ("1.8.1.8.1.8.1.8.", "1..11..11..11.5."),
        33,
        1.0,
        from_density=-1,
        sparse=("1...1...1...1...",),
        busy=("1181118111811185",),
        width=0.0,
    ),
    parts=(
        Part(
            ("pulse lead",),
            ("1358135813581358", "8531853185318531", "1353135313531353"),
            69,
            0.8,
            from_density=-1,
            sparse=("1.3.5.3.1.3.5.3.",),
            busy=("1358135813581358", "8531853185318531"),
            width=0.3,
            pan=-0.6,
        ),
        Part(
            ("square lead",),
            ("5-3-1-3-5-8-5---3-2-1-2-3-5-3---", "8--8-5--6-5-3---5--5-3--2-3-1---"),
            69,
            1.0,
            busy=("5-353-1-3-5-8-585-3-2-1-2-353-12", "8-878-5-6-565-3-5-535-3-2-323-1-"),
            width=0.3,
            pan=0.6,
        ),
    ),
    minor=((0, 5, 6, 0), (0, 6, 5, 0)),
    major=((2, 5, 6, 2), (2, 6, 5, 2)),
    reverb=(0.03, 0.3),
    drive=1.1,
)

SOFT = (AMBIENT, DRONE_GENRE, SYNTHWAVE, CHIPTUNE)
