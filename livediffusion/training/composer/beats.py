"""The genres of broken beats: where the kick and the snare fall tells them apart."""

from __future__ import annotations

from livediffusion.training.composer.breaks import BREAKS
from livediffusion.training.composer.genre import (
    AXIS,
    BACKBEAT,
    BRIGHT,
    EIGHTHS,
    FALLING,
    NONE,
    STILL,
    Genre,
    Groove,
    Kit,
    Part,
)

HALF_TIME = "........x......."  # the snare on the third beat only

TRAP = Genre(
    "trap",
    kits=(
        Kit(
            "kick trap",
            "snare trap + clap",
            "warm metal hat 808",
            "metal open 808",
            "tone rim",
            "snare trap",
        ),
        Kit(
            "kick trap",
            "clap + metal snap",
            "warm metal hat 808",
            "metal open 808",
            "metal snap",
            "snare trap",
        ),
    ),
    grooves=(
        Groove(
            "x......x..x.....x.....x...x.....",
            HALF_TIME,
            "x.x.x.x.x.xxx.x.x.x.x.x.xxxxxxxx",
            "..............x.",
            "...o.......o....",
            NONE + "........o.o.oxxx",
        ),
        Groove(
            "x.....x.........x..x......x..x..",
            HALF_TIME,
            "x.x.xxxxx.x.x.x.x.x.x.xxxxxxx.x.",
            "......x.........",
            "......o......o..",
            NONE + "............xxxx",
        ),
        Groove(
            "x..x......x.....x.........x.....",
            HALF_TIME,
            "xoxxxoxoxoxoxxxxxoxoxxxxxoxoxoxo",
            extra="............x...",
            fill=NONE + "........o.o.oxxx",
        ),
    ),
    bass=Part(
        ("808 bass", "808 bass", "808 glide"),
        (
            "1------1--5-....1-----1---3-----",
            "1-----8-........1--1------7--5--",
            "1--1------------1---------8-5---",
        ),
        33,
        1.7,
        sparse=("1---------......1-------........",),
        width=0.0,
    ),
    parts=(
        Part(
            ("music box", "bell"),
            ("8...7.5.3.......8...7.9.5.......", "5..3..1.5..3..1.7..5..3.7..5..3."),
            69,
            0.9,
            from_density=-1,
            width=0.6,
        ),
        Part(("choir", "strings"), ("x---------------",), 57, 0.35, from_density=1, width=0.9),
        Part(
            ("brass", "stab"),
            ("x..x......x.....", "x...............x..x..x........."),
            57,
            0.6,
            from_energy=1,
            width=0.6,
        ),
    ),
    minor=((0, 5), (0, 0, 5, 4), STILL),
    major=((2, 5), (2, 2, 5, 6)),
    sidechain=0.2,
    reverb=(0.3, 1.5),
    drive=1.8,
    drums=1.3,
)

HIP_HOP = Genre(
    "hip hop",
    kits=(
        Kit(
            "hot gm 0 36",
            "snare tight + clap",
            "gm 0 42",
            "gm 0 46",
            "sample vinyl_scratch",
            "snare tight",
        ),
        Kit(
            "sample bd_fat",
            "hot sample drum_snare_hard",
            "gm 0 42",
            "gm 0 46",
            "tone conga low",
            "sample vinyl_scratch",
        ),
    ),
    grooves=(
        Groove(
            "x......x..x.....",
            BACKBEAT,
            "x.x.x.x.x.x.x.x.",
            "..............x.",
            "..........................x..x..",
            NONE + "..........x.x...",
        ),
        Groove(
            "x..x......x..x..",
            BACKBEAT,
            "x.x.x.x.x.x.x.x.",
            NONE,
            "..............................x.",
            NONE + "..........x...xx",
        ),
        Groove(
            "x.x.......x.x...x......x..x.....",
            "....x.......x..o",
            "x.x.x.x.x.x.x.x.",
            "......x.........",
            fill=NONE + "............x.xx",
        ),
    ),
    bass=Part(
        ("electric bass", "double bass"),
        ("1-----.1..1-3-5-", "1---..8-..1---5-", "1-..1...1.3-..7-"),
        33,
        1.3,
        width=0.1,
    ),
    parts=(
        # A sampled phrase: a chop, its echo a step higher, then space.
        Part(
            ("piano", "vibraphone"),
            ("x--.x-....x-....", "x.....x.x.......", "x--...8.7.5....."),
            60,
            1.0,
            4,
            from_density=-1,
            width=0.4,
        ),
        Part(("strings",), ("8---7---5-------................",), 69, 0.5, width=0.7),
        Part(
            ("brass", "muted guitar"),
            ("........x.x.....", "..............x."),
            60,
            0.6,
            from_density=1,
            width=0.6,
            pan=0.3,
        ),
    ),
    minor=((0, 0, 3, 3), (0, 5), (0, 3, 0, 4)),
    major=((2, 2, 3, 3), (2, 5)),
    swing=0.3,
    reverb=(0.06, 0.5),
    drive=1.9,
    drums=1.4,
)

LO_FI = Genre(
    "lo-fi hip hop",
    kits=(
        Kit("kick soft", "snare dusty", "hat soft", "hat soft", "tone rim", "snare dusty"),
        Kit(
            "kick deep", "tone rim + metal snap", "hat soft", "hat soft", "metal shaker", "tone rim"
        ),
    ),
    grooves=(
        Groove("x.....x...x.....", BACKBEAT, EIGHTHS, fill=NONE + "..........o.o..."),
        Groove(
            "x......x..x.....", "....x.......x..o", "o.x.o.x.o.x.o.x.", NONE, "..........o....."
        ),
        Groove(
            "x.........o.....", "....x.......x...", "x...x...x...x...", NONE, "...o......o....."
        ),
    ),
    bass=Part(
        ("double bass", "sub bass"),
        ("1-----..5-..1---", "1---....1.5.8---", "1-------..3-5---"),
        33,
        0.9,
        width=0.1,
    ),
    parts=(
        Part(
            ("tape keys", "electric piano"),
            ("x-----......x---", "x-------..x-x---", "..x-----..x-...."),
            57,
            1.2,
            5,
            from_density=-1,
            width=0.5,
        ),
        Part(
            ("jazz guitar", "vibraphone"),
            ("5...3.1.....3...7.5...3.........", "......8...7.5-......3.5...1....."),
            64,
            0.7,
            width=0.5,
            pan=-0.3,
        ),
        Part(
            ("flute",),
            ("........5---3-1-........8---7---",),
            69,
            0.4,
            from_density=1,
            width=0.3,
            pan=0.3,
        ),
    ),
    minor=(AXIS, (3, 6, 2, 0), FALLING),
    major=((5, 4, 3, 2), (2, 3, 5, 6), BRIGHT),
    swing=0.28,
    reverb=(0.2, 0.9),
    low_pass=4200.0,
    hiss=0.5,
    drive=1.4,
    drums=0.8,
)

BEATS_GENRES = (*BREAKS, TRAP, HIP_HOP, LO_FI)
