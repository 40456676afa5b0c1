"""Bass music and breaks: fast or halved beats over a bass that moves."""

from __future__ import annotations

from livediffusion.training.composer.genre import (
    BACKBEAT,
    DRONE_MAJOR,
    EIGHTHS,
    NONE,
    STILL,
    STILL_MAJOR,
    SUNNY,
    Genre,
    Groove,
    Kit,
    Part,
)

HALF_TIME = "........x......."  # the snare on the third beat only
SNARE_RUSH = NONE + "........o.oxoxxx"
CHOPS = NONE + "..x.x..xx.xxxxxx"

DUBSTEP = Genre(
    "dubstep",
    kits=(
        Kit("kick break", "snare big + clap", "hat closed", "hat open", "tone rim", "tone tom"),
        Kit(
            "kick trap", "sample sn_dolf", "metal hat 909", "hat open", "metal clang", "snare roll"
        ),
    ),
    grooves=(
        Groove("x...............", HALF_TIME, "..x...x...x...x.", fill=SNARE_RUSH),
        Groove(
            "x.........x.....", HALF_TIME, "..x.x.x...x..xx.", NONE, "...o......o..o..", SNARE_RUSH
        ),
        Groove(
            "x..x............x.....x...x.....",
            HALF_TIME,
            "x...x...x...x...",
            "......x.........",
            "..............x.",
            SNARE_RUSH,
        ),
    ),
    bass=Part(
        ("wobble bass", "wobble slow", "wobble triplet", "talking bass"),
        (
            "1-------1---5---1-------8-------",
            "1---1---....1---1---1---3---....",
            "1-----------1---8---5---1-------",
        ),
        33,
        1.6,
        sparse=("1-------------------------------",),
        busy=("1-1-1-1-5-5-8-8-", "1-1-8-1-1-5-1-8-"),
        width=0.3,
    ),
    parts=(
        Part(("growl", "wobble fast"), ("............8-8-........5---8-8-",), 45, 0.8, width=0.7),
        Part(("choir", "dub chord"), ("x---............", "......x........."), 57, 0.6, width=0.9),
        Part(("stab",), ("..x..x....x..x..",), 57, 0.6, from_density=1, width=0.7),
        Part(("down sweep",), ("1" + "-" * 31,), 57, 0.2, from_energy=1, width=1.0),
    ),
    minor=(STILL, (0, 0, 5, 5)),
    major=(STILL_MAJOR, DRONE_MAJOR),
    sidechain=0.4,
    reverb=(0.25, 1.8),
    drive=2.4,
    drums=1.2,
)

DRUM_AND_BASS = Genre(
    "drum and bass",
    kits=(
        Kit(
            "kick break",
            "hot snare crack",
            "metal hat 909",
            "hat open",
            "metal shaker",
            "snare roll",
        ),
        Kit(
            "sample bd_zum",
            "warm snare tight + snare crack",
            "hat closed",
            "hat open",
            "metal shaker",
        ),
    ),
    grooves=(
        Groove("x.........x.....", BACKBEAT, EIGHTHS, NONE, "oxoxoxoxoxoxoxox", SNARE_RUSH),
        Groove(
            "x.........x.....x..x......x.....",
            "....x..o.o..x..o",
            EIGHTHS,
            "..............x.",
            fill=SNARE_RUSH,
        ),
        Groove("x.....x...x.....", "....x..o....x...", "xoxoxoxoxoxoxoxo", fill=SNARE_RUSH),
    ),
    bass=Part(
        ("reese",),
        ("1-----1-..1---5-", "1-----------8-7-", "1--1--1--1--..5-"),
        33,
        1.25,
        sparse=("1---------------",),
        width=0.4,
    ),
    parts=(
        Part(
            ("warm pad", "electric piano"),
            ("x---------------", "x-----......x---"),
            57,
            0.9,
            4,
            from_density=-1,
            busy=("x-------x-------",),
            width=0.9,
        ),
        Part(
            ("bell", "pluck"),
            ("8.....5.....3...7.....5.....1...", "..5...8.....7..."),
            69,
            0.5,
            busy=("8.5.3.5.8.5.7.5.", "85.385.385.385.3"),
            width=0.8,
        ),
        Part(("stab",), ("......x..x......",), 57, 0.6, from_energy=1, width=0.6),
    ),
    minor=((0, 0, 5, 5), (0, 0, 0, 6), (0, 0, 3, 4)),
    major=(DRONE_MAJOR, SUNNY),
    sidechain=0.5,
    reverb=(0.25, 1.4),
    drive=1.7,
    drums=1.45,
)

