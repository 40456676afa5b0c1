"""The genres that hands play."""

from __future__ import annotations

from livediffusion.training.composer.genre import (
    AXIS,
    BACKBEAT,
    CLUB,
    EIGHTHS,
    FOUR,
    OFFBEAT,
    ROCK_KIT,
    SIXTEENTHS,
    Genre,
    Groove,
    Kit,
    Part,
)

PLAYED = (
    Genre(
        "rock",
        kits=(
            ROCK_KIT,
            Kit("sample drum_heavy_kick", "sample drum_snare_hard", "gm 0 42", "gm 0 49"),
        ),
        grooves=(
            Groove("x.......x.x.....", BACKBEAT, "x.x.x.x.x.x.x.x."),
            Groove("x..x....x..x....", BACKBEAT, "x.x.x.x.x.x.x.x."),
        ),
        bass=Part(("electric bass",), ("1.1.1.1.1.1.1.1.", "1..11...1..11..."), 33),
        parts=(
            Part(
                ("distorted guitar", "overdriven guitar"),
                ("p-p-p-p-p-p-p-p-", "p-----p-p-----p-", "p-------"),
                45,
                1.3,
            ),
        ),
        minor=(AXIS, (0, 2, 6, 3)),
        reverb=(0.12, 0.8),
        drive=1.6,
        drums=1.1,
    ),
    Genre(
        "lo-fi hip hop",
        kits=(
            Kit("kick soft", "snare dusty", "hat soft", "hat soft"),
            Kit("sample bd_fat", "sample drum_snare_soft", "hat soft", "hat soft"),
        ),
        grooves=(
            Groove("x.....x...x.....", BACKBEAT, EIGHTHS),
            Groove("x......x..x.....", "....x.......x..o", EIGHTHS),
        ),
        bass=Part(("double bass", "sub bass"), ("1-----..5-..1---", "1---....1.5.8---"), 33, 0.9),
        parts=(
            Part(
                ("electric piano", "jazz guitar"),
                ("x-----......x---", "x-------..x-x---"),
                55,
                1.1,
                4,
            ),
        ),
        minor=(AXIS, (3, 6, 2, 0)),
        swing=0.25,
        reverb=(0.15, 0.8),
        low_pass=5000.0,
        hiss=0.010,
    ),
    Genre(
        "jazz",
        kits=(Kit("gm 40 36", "gm 40 38", "gm 0 51", "gm 0 44"),),
        grooves=(
            Groove("o...............", "......o.......o.", "o...x.o.o...x.o.", BACKBEAT),
            Groove("o.......o.......", "..........o.....", "o...x.o.o...x.o.", BACKBEAT),
        ),
        bass=Part(("double bass",), ("1---3---5---6---", "1---5---8---5---"), 33, 1.2),
        parts=(
            Part(("piano", "jazz guitar"), ("x--...x-........", "..x-....x--....."), 55, 1.0, 4),
            Part(
                ("saxophone", "trumpet"),
                ("1-3-5---..7-5-3-1-----..5-3-1---", "5---3-1-..1-3-5-8-----7-5-..3---"),
                60,
                1.2,
                from_energy=0,
            ),
        ),
        minor=((0, 3, 6, 2), (0, 5, 3, 4)),
        swing=0.667,
        reverb=(0.2, 1.0),
        drums=0.75,
    ),
    Genre(
        "funk",
        kits=(ROCK_KIT,),
        grooves=(
            Groove("x..x......x..x..", "....x..o.o..x..o", SIXTEENTHS),
            Groove("x.x.......x.....", "....x..o....x.o.", "x.x.x.x.x.x.x.x."),
        ),
        bass=Part(("slap bass",), ("1..1..8...1.8.5.", "1.1...8.7.8...11"), 33, 1.2),
        parts=(
            Part(
                ("clean guitar", "muted guitar"),
                ("..xx..x..xx.x...", "x.xx.xx.x.xx.xx."),
                57,
                1.0,
                4,
            ),
            Part(("brass",), ("x.........x.....", "......x-......x-"), 60, 0.8, from_energy=0),
        ),
        minor=((0, 0, 3, 3), (0, 3, 0, 6)),
        reverb=(0.12, 0.7),
    ),
    Genre(
        "piano",
        parts=(
            Part(("piano",), ("x-------", "x---x---"), 52, 0.9),
            Part(("piano",), ("1.3.5.8.5.3.5.8.", "8...5.3.8.9.8.5."), 69, 1.0),
        ),
        bass=Part(("piano",), ("1-------", "1---8---"), 33, 0.9),
        reverb=(0.3, 1.6),
        drive=1.0,
    ),
    Genre(
        "drums",
        kits=(ROCK_KIT, CLUB, Kit("sample bd_zum", "snare tight", "hat closed", "hat open")),
        grooves=(
            Groove("x.........x.....", BACKBEAT, EIGHTHS),
            Groove(FOUR, BACKBEAT, SIXTEENTHS, OFFBEAT),
            Groove("x..x......x..x..", "....x..o.o..x..o", "x.x.x.x.x.x.x.x."),
        ),
        parts=(),
        reverb=(0.15, 0.8),
    ),
)
