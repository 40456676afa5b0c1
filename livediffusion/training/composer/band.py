"""Bands: each genre's own rhythm section, voicings and place on the stage."""

from __future__ import annotations

from livediffusion.training.composer.acoustic import CLASSICAL, FLAMENCO, JAZZ
from livediffusion.training.composer.genre import (
    BACKBEAT,
    EIGHTHS,
    FOUR,
    NONE,
    SIXTEENTHS,
    Genre,
    Groove,
    Kit,
    Part,
)

STRAIGHT = "x.x.x.x.x.x.x.x."
CRASH = "x" + "." * 31  # at the loop's start

ROCK = Genre(
    "rock",
    kits=(
        Kit("gm 0 36", "gm 0 40", "gm 0 42", "gm 0 46", "gm 0 49", "gm 0 47"),
        Kit("gm 16 36", "gm 16 38", "gm 0 42", "gm 0 46", "gm 0 57", "gm 16 45"),
    ),
    grooves=(
        Groove("x.......x.x.....", BACKBEAT, STRAIGHT, NONE, CRASH, "." * 26 + "xxxxxx"),
        Groove("x..x....x.x..x..", BACKBEAT, EIGHTHS, NONE, CRASH, "." * 24 + "x.xxx.xx"),
        Groove("x.x.....x.x.....", BACKBEAT, "..x...x...x...x.", FOUR, CRASH, "." * 28 + "xxxx"),
    ),
    bass=Part(
        ("picked bass",),
        ("1.1.1.1.1.1.1.1.", "1-1.1-1.1-1.5-6."),
        28,
        0.8,
        from_density=-1,
        sparse=("1-------1-----1-",),
        busy=("1.111.111.111.11",),
        width=0.0,
    ),
    parts=(
        Part(
            ("overdriven guitar",),
            ("p-------p-----p-", "p---p-p---p-p---", "p-p.p-p.p-p.p-p-"),
            40,
            1.2,
            from_density=-1,
            sparse=("p---------------", "p-----------p---"),
            busy=("p.ppp.p.p.ppp.pp", "ppp.ppp.ppp.p-p-"),
            width=0.5,
            pan=-0.6,
        ),
        Part(
            ("overdriven guitar", "clean guitar"),
            ("x-..x-....x-x-..", "x---....x---x-x-"),
            52,
            0.8,
            width=0.4,
            pan=0.7,
        ),
        Part(
            ("lead guitar",),
            ("1.1.3-4.3.1.6-..1.1.3-4.5-4-3-..", "5---4-3-1---....8---7-5-3-1-...."),
            64,
            0.8,
            from_energy=1,
            busy=("113-4.3.113-6.5.113-4.3.5-453131",),
            width=0.2,
            pan=0.1,
        ),
    ),
    minor=((0, 6, 5, 0), (0, 0, 5, 6), (0, 3, 0, 6)),
    major=((2, 5, 6, 2), (2, 6, 5, 2)),
    reverb=(0.15, 0.9),
    drive=1.8,
    drums=0.8,
)

METAL = Genre(
    "metal",
    kits=(
        Kit("gm 8 36 + tone click", "gm 16 38", "gm 0 46", "gm 0 55", "gm 0 49", "gm 16 47"),
        Kit("gm 8 36 + tone click", "gm 16 40", "gm 0 53", "gm 0 57", "gm 0 52", "gm 16 45"),
    ),
    grooves=(
        Groove("xo" * 8, BACKBEAT, FOUR, NONE, FOUR, "." * 24 + "x" * 8),
        Groove("x.oo" * 4, BACKBEAT, STRAIGHT, NONE, CRASH, "." * 16 + "x" * 16),
        Groove("xo" * 8, "o.x." * 4, STRAIGHT, NONE, CRASH, "." * 28 + "xxxx"),
    ),
    bass=Part(
        ("picked bass",),
        ("1.111.111.111.11", "1111111111111111"),
        28,
        0.5,
        from_density=-1,
        sparse=("1.......1.......",),
        busy=("1111111111111111",),
        width=0.0,
    ),
    parts=(
        Part(
            ("palm-muted guitar",),
            ("p.ppp.ppp.ppp.pp", "pppppp.pppp.pp.p", "p.pppp.pppp.pppp"),
            40,
            1.5,
            from_energy=0,
            from_density=-1,
            sparse=("p...p...p...p...", "p.pp....p.pp...."),
            busy=("pppppppppppppppp",),
            width=1.0,
        ),
        Part(
            ("distorted guitar",),
            ("p---............", "p-----------....", "......p-......p-"),
            40,
            1.2,
            from_density=-1,
            sparse=("p---------------", "p-------p-------"),
            width=0.9,
        ),
        Part(
            ("lead guitar",),
            ("1111333355553333", "8888777755557777", "1.3.2.1.5-------"),
            64,
            0.6,
            from_energy=0,
            busy=("1353135315351535", "8785878588758785"),
            width=0.3,
            pan=0.2,
        ),
    ),
    minor=((0, 0, 5, 6), (0, 0, 5, 4), (0, 0, 0, 1)),
    major=((2, 2, 5, 6), (2, 2, 6, 5)),
    reverb=(0.05, 0.6),
    drive=2.2,
    high_pass=60.0,
    drums=0.8,
)

