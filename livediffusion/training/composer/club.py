"""The genres of the dance floor: a kick on every beat, and what each does around it."""

from __future__ import annotations

from livediffusion.training.composer.genre import (
    BACKBEAT,
    EIGHTHS,
    FOUR,
    NONE,
    OFFBEAT,
    SIXTEENTHS,
    STILL,
    STILL_MAJOR,
    Genre,
    Groove,
    Kit,
    Part,
)
from livediffusion.training.composer.house import CLAP_FILL, DEEP_HOUSE, DISCO, HOUSE, ROLL_FILL

TECHNO = Genre(
    "techno",
    kits=(
        Kit("kick 909", "clap", "metal hat 909", "warm metal open 909", "metal ride", "tone tom"),
        Kit("kick techno", "clap", "metal hat 909", "warm metal open 909", "tone tom", "tone tom"),
    ),
    grooves=(
        Groove(FOUR, BACKBEAT, EIGHTHS, OFFBEAT, fill=CLAP_FILL),
        Groove(
            FOUR, "............x...", "..xx..xx..xx..xx", OFFBEAT, "..x...x...x...x.", CLAP_FILL
        ),
        Groove(FOUR, "......x.......x.", OFFBEAT, OFFBEAT, "...x..x....x..x.", CLAP_FILL),
    ),
    bass=Part(
        ("saw bass", "click bass"),
        (".111.111.111.111", "..1...11..1..111"),
        33,
        1.0,
        sparse=("..1...1...1...1.",),
    ),
    parts=(
        Part(
            ("stab", "dub chord"),
            ("x..x..x.........", "...x..x....x..x."),
            57,
            1.0,
            from_density=-1,
            sparse=("x...............",),
            width=0.6,
        ),
        Part(("pluck", "blip"), ("1...5...8...5.1.", "1..5..8..1..5..7"), 69, 0.6, width=0.7),
        Part(("riser",), ("1" + "-" * 31,), 57, 0.25, from_energy=1, width=0.9),
    ),
    minor=(STILL, (0, 0, 0, 6)),
    major=(STILL_MAJOR, (2, 2, 2, 6)),
    sidechain=0.6,
    reverb=(0.2, 1.2),
    drive=1.8,
    delay=0.3,
)

DARK_TECHNO = Genre(
    "dark techno",
    kits=(
        Kit("kick distorted", "metal clang", "hat closed", "metal hiss", "metal clang", "tone zap"),
        Kit("kick distorted", "snare roll", "hat soft", "metal hiss", "metal clang", "tone tom"),
    ),
    grooves=(
        Groove(FOUR, NONE, "..x...x...x...x.", NONE, "......o....x....", NONE + "......x..x.x.x.x"),
        Groove(
            FOUR, "............x...", "..xo..xo..xo..xo", "......x.......x.", "...x............"
        ),
        Groove(FOUR, NONE, ".ox..ox..ox..ox.", "..............x.", "x..x..x..x..x..."),
    ),
    bass=Part(("rumble",), (".1--.1--.1--.1--", "..1-..1-..1-..11", ".1--..1-.1--.111"), 33, 1.2),
    parts=(
        Part(("dark drone",), ("1" + "-" * 15,), 45, 1.0, from_density=-1, width=0.8),
        Part(("metal hit",), ("......1.........", "...1......5....."), 57, 0.9, width=0.9),
        Part(("hoover",), ("1---............", "........1-......"), 45, 0.5, from_energy=1),
    ),
    minor=(STILL,),
    major=(STILL_MAJOR,),
    sidechain=0.8,
    reverb=(0.5, 2.4),
    drive=3.0,
    low_pass=7500.0,
    delay=0.35,
)

MINIMAL = Genre(
    "minimal",
    kits=(
        Kit("kick minimal", "tone rim", "tone click", "metal shaker", "tone blip"),
        Kit("kick minimal", "metal snap", "tone click", "metal shaker", "tone wood"),
    ),
    grooves=(
        Groove(FOUR, "....x...........", "..x...x...x...x.", NONE, "...........x...."),
        Groove(FOUR, "............x..o", "..x..o....x..o..", NONE, "......x........."),
        Groove(
            FOUR, "....x.......x...", "..x.......x.....", "......x.......x.", ".........o.x...."
        ),
    ),
    bass=Part(
        ("click bass",), ("..1.......1..3..", "......1..1......", "...1......1....."), 33, 1.1
    ),
    parts=(
        Part(("blip",), ("......5.........", "...8..........3."), 69, 0.7, width=0.9),
        Part(("dub chord",), ("..........x.....",), 57, 0.5, from_density=1, width=0.5),
    ),
    minor=(STILL,),
    major=(STILL_MAJOR,),
    reverb=(0.08, 0.4),
    drive=1.0,
    drums=1.6,
    delay=0.15,
)

