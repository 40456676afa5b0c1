"""What is in a session, for people and for programs."""

from __future__ import annotations

from collections import Counter

from rich.table import Table

from livediffusion.session.recorded import Session
from livediffusion.types import Frames, Json, Seconds

_TELLING = ("scene", "patch", "model", "tempo")  # what a set is told by


def summary(session: Session) -> Json:
    """Everything that is worth knowing, times in seconds from the start."""
    log = session.log
    swapped = [deed for deed in session.deeds if deed["do"] == "swapped"]
    peaks = [max(event["peak"]) for event in log.of("level")]
    return {
        "folder": str(session.folder),
        "patch": log.head.get("patch", ""),
        "started": log.head.get("started", ""),
        "version": log.head.get("version", ""),
        "seconds": round(session.time(session.end), 3),
        "files": [file.path.name for file in session.files],
        "whole": any(True for _ in log.of("end")) and not log.problems,
        "problems": log.problems,
        "models": [
            {name: event[name] for name in ("name", "hash", "engine_id")}
            for event in log.of("model")
        ],
        "swaps": len(swapped),
        "loops": len({deed["key"] for deed in swapped}),
        "moves": dict(Counter(event["address"] for event in log.of("control")).most_common()),
        "peak": max(peaks, default=None),
        "events": happened(session),
    }


def happened(session: Session) -> list[Json]:
    """What a listener or the performer would tell of the set, in its order."""
    found: list[Json] = []
    for event in sorted(session.log.events, key=lambda event: int(event["frame"])):
        what = _what(event)
        if what and 0 <= (time := session.time(event["frame"])) <= session.time(session.end):
            found.append({"time": round(time, 3), "kind": what[0], "what": what[1]})
    return found


def clock(seconds: Seconds) -> str:
    """As on a player's display: 1:02:03.4."""
    minutes, rest = divmod(seconds, 60.0)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:04.1f}" if hours else f"{minutes}:{rest:04.1f}"


def table(found: Json) -> Table:
    """The summary, to be printed."""
    title = f"{found['patch']}, {clock(found['seconds'])}, begun {found['started']}"
    shown = Table("time", "", "what", box=None, title=title, title_justify="left")
    for event in found["events"]:
        shown.add_row(clock(event["time"]), event["kind"], event["what"])
    moves = ", ".join(f"{address} {count}" for address, count in list(found["moves"].items())[:8])
    shown.add_section()
    shown.add_row("", "swaps", f"{found['swaps']}, of {found['loops']} loops")
    shown.add_row("", "moves", moves or "none")
    shown.add_row("", "peak", "none" if found["peak"] is None else f"{found['peak']:.1f} dBFS")
    shown.add_row("", "files", ", ".join(found["files"]))
    for model in found["models"]:
        shown.add_row("", "model", f"{model['name']} ({model['hash'][:12]})")
    if "picture" in found:
        shown.add_row("", "picture", found["picture"])
    for problem in found["problems"]:
        shown.add_row("", "problem", problem)
    if not found["whole"]:
        shown.add_row("", "", "It was cut off; what is here can be read.")
    return shown


def _what(event: Json) -> tuple[str, str] | None:
    """Kind and words of an event that is told of; None for the others."""
    kind = event["type"]
    if kind == "mark":
        return "mark", event.get("text", "") or "mark"
    if kind == "notice":
        return "notice", event["text"]
    if kind == "patch":
        return "patch", event["name"]
    if kind == "lost":
        return "lost", str(event["what"])
    if kind == "did":
        return _deed(event["deed"])
    if kind == "control":
        name = str(event["address"]).removeprefix("/ld/")
        if name.split("/")[0] in _TELLING:
            return name, " ".join(str(value) for value in event["values"])
    return None


def _deed(deed: Json) -> tuple[str, str] | None:
    if deed["do"] in ("play", "stop", "panic"):
        return deed["do"], ""
    if deed["do"] == "begin":
        gap: Frames = deed["frame"] - deed["with"][0]
        return "player", f"came back after {gap / 48000:.2f} s"
    return None