FUNK = Genre(
    "funk",
    kits=(
        Kit("gm 0 36", "gm 0 38", "gm 0 42", "gm 0 46", "gm 0 54", "gm 0 38"),
        Kit("gm 8 36", "gm 8 40", "gm 0 42", "gm 0 46", "gm 0 62", "gm 0 63"),
    ),
    grooves=(
        Groove("x.x...o..xo..x..", "....x..o.o..x..o", SIXTEENTHS, "..............x.", fill=NONE),
        Groove(
            "x..x..x...x..x..", "....x..o.o.ox..o", STRAIGHT, "......x.......x.", "..o...o...oo..o."
        ),
        Groove("x.....xx..x.....", "....x..o..o.x.oo", SIXTEENTHS, NONE, "x.o.x.o.x.o.x.oo"),
    ),
    bass=Part(
        ("slap bass",),
        ("1..1..8...1.8.5.", "1.1...8.7.8...11", "1...8.1.....7.81"),
        28,
        1.0,
        from_density=-1,
        sparse=("1.....8.........", "1.........8.7..."),
        busy=("11.18.11.18.1858", "1.1181.81.118.78"),
        width=0.0,
    ),
    parts=(
        Part(
            ("clean guitar", "muted guitar"),
            ("..xx..x..xx.x...", "x.xx.xx.x.xx.xx.", ".xx.xxx..xx.xx.x"),
            60,
            1.0,
            4,
            from_density=-1,
            sparse=("......x.......x.", "..x.......x....."),
            busy=("xxxxxxxxxxxxxxxx", "xx.xxx.xxx.xxx.x"),
            width=0.2,
            pan=0.6,
        ),
        Part(
            ("clavinet", "hammond"),
            ("x..x..1..8.x..1.", "1.1x..1.8..x.1.."),
            52,
            0.8,
            width=0.2,
            pan=-0.6,
        ),
        Part(
            ("brass",),
            ("..............xx" + "x" + "." * 15, "x..x............" + "......x-..x---.."),
            60,
            1.0,
            from_energy=0,
            from_density=-1,
            busy=("x..x....x..x..xx", "......xx..x...xx"),
            width=0.7,
        ),
    ),
    minor=((0, 0), (0, 0, 3, 3), (0, 3, 0, 6)),
    major=((2, 2), (2, 2, 5, 5), (2, 5, 2, 6)),
    swing=0.12,
    reverb=(0.1, 0.6),
    drive=1.4,
)

REGGAE = Genre(
    "reggae",
    kits=(
        Kit("gm 0 36", "gm 0 37", "gm 0 42", "gm 0 46", "gm 0 54", "gm 0 50"),
        Kit("kick soft", "gm 0 37", "hat soft", "gm 0 46", "gm 0 76", "gm 0 63"),
    ),
    grooves=(
        Groove(
            "........x.......",
            "........x.......",
            EIGHTHS,
            NONE,
            "....x..o",
            fill="." * 28 + "x.xx",
        ),
        Groove(
            "........x.......", "........x..o..o.", "..x...x...x...x.", fill="." * 24 + "x..x..x."
        ),
        Groove(FOUR, "........x......o", EIGHTHS, "..............x.", fill="." * 28 + "xx.x"),
    ),
    bass=Part(
        ("sub bass", "fretless bass"),
        ("1-..1-3-....5-3-", "....1-1-3-..5---", "1---..5-3-1-...."),
        28,
        0.9,
        from_density=-1,
        sparse=("1---....5-......",),
        busy=("1-1-3-5-..5-3-1-",),
        width=0.0,
    ),
    parts=(
        Part(
            ("clean guitar", "muted guitar"),
            ("..x...x...x...x.", "....x.......x..."),
            57,
            1.1,
            from_density=-1,
            sparse=("....x.......x...",),
            busy=("..xx..x...xx..x.", "..xx..xx..xx..xx"),
            width=0.2,
            pan=0.5,
        ),
        Part(
            ("hammond",),
            (".xx..xx..xx..xx.", "..x.x.x...x.x.x."),
            57,
            0.7,
            busy=(".xx.xxx..xx.xxx.",),
            width=0.4,
            pan=-0.5,
        ),
        Part(
            ("harmonica", "trombone"),
            ("5---3-1-........5-3-1---........", "........8---7-5-........3---1---"),
            64,
            0.7,
            from_energy=1,
            width=0.3,
        ),
    ),
    minor=((0, 3), (0, 0, 3, 0), (0, 6)),
    major=((2, 5), (2, 6, 5, 2)),
    swing=0.15,
    reverb=(0.3, 1.6),
    delay=0.4,
    low_pass=9000.0,
)

BAND = (ROCK, METAL, FUNK, JAZZ, FLAMENCO, REGGAE, CLASSICAL)
