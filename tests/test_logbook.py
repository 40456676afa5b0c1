"""Logs that can be read on stage: one line each, repeated ones folded, all of it kept on disk."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from livediffusion import logbook
from livediffusion.ipc import logfile
from livediffusion.ipc.logfile import Line, Tail, log_to, parse
from livediffusion.logbook import Folds, Logbook, kept_log, log_folder


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root, kept = logging.getLogger(), logging.raiseExceptions
    handlers, level = list(root.handlers), root.level
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:], logging.raiseExceptions = handlers, kept
    root.setLevel(level)
    logging.getLogger("livediffusion").setLevel(logging.NOTSET)


def line(text: str, level: str = "INFO", process: str = "control") -> Line:
    return Line("21:03:15", level, process, "main", text)


def test_a_record_is_one_line_with_process_and_thread(tmp_path: Path) -> None:
    shown: list[str] = []
    book = Logbook(tmp_path, ["control"], shown.append)
    log_to(tmp_path, "control")
    logging.getLogger("livediffusion.control.osc").warning("OSC port %d is taken.", 7770)
    logging.getLogger("uvicorn").info("it is well")
    logging.getLogger("uvicorn").warning("it is\nnot well")
    book.look(0.0)
    assert [text[9:] for text in shown] == [
        "control/MainThread: warning OSC port 7770 is taken.",
        "control/MainThread: warning it is (not well)",
    ]


def test_engineers_see_details_and_tracebacks(tmp_path: Path) -> None:
    shown: dict[bool, list[str]] = {False: [], True: []}
    books = [Logbook(tmp_path, ["player"], shown[v].append, verbose=v) for v in (False, True)]
    log_to(tmp_path, "player")
    log = logging.getLogger("livediffusion.player.watch")
    log.debug("a detail")
    try:
        raise ValueError("that was it")
    except ValueError:
        log.exception("the mixer failed")
    with (tmp_path / "player.out").open("a") as stray:
        stray.write("ALSA lib pcm.c:1 underrun\n")
    for book in books:
        book.look(0.0)
    (stage,) = shown[False]
    assert stage.endswith("error the mixer failed (ValueError: that was it)")
    assert "Traceback" not in stage
    detail, failure, printed = shown[True]
    assert detail.endswith("player/MainThread: a detail")
    assert "Traceback" in failure and 'raise ValueError("that was it")' in failure
    assert printed.endswith("player/stderr: ALSA lib pcm.c:1 underrun")


def test_repeated_lines_are_folded_also_where_others_come_between() -> None:
    folds, shown = Folds(), []
    for second in range(9):
        shown += folds.take(line(f"{second + 1} packets are lost"), float(second))
        shown += folds.take(line("no audio device"), float(second))
    assert [one.text for one in shown] == ["1 packets are lost", "no audio device"]
    assert [one.text for one in folds.due(9.0)] == []
    later = [one.text for one in folds.due(11.0)]
    assert later == ["9 packets are lost (9 times)", "no audio device (9 times)"]
    shown = folds.take(line("no audio device"), 12.0)
    assert shown == [], "it still goes on"
    assert [one.text for one in folds.due(22.0)] == ["no audio device (10 times)"]
    folds.due(40.0)
    assert folds.take(line("no audio device"), 41.0), "said anew after a rest"


def test_lines_of_others_are_not_folded_together() -> None:
    folds = Folds()
    for different in (line("x"), line("y"), line("x", "ERROR"), line("x", process="player")):
        assert folds.take(different, 0.0) == [different]


def test_folding_takes_little_memory() -> None:
    folds = Folds()
    for number in range(5000):
        word = "".join(chr(ord("a") + int(digit)) for digit in str(number))
        folds.take(line(word), 0.0)
        folds.take(line(word), 0.0)
        folds.due(0.0)
    assert len(folds._open) <= logbook._MOST_FOLDED


def test_reading_goes_on_over_the_rotation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logfile, "_BYTES", 2000)
    log_to(tmp_path, "renderer")
    log, tail, heard = logging.getLogger("livediffusion.x"), Tail(tmp_path / "renderer.log"), []
    for number in range(200):
        log.info("line %d", number)
        if number % 7 == 0:
            heard += parse(tail.read(), "renderer")
    heard += parse(tail.read(), "renderer")
    assert [one.text for one in heard] == [f"line {number}" for number in range(200)]
    held = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert held <= 2 * 2000


def test_half_a_line_waits_for_its_end(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    tail = Tail(path)
    assert tail.read() == []
    path.write_text("one\ntw")
    assert tail.read() == ["one"]
    with path.open("a") as file:
        file.write("o\n")
    assert tail.read() == ["two"]


def test_what_libraries_print_does_not_fill_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stray = tmp_path / "player.out"
    kept = tmp_path / "kept" / "run.log"
    book = Logbook(tmp_path, ["player"], lambda text: None, kept=kept)
    for second in range(50):
        with stray.open("a") as file:
            file.write("xrun\n" * 10000)
        book.look(float(second))
    book.close()
    assert stray.stat().st_size <= logfile._BYTES + 50000
    assert kept.read_text().count("xrun") < 20


def test_the_kept_log_is_rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logbook, "_KEPT_BYTES", 5000)
    book = Logbook(tmp_path, [], lambda text: None, kept=tmp_path / "kept" / "run.log")
    for number in range(3000):
        word = "".join(chr(ord("a") + int(digit)) for digit in str(number))
        book.say(f"something {word} happened")
    book.close()
    parts = list((tmp_path / "kept").iterdir())
    assert 2 <= len(parts) <= logbook._KEPT_PARTS + 1
    assert sum(part.stat().st_size for part in parts) < 5000 * (logbook._KEPT_PARTS + 2)


def test_old_runs_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    log_folder().mkdir(parents=True)
    for number in range(30):
        for suffix in ("", ".1"):
            path = log_folder() / f"2026-01-{number:02}.log{suffix}"
            path.touch()
            os.utime(path, (number, number))
    assert kept_log().parent == log_folder()
    left = sorted(path.name for path in log_folder().glob("*.log*"))
    assert len(left) == 2 * (logbook._KEPT_RUNS - 1)
    assert left[-1] == "2026-01-29.log.1"


def test_without_a_place_for_it_the_log_is_shown_only(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    shown: list[str] = []
    book = Logbook(tmp_path, [], shown.append, kept=tmp_path / "file" / "run.log")
    book.say("hello")
    assert book.path is None
    assert "No log can be kept" in shown[0] and shown[1].endswith("supervisor/main: hello")