JUNGLE = Genre(
    "jungle",
    kits=(
        Kit(
            "hot fast sample drum_bass_hard",
            "hot fast sample drum_snare_hard",
            "fast sample drum_cymbal_closed",
            "fast sample drum_cymbal_open",
            "fast gm 0 51",
            "hot fast sample drum_snare_hard",
        ),
    ),
    grooves=(
        Groove(
            "x.x.......xx....x.x.......x.....",
            "....x..o.o..x..o....x..o.o....x.",
            "x.x.x.x.x.x.x.x.",
            "..............................x.",
            fill=CHOPS,
        ),
        Groove(
            "x.x.......xx......xx......xx....",
            "....x..x.o..xo.x.o..x..xoox.xoxx",
            "x.x.x.x.x.x.x.x.",
            extra="x...x...x...x...",
            fill=NONE + "x.xxx.xxo.xxoxxx",
        ),
        Groove(
            "x..x..x....x..x.x.x.......x.....",
            "....x..o.x..x..o.x..x..x.oo.xxxx",
            "x.xxx.x.x.xxx.x.",
            fill=CHOPS,
        ),
    ),
    bass=Part(
        ("808 bass", "sub bass"),
        ("1-----....1-----8---..5-1---....", "1---....1--1--..1-------..7-5---"),
        33,
        1.1,
        sparse=("1-----------........8-----......",),
        width=0.0,
    ),
    parts=(
        Part(
            ("rave stab", "dub chord"),
            ("..x...x.........", "..x..x....x.....", "......x..x......"),
            57,
            0.8,
            from_density=-1,
            sparse=("..x.............",),
            width=0.7,
        ),
        Part(
            ("siren", "hoover"),
            ("5-----..........................", "................8-------........"),
            69,
            0.25,
            width=0.6,
            pan=0.3,
        ),
        Part(("rave stab",), ("8.5.3.8.5.3.1.5.",), 57, 0.5, from_density=1, width=0.8),
    ),
    minor=((0, 0, 6, 6), STILL, (0, 0, 5, 6)),
    major=(STILL_MAJOR, (2, 2, 6, 5)),
    reverb=(0.2, 1.0),
    drive=2.0,
    drums=1.6,
    delay=0.4,
)

BREAKBEAT = Genre(
    "breakbeat",
    kits=(
        Kit(
            "hot kick break",
            "hot sample drum_snare_hard",
            "hot gm 0 42",
            "gm 0 46",
            "metal tambourine",
            "hot gm 0 45",
        ),
        Kit(
            "hot gm 0 36",
            "hot snare tight",
            "hot gm 0 42",
            "gm 0 46",
            "metal shaker",
            "hot snare tight",
        ),
    ),
    grooves=(
        Groove(
            "x.x...x...xx....",
            "....x.......x...",
            EIGHTHS,
            "......x.......x.",
            "x...x...x...x...",
            SNARE_RUSH,
        ),
        Groove(
            "x.....x..x.x....x.....x.....xx..",
            "....x..o....x..o",
            EIGHTHS,
            "..............x.",
            "..x...x...x...x.",
            SNARE_RUSH,
        ),
        Groove(
            "x..x..x...x..x..",
            "....x.......x.x.",
            "x.x.x.x.x.x.x.x.",
            NONE,
            "x.xxx.xxx.xxx.xx",
            NONE + "x..x..x.x.xxxxxx",
        ),
    ),
    bass=Part(
        ("saw bass", "electric bass"),
        ("1.1...1..1.11.7.", "1-..1.8...1.7.5.", "1.1.3.1...1.4.5."),
        33,
        1.2,
        sparse=("1.......1...1...",),
    ),
    parts=(
        Part(
            ("overdriven guitar", "rave stab"),
            ("x..x......x.....", "x.....x..x......"),
            52,
            1.0,
            from_density=-1,
            sparse=("x...............",),
            width=0.7,
        ),
        Part(("hammond", "brass"), ("......x-..x.....", "x-.x-.x-........"), 64, 0.6, width=0.6),
        Part(("stab",), ("1.18.1.81.18.181",), 64, 0.6, from_density=1, width=0.6),
        Part(
            ("acid open",),
            ("1.18-1.31.8-.171", "....1.11..8-1.71"),
            45,
            0.7,
            from_energy=1,
            width=0.6,
        ),
    ),
    minor=((0, 0, 2, 3), (0, 0, 0, 6)),
    major=((2, 2, 5, 6), (2, 2, 2, 6)),
    reverb=(0.12, 0.7),
    drive=2.6,
    drums=1.3,
)

BREAKS = (DUBSTEP, DRUM_AND_BASS, JUNGLE, BREAKBEAT)
