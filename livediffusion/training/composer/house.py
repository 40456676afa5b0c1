"""House, its deeper sister, and disco, from which both come."""

from __future__ import annotations

from livediffusion.training.composer.genre import (
    BACKBEAT,
    EIGHTHS,
    FOUR,
    NONE,
    OFFBEAT,
    Genre,
    Groove,
    Kit,
    Part,
)

CLAP_FILL = NONE + "........x..x.xxx"
ROLL_FILL = NONE + "....o.o.oooxxxxx"

HOUSE = Genre(
    "house",
    kits=(
        Kit(
            "kick house",
            "clap + snare 909",
            "metal hat 909",
            "warm metal open 909",
            "tone conga high",
        ),
        Kit("sample bd_haus", "clap", "metal hat 909", "warm metal open 909", "metal tambourine"),
    ),
    grooves=(
        Groove(FOUR, BACKBEAT, "x...x...x...x...", OFFBEAT, "...x..x....x.x..", ROLL_FILL),
        Groove(FOUR, BACKBEAT, EIGHTHS, OFFBEAT, "x.xxx.xxx.xxx.xx", CLAP_FILL),
        Groove(
            FOUR, "....x.......x..o", "xo..xo..xo..xo..", OFFBEAT, "..o..x....o..x..", ROLL_FILL
        ),
    ),
    bass=Part(
        ("organ bass",), ("1..1..1...1..8.1", "1-.1..8.1..5..1.", "..1..1.8..1..1.5"), 33, 1.1
    ),
    parts=(
        Part(
            ("piano",),
            ("x..x..x...x..x..", "x..x..x..x..x.x.", "..x..x..x..x..x."),
            60,
            1.2,
            from_density=-1,
            sparse=("x.......x.......", "..x.......x....."),
            busy=("x.xx.xx.x.xx.x.x", "x..xx.x.x..xx.xx"),
            width=0.5,
        ),
        Part(
            ("strings", "disco strings"),
            ("x-------", "8-------7-------"),
            69,
            0.5,
            from_density=1,
            width=0.8,
        ),
        Part(("rave stab",), ("......x.......x.",), 69, 0.5, from_energy=1, width=0.7),
    ),
    minor=((0, 0, 3, 4), (0, 3, 0, 6), (0, 0, 5, 6)),
    major=((2, 2, 5, 6), (2, 5, 2, 6)),
    sidechain=0.5,
    reverb=(0.2, 1.0),
    drive=1.4,
    drums=1.1,
)

DEEP_HOUSE = Genre(
    "deep house",
    kits=(
        Kit("kick deep", "tone rim", "metal shaker", "hat open", "tone conga low"),
        Kit("kick deep", "metal snap", "metal shaker", "hat open", "tone wood"),
    ),
    grooves=(
        Groove(FOUR, BACKBEAT, "xoxoxoxoxoxoxoxo", "......x.......x.", "...x......x.x..."),
        Groove(FOUR, "....x.......x..o", "o.xoo.xoo.xoo.xo", OFFBEAT, "..........x..x.."),
        Groove(
            FOUR, ".......x....x...", "oxooxoooxoooxooo", "..............x.", "x..x..x........."
        ),
    ),
    bass=Part(
        ("sub bass", "triangle bass"),
        ("1--..1--..1-5-..", "..1---..7-8-....", "1-----..1--5----"),
        33,
        0.85,
    ),
    parts=(
        Part(
            ("electric piano", "deep chord"),
            ("..x-...x-.......", "...x--....x-....", "..x--.....x-..x-"),
            57,
            1.2,
            4,
            from_density=-1,
            width=0.7,
        ),
        Part(("warm pad",), ("x" + "-" * 15,), 57, 0.3, 4, width=0.9),
        Part(
            ("vibraphone",),
            ("......8...7.5...", "5.........3..5.."),
            69,
            0.5,
            from_density=1,
            width=0.8,
        ),
    ),
    minor=((0, 3), (0, 0, 3, 4), (0, 6)),
    major=((2, 5), (2, 2, 3, 5)),
    swing=0.14,
    sidechain=0.35,
    reverb=(0.35, 1.6),
    low_pass=8000.0,
    drums=1.05,
    delay=0.2,
)

DISCO = Genre(
    "disco",
    kits=(
        Kit("kick disco", "gm 0 40 + clap", "gm 0 42", "gm 0 46", "metal tambourine", "gm 0 45"),
        Kit(
            "kick disco + gm 0 36",
            "sample drum_snare_hard",
            "gm 0 42",
            "gm 0 46",
            "tone conga high",
            "gm 0 45",
        ),
    ),
    grooves=(
        Groove(
            FOUR,
            BACKBEAT,
            "x.o.x.o.x.o.x.o.",
            OFFBEAT,
            "..x...x...x...x.",
            NONE + "........xxxxx.x.",
        ),
        Groove(
            FOUR,
            BACKBEAT,
            "xoooxoooxoooxooo",
            OFFBEAT,
            "x..x..xx...x..xx",
            NONE + "............xxxx",
        ),
        Groove(
            FOUR,
            "....x..o.o..x...",
            "xx.xxx.xxx.xxx.x",
            OFFBEAT,
            "..xx..x...xx..x.",
            NONE + "....x..xx..xx.xx",
        ),
    ),
    bass=Part(
        ("electric bass", "slap bass"),
        ("1.8.1.8.1.8.1.8.", "1.88.1.81.88.5.8", "1-8.1.8.5.8.6.8."),
        33,
        1.1,
    ),
    parts=(
        Part(
            ("clean guitar", "muted guitar"),
            ("x.xx..xx.xx.x.xx", "..xx.xx...xx.xx.", "xxxx.xx.xxxx.xx."),
            57,
            1.6,
            4,
            width=0.5,
            pan=0.5,
        ),
        Part(
            ("disco strings", "strings"),
            (
                "5-------8-7-5-3-8---------------",
                "..8.7.5.8---....",
                "8---------------9---8---7---5---",
            ),
            72,
            0.7,
            from_density=-1,
            width=0.8,
            pan=-0.2,
        ),
        Part(("electric piano",), ("x-----x-....x-..",), 57, 0.6, 4, width=0.5, pan=-0.4),
        Part(
            ("brass",), ("......x...x.....", "x.x.......x....."), 60, 0.7, from_density=1, width=0.6
        ),
    ),
    minor=((0, 3, 6, 2), (0, 0, 3, 4), (0, 5, 3, 6)),
    major=((2, 3, 5, 6), (5, 6, 2, 2)),
    sidechain=0.0,
    reverb=(0.06, 0.6),
    drive=1.2,
    high_pass=45.0,
    drums=1.5,
)
