"""The genres of the dance floor: a kick on every beat, and what each does around it."""

from __future__ import annotations

from livediffusion.training.composer.genre import (
    AXIS,
    BACKBEAT,
    BRIGHT,
    FALLING,
    FOUR,
    NONE,
    OFFBEAT,
    SIXTEENTHS,
    STILL,
    STILL_MAJOR,
    SUNNY,
    Genre,
    Groove,
    Kit,
    Part,
)

CLAP_FILL = NONE + "........x..x.xxx"
ROLL_FILL = NONE + "....o.o.oooxxxxx"

TECHNO = Genre(
    "techno",
    kits=(
        Kit("kick 909", "clap", "metal hat 909", "warm metal open 909", "metal ride", "tone tom"),
        Kit("kick techno", "clap", "metal hat 909", "warm metal open 909", "tone tom", "tone tom"),
    ),
    grooves=(
        Groove(FOUR, BACKBEAT, SIXTEENTHS, OFFBEAT, fill=CLAP_FILL),
        Groove(FOUR, "............x...", SIXTEENTHS, OFFBEAT, "..x...x...x...x.", CLAP_FILL),
        Groove(FOUR, "......x.......x.", OFFBEAT, OFFBEAT, "...x..x....x..x.", CLAP_FILL),
    ),
    bass=Part(("saw bass", "click bass"), (".111.111.111.111", "..1...11..1..111"), 33, 1.0),
    parts=(
        Part(
            ("stab", "dub chord"),
            ("x..x..x.........", "...x..x....x..x."),
            57,
            1.0,
            from_density=-1,
            width=0.6,
        ),
        Part(("pluck", "blip"), ("1.1.5.1.8.1.5.1.", "11.511.811.511.7"), 69, 0.6, width=0.7),
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
        Groove(FOUR, BACKBEAT, SIXTEENTHS, OFFBEAT, "x.xxx.xxx.xxx.xx", CLAP_FILL),
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
    minor=(AXIS, (0, 3, 5, 6), FALLING),
    major=((2, 5, 3, 6), SUNNY),
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
    minor=((0, 3), (0, 0, 3, 5), (3, 4, 0, 0)),
    major=((2, 5), (5, 4, 2, 2)),
    swing=0.14,
    sidechain=0.35,
    reverb=(0.35, 1.6),
    low_pass=8000.0,
    drums=1.05,
    delay=0.2,
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
            width=0.5,
        ),
        Part(
            ("acid slide",),
            ("....8-......5-......8-....8-7-5-", "......8-..............8-....9-8-"),
            57,
            0.8,
            from_density=-1,
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
    minor=(AXIS, (5, 6, 0, 0), (0, 5, 6, 4)),
    major=(BRIGHT, (2, 6, 3, 5)),
    sidechain=0.75,
    reverb=(0.35, 1.8),
    drive=1.5,
    drums=1.25,
    delay=0.25,
)

DISCO = Genre(
    "disco",
    kits=(
        Kit("kick disco", "gm 0 40 + clap", "gm 0 42", "gm 0 46", "metal tambourine", "gm 0 45"),
        Kit(
            "gm 0 36", "sample drum_snare_hard", "gm 0 42", "gm 0 46", "tone conga high", "gm 0 45"
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
            1.3,
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
            1.0,
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
    reverb=(0.15, 0.9),
    drive=1.2,
    high_pass=45.0,
    drums=1.15,
)

CLUB_GENRES = (TECHNO, DARK_TECHNO, MINIMAL, HOUSE, DEEP_HOUSE, ACID, TRANCE, DISCO)