ACID = Genre(
    "acid",
    kits=(
        Kit("kick 909", "clap", "metal hat 909", "metal open 909", "tone tom", "snare 909"),
        Kit("kick techno", "snare 909", "metal hat 808", "metal open 808", "sample drum_cowbell"),
    ),
    grooves=(
        Groove(FOUR, BACKBEAT, NONE, OFFBEAT, fill=ROLL_FILL),
        Groove(
            FOUR, "....x.......x.oo", "x.x.x.x.x.x.x.x.", OFFBEAT, "...x.......x....", ROLL_FILL
        ),
        Groove(
            FOUR, "............x...", SIXTEENTHS, "..............x.", ".x....x..x....x.", ROLL_FILL
        ),
    ),
    bass=Part(
        ("acid",),
        ("1.18-1.31.8-.171", "11.81-3.118-1.51", "1-1.8.117-1.8.31"),
        33,
        1.25,
        sparse=("1..8-.1...8-..1.",),
        width=0.1,
    ),
    parts=(
        # The filter opens in the second bar: a brighter line joins, and accents slide up to it.
        Part(
            ("acid open",),
            (
                NONE + "1.18-1.31.8-.171",
                NONE + "118-1.5.11.8-7.1",
                "........1.8-1.711.18-1.31.8-.178",
            ),
            45,
            1.2,
            from_density=-1,
            sparse=(NONE + "1...8-......1-7.",),
            width=0.5,
        ),
        Part(
            ("acid slide",),
            ("....8-......5-......8-....8-7-5-", "......8-..............8-....9-8-"),
            57,
            0.8,
            width=0.5,
            pan=0.2,
        ),
        Part(("rave stab",), ("x..x............",), 57, 0.4, from_energy=1, width=0.7),
    ),
    minor=(STILL,),
    major=(STILL_MAJOR,),
    sidechain=0.3,
    reverb=(0.12, 0.8),
    drive=2.2,
    delay=0.2,
)

TRANCE = Genre(
    "trance",
    kits=(
        Kit("kick 909", "clap", "metal hat 909", "warm metal open 909", "metal crash"),
        Kit(
            "kick techno",
            "clap + snare 909",
            "hat closed",
            "warm hat open",
            "metal crash",
            "snare roll",
        ),
    ),
    grooves=(
        Groove(
            FOUR, BACKBEAT, SIXTEENTHS, OFFBEAT, "x" + "." * 31, "................o.o.o.o.xxxxxxxx"
        ),
        Groove(FOUR, NONE, NONE, OFFBEAT, "x" + "." * 31, NONE + "o.o.o.o.xxxxxxxx"),
    ),
    bass=Part(("saw bass",), ("..1-..1-..1-..1-", ".111.111.111.111"), 33, 0.9),
    parts=(
        Part(
            ("supersaw",),
            ("x-------", "x.xx.xx.x.xx.xx.", "x.x.x.x.x.x.x.x."),
            60,
            1.0,
            from_density=-1,
            sparse=("x-------",),
            width=1.0,
        ),
        Part(("trance pluck",), ("1358531813585318", "8535853585358535"), 69, 0.8, width=0.8),
        Part(
            ("saw lead",),
            ("8-----7-5---3---5-----7-8---9---", "5---8-----7-5---5---9-----8-7---"),
            69,
            0.8,
            from_energy=1,
            width=0.6,
        ),
        Part(("riser",), ("1" + "-" * 31,), 57, 0.3, from_density=1, width=1.0),
    ),
    minor=((0, 0, 5, 6), (0, 5, 6, 0), (0, 5, 3, 4)),
    major=((2, 2, 5, 6), (2, 6, 5, 2)),
    sidechain=0.75,
    reverb=(0.35, 1.8),
    drive=1.5,
    drums=1.25,
    delay=0.25,
)

CLUB_GENRES = (TECHNO, DARK_TECHNO, MINIMAL, HOUSE, DEEP_HOUSE, ACID, TRANCE, DISCO)
