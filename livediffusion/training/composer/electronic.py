"""The genres that machines play."""

from __future__ import annotations

from livediffusion.training.composer.genre import (
    AXIS,
    BACKBEAT,
    CLUB,
    DRONE,
    EIGHTHS,
    FOUR,
    NONE,
    OFFBEAT,
    SIXTEENTHS,
    STATIC,
    Genre,
    Groove,
    Kit,
    Part,
)

ELECTRONIC = (
    Genre(
        "techno",
        kits=(CLUB, Kit("kick hard", "clap", "hat closed", "hat open")),
        grooves=(
            Groove(FOUR, NONE, "..x...x...x...x.", OFFBEAT),
            Groove(FOUR, BACKBEAT, SIXTEENTHS),
            Groove(FOUR, "............x...", SIXTEENTHS, OFFBEAT),
        ),
        bass=Part(
            ("acid", "acid", "saw bass"),
            ("1.1.8.1.3.1.8.11", "..11..11..11..11", "1.18.1.11.18.1.5"),
            33,
            1.0,
        ),
        parts=(Part(("stab", "pluck"), ("x..x..x.........", "...x..x....x..x."), 57, 1.0),),
        minor=((0, 0, 0, 0), STATIC),
        sidechain=0.6,
        reverb=(0.2, 1.2),
        drive=1.8,
    ),
    Genre(
        "house",
        kits=(
            Kit("kick house", "clap", "hat closed", "hat open"),
            Kit("sample bd_haus", "clap", "hat closed", "sample drum_cymbal_open"),
        ),
        grooves=(
            Groove(FOUR, BACKBEAT, OFFBEAT, OFFBEAT),
            Groove(FOUR, BACKBEAT, SIXTEENTHS, OFFBEAT),
        ),
        bass=Part(
            ("square bass", "saw bass"),
            ("..1...1...1..8.1", "1..1..1...1..5..", "..1..1.8..1..1.5"),
            33,
        ),
        parts=(Part(("piano", "hammond"), ("x..x..x...x..x..", "..x...x...x..x.."), 57, 1.2, 4),),
        sidechain=0.5,
        reverb=(0.2, 1.0),
    ),
    Genre(
        "trance",
        kits=(CLUB,),
        grooves=(Groove(FOUR, BACKBEAT, SIXTEENTHS, OFFBEAT), Groove(FOUR, NONE, NONE, OFFBEAT)),
        bass=Part(("saw bass",), ("..11..11..11..11", ".111.111.111.111"), 33),
        parts=(
            Part(("supersaw",), ("x-------", "x.x.x.x.x.x.x.x."), 57, 0.9),
            Part(("pluck",), ("1358531813585318", "8.5.3.8.5.3.8.5."), 69, 0.8, from_energy=0),
        ),
        minor=(AXIS, (5, 6, 0, 0)),
        sidechain=0.75,
        reverb=(0.25, 1.4),
        drums=1.2,
    ),
    Genre(
        "drum and bass",
        kits=(
            Kit("gm 0 36", "sample drum_snare_hard", "sample drum_cymbal_closed", "hat open"),
            Kit("sample bd_zum", "snare tight", "hat closed", "hat open"),
        ),
        grooves=(
            Groove("x.........x.....", BACKBEAT, EIGHTHS),
            Groove("x.........x.....x..x......x.....", "....x..o.o..x..o", EIGHTHS),
            Groove("x.....x...x.....", "....x.......x..o", SIXTEENTHS),
        ),
        bass=Part(("reese",), ("1-----------1-5-", "1---------8-----"), 33, 1.1),
        parts=(
            Part(
                ("warm pad", "electric piano"), ("x---------------", "x-----......x---"), 57, 0.9, 4
            ),
        ),
        minor=((0, 0, 5, 5), STATIC),
        reverb=(0.25, 1.4),
        drive=1.6,
        drums=1.2,
    ),
    Genre(
        "dubstep",
        kits=(
            Kit("kick boom", "snare big", "hat closed", "hat open"),
            Kit("sample bd_808", "sample sn_dolf", "hat closed", "hat open"),
        ),
        grooves=(
            Groove("x...............", "........x.......", "x...x...x...x..."),
            Groove("x.........x.....", "........x.......", "..x...x...x..xx."),
        ),
        bass=Part(("wobble bass",), ("1-------1---5---", "1-------1-------"), 33, 1.5),
        parts=(Part(("choir", "stab"), ("x---............", "......x........."), 57, 0.6),),
        minor=((0, 0, 0, 0), STATIC),
        sidechain=0.3,
        reverb=(0.2, 1.6),
        drive=2.2,
    ),
    Genre(
        "ambient",
        parts=(
            Part(("warm pad", "glass pad"), ("x---------------", "x-------x-------"), 52, 1.2, 4),
            Part(("choir", "strings"), ("x---------------",), 57, 0.5),
            Part(("bell",), ("8.......5.......", "1.....5.....3..."), 69, 0.6, from_energy=0),
            Part(("pluck",), ("1.3.5.8.5.3.1.3.",), 69, 0.5, from_energy=1),
        ),
        bass=Part(("sub bass",), ("1---------------",), 33, 0.6),
        minor=(DRONE, (0, 3), (5, 0)),
        reverb=(0.9, 3.5),
        drive=1.0,
    ),
    Genre(
        "synthwave",
        kits=(Kit("kick house", "snare big", "hat closed", "hat open"),),
        grooves=(
            Groove(FOUR, BACKBEAT, "x.x.x.x.x.x.x.x."),
            Groove("x.......x.......", BACKBEAT, NONE),
        ),
        bass=Part(("saw bass",), ("1.8.1.8.1.8.1.8.", "1111111111111111"), 33, 1.1),
        parts=(
            Part(("warm pad", "strings"), ("x-------",), 57, 0.9),
            Part(
                ("square lead", "saw lead"),
                ("5---..3-1---....8---..7-5---....", "8.5.3.5.8.5.3.5."),
                69,
                0.7,
                from_energy=0,
            ),
        ),
        sidechain=0.35,
        reverb=(0.4, 1.8),
    ),
    Genre(
        "chiptune",
        kits=(Kit("chip kick", "chip snare", "chip hat", "chip hat"),),
        grooves=(
            Groove("x...x...x...x...", BACKBEAT, OFFBEAT),
            Groove("x.....x.x.......", BACKBEAT, EIGHTHS),
        ),
        bass=Part(("triangle bass",), ("1.1.8.8.1.1.8.8.", "1.8.1.8.1.8.1.8."), 45, 1.1),
        parts=(
            Part(("square lead",), ("1358135813581358", "8531853185318531"), 57, 0.8),
            Part(
                ("pulse lead",),
                ("8---7-5-3---5---8---9-8-5-------", "5.8.9.8.5...3...5.8.7.5.3.5.1..."),
                69,
                1.0,
                from_energy=0,
            ),
        ),
        minor=(AXIS, (0, 5, 6, 0)),
        reverb=(0.0, 0.5),
        drive=1.0,
    ),
)
