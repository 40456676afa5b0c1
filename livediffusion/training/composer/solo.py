"""One instrument alone, playing what it is known for."""

from __future__ import annotations

from livediffusion.training.composer.genre import (
    BACKBEAT,
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

PIANO = Genre(
    "piano",
    bass=Part(
        ("piano",),
        ("1-5-8-5-1-5-8-5-", "1---5---8---5---", "1.5.3.5.1.5.3.5."),
        36,
        1.0,
        from_density=-1,
        sparse=("1-------", "1---------------"),
        busy=("1585385815853858", "1-8-1-8-1-8-1-8-"),
        pan=-0.3,
    ),
    parts=(
        Part(
            ("piano",),
            ("5---3---8-----7-5---3-2-1-------", "8-5-6-5-3---..5-8-9-8-7-5-------"),
            69,
            1.1,
            from_density=-1,
            sparse=("5-------3-----1-", "8-----5---------"),
            busy=("1358975313589753", "8586858385868583"),
            pan=0.3,
        ),
        Part(
            ("piano",),
            ("x-------", "x-----x-"),
            57,
            0.8,
            from_energy=0,
            busy=("x---x-x-x---x-x-",),
        ),
        Part(("piano",), ("x.x.x.x.", "x..x..x."), 57, 1.0, from_energy=1),
    ),
    minor=((0, 5, 3, 0), (0, 0, 5, 6), (0, 6, 5, 0)),
    major=((2, 6, 5, 2), (2, 2, 5, 6)),
    reverb=(0.3, 1.6),
    drive=0.9,
)

GUITAR = Genre(
    "guitar",
    bass=Part(
        ("steel guitar",),
        ("1---5---1---5---", "1-------1-------"),
        40,
        0.9,
        from_density=-1,
        sparse=("1-------",),
        busy=("1-5-1-5-1-5-8-5-",),
        width=0.2,
    ),
    parts=(
        Part(
            ("steel guitar",),
            ("..3-5-8-5-8-3-5-", "..5.8.5...5.8.5.", "x-..x-x-..x-x-x-"),
            52,
            1.1,
            from_density=-1,
            sparse=("....5...8...5...", "x-------........"),
            busy=("1358538513585385", "x.xxx.xxx.xxx.xx"),
            width=0.5,
            pan=-0.2,
        ),
        Part(
            ("steel guitar",),
            ("........8---7---........5---3---", "5---..6-5---3---......2-1-------"),
            64,
            0.9,
            from_energy=0,
            busy=("8-7-5-8-..5-6-5-3-5-3-2-..1-2-3-",),
            pan=0.4,
        ),
        Part(("steel guitar",), ("x.x.x.xxx.xxx.x.", "x..xx.x."), 52, 1.1, 4, from_energy=1),
    ),
    minor=((0, 6, 5, 0), (0, 3, 0, 6), (0, 0, 5, 6)),
    major=((2, 5, 6, 2), (2, 2, 5, 6)),
    reverb=(0.25, 1.2),
    drive=0.9,
)

STRINGS = Genre(
    "strings",
    bass=Part(
        ("cello",),
        ("1---------------", "1-------5-------"),
        36,
        0.9,
        from_density=-1,
        sparse=("1---------------",),
        busy=("1-5-1-5-1-5-8-5-",),
        width=0.3,
        pan=0.4,
    ),
    parts=(
        Part(
            ("strings", "slow strings"),
            ("x-------", "x---------------"),
            55,
            1.0,
            4,
            from_density=-1,
            sparse=("x---------------",),
            busy=("x-x-x-x-x-x-x-x-",),
            width=0.9,
        ),
        Part(
            ("violin",),
            ("5-------6---5---3-------4---5---", "8-----------7---6-----5---------"),
            67,
            0.9,
            from_energy=0,
            busy=("5-6-5-4-3-4-5-8-6-5-4-3-2-3-4-5-",),
            width=0.3,
            pan=-0.5,
        ),
        Part(("tremolo strings",), ("x---------------",), 67, 0.7, from_energy=1, width=0.9),
        Part(("pizzicato",), ("1.5.3.5.8.5.3.5.",), 60, 0.7, from_density=1, pan=0.2),
    ),
    minor=((0, 5, 3, 0), (0, 3, 4, 0)),
    major=((2, 6, 5, 2), (2, 5, 6, 2)),
    reverb=(0.4, 2.0),
    drive=0.9,
)

ORGAN = Genre(
    "organ",
    bass=Part(  # the pedals
        ("church organ",),
        ("1---3---5---3---", "1-3-5-3-1-2-3-5-", "1-------5-------"),
        33,
        1.0,
        from_density=-1,
        sparse=("1---------------",),
        busy=("1-2-3-5-8-5-3-2-", "1-3-5-3-1-3-5-8-"),
        width=0.2,
    ),
    parts=(
        Part(
            ("church organ",),
            ("x-------", "x---------------", "x---x---"),
            52,
            1.0,
            4,
            from_density=-1,
            sparse=("x---------------",),
            busy=("x---x---x---x---",),
            width=0.7,
        ),
        Part(
            ("church organ",),
            ("5-4-5-6-5-3-2-3-", "8---7-6-5-4-3-2-", "1-2-3-4-5-8-5-3-"),
            67,
            1.1,
            from_energy=0,
            busy=("5456535354565323", "8765654354323212"),
            width=0.4,
            pan=0.3,
        ),
        Part(("church organ",), ("x.x.x.x.", "x..x..x."), 64, 0.9, from_energy=1),
    ),
    minor=((0, 3, 4, 0), (0, 5, 4, 0)),
    major=((2, 5, 6, 2), (2, 6, 5, 2)),
    reverb=(0.5, 2.5),
    drive=0.9,
)

SAXOPHONE = Genre(
    "saxophone",
    parts=(
        Part(
            ("saxophone", "alto saxophone"),
            (
                "1-3-5---..7-5-3-1-----......2-3-",
                "5-----3-1---....8-----7-5---....",
                "..5-6-5-3---....1-2-3-5---6-5---",
            ),
            57,
            from_density=-1,
            sparse=("5-------3-1-----................", "........8-------7-5-------......"),
            busy=("1-2-3-5-7-8-9-7-5-3-2-1-3-5-6-5-", "8-7-5-6-5-3-4-2-1-2-3-5-7-8-9-7-"),
            width=0.3,
        ),
    ),
    minor=((0, 0, 3, 0), (0, 0)),
    major=((2, 2, 5, 2), (2, 2)),
    swing=0.5,
    reverb=(0.3, 1.4),
    drive=1.0,
)

FLUTE = Genre(
    "flute",
    parts=(
        Part(
            ("flute",),
            (
                "8-------9-8-7---5-------....5-7-",
                "5---6-7-8-----......7-6-5-------",
                "....8-9-8---5---....6-7-6---3---",
            ),
            69,
            from_density=-1,
            sparse=("8-----------....5-------........", "....5-----------........3-------"),
            busy=("8989878957675657868756754564535-", "5678987656787654345676543456789-"),
            width=0.3,
        ),
    ),
    minor=((0, 0, 3, 0), (0, 0), (0, 5, 0, 0)),
    major=((2, 2, 6, 2), (2, 2)),
    reverb=(0.4, 1.8),
    drive=0.9,
)

DRUMS = Genre(
    "drums",
    kits=(
        Kit("gm 0 36", "gm 0 40", "gm 0 42", "gm 0 46", "gm 0 49", "gm 0 47"),
        Kit("gm 32 36", "gm 16 38", "gm 0 51", "gm 0 46", "gm 0 57", "gm 16 45"),
        Kit("gm 8 36", "gm 8 38", "gm 0 42", "gm 0 46", "gm 0 62", "gm 0 64"),
    ),
    grooves=(
        Groove("x.......x.x.....", BACKBEAT, EIGHTHS, fill="." * 24 + "xxxxxxxx"),
        Groove("x..x..x...x..x..", "....x..o.o..x..o", SIXTEENTHS, fill="." * 26 + "x.xxxx"),
        Groove(FOUR, BACKBEAT, OFFBEAT, NONE, "x" + "." * 31, "." * 20 + "x.xx.xxx.xxx"),
        Groove(
            "x..x..x.x..x....",
            "......o.....x..o",
            "x.x.x.x.x.x.x.x.",
            fill="." * 16 + "xxx.xxx.x.x.xxxx",
        ),
    ),
    parts=(),
    reverb=(0.2, 0.9),
    drive=1.4,
)

SOLO = (PIANO, GUITAR, STRINGS, ORGAN, SAXOPHONE, FLUTE, DRUMS)
