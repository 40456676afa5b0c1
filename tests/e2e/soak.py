"""Real playing for as long as wanted, with what the daemon costs looked at now and then.

`python tests/e2e/soak.py 60 FOLDER` plays an hour, prints the figures as JSON, and leaves the
daemon's log in the folder.
"""

from __future__ import annotations

import contextlib
import json
import random
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from daemon import Daemon, running

import livediffusion
from livediffusion.types import Json

POCKET = Path(livediffusion.__file__).parent / "models" / "pocket"
CHILDREN = ("control", "renderer", "player")
EVERY = 5.0  # seconds between two looks
SCENE = '[[scene]]\nname = "{name}"\nblend = [{blend}]\nseed.morph = {morph}\nglide = 8\n'
PATCHES = {
    "set": 'tempo = 124\ndrift = 0.2\n[[prompt]]\ntext = "techno"\n[[prompt]]\ntext = "ambient"\n'
    '[[prompt]]\ntext = "funk"\n' + SCENE.format(name="one", blend="0.2, 1, 0", morph=0.5)
    + SCENE.format(name="two", blend="1, 0, 0.6", morph=0.1),
    "other": 'tempo = 96\n[[prompt]]\ntext = "lo-fi hip hop"\n[[prompt]]\ntext = "dub"\n'
    + SCENE.format(name="one", blend="0, 1", morph=0.9),
}  # fmt: skip
CONFIG = (
    f'[models]\nfirst = "{POCKET}"\nsecond = "{POCKET}"\n'
    "[render]\ncache_mb = 96\n"  # full after minutes: what grows then is no cache
)


@dataclass(frozen=True)
class Look:
    """What the daemon was at a moment; memory in MiB (resident), by process."""

    seconds: float
    memory: dict[str, float]
    threads: dict[str, int]
    handles: dict[str, int]
    underruns: int
    late: int
    swaps: int


@dataclass
class Soak:
    """A whole run."""

    looks: list[Look] = field(default_factory=list)
    moves: int = 0
    silent: int = 0  # looks at which nothing was heard

    def figures(self) -> Json:
        """What is told of it: the last third against the second, and all counters."""
        third = len(self.looks) // 3
        before, after = self.looks[third : 2 * third], self.looks[2 * third :]
        first, last = self.looks[0], self.looks[-1]
        return {
            "minutes": round(last.seconds / 60.0, 1), "moves": self.moves,
            "underruns": last.underruns - first.underruns, "late": last.late - first.late,
            "swaps": last.swaps - first.swaps, "silent": self.silent,
            "memory MiB": {name: [_mean(before, name), _mean(after, name)] for name in CHILDREN},
            "threads": {name: [first.threads[name], last.threads[name]] for name in CHILDREN},
            "handles": {name: [first.handles[name], last.handles[name]] for name in CHILDREN},
        }  # fmt: skip


def soak(folder: Path, seconds: float, seed: int = 0, warm_up: float = 20.0) -> Soak:
    """Play for so long after a warm-up, in which everything is loaded once."""
    for name, text in PATCHES.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    made, chance = Soak(), random.Random(seed)
    with running(folder, PATCHES["set"], "null", more=CONFIG) as daemon:
        begin = time.monotonic() + warm_up
        next_look, next_move = begin, time.monotonic()
        while (now := time.monotonic()) < begin + seconds:
            if now >= next_move:
                move(daemon, chance)
                made.moves += 1
                next_move = now + chance.expovariate(2.0)
            if now >= next_look:
                look(daemon, made, now - begin)
                next_look = now + EVERY
            time.sleep(0.02)
        look(daemon, made, seconds)
    return made


def look(daemon: Daemon, made: Soak, seconds: float) -> None:
    """Note what it costs at this moment; a process that is not there this time is not looked at."""
    with contextlib.suppress(OSError, AssertionError):
        pids = {name: daemon.pid_of(name) for name in CHILDREN}
        page = daemon.transport
        made.looks.append(
            Look(
                seconds,
                {name: memory_of(pid) for name, pid in pids.items()},
                {
                    name: len(list(Path(f"/proc/{pid}/task").iterdir()))
                    for name, pid in pids.items()
                },
                {name: len(list(Path(f"/proc/{pid}/fd").iterdir())) for name, pid in pids.items()},
                page.underruns,
                int(daemon.status["late"]),
                page.swaps,
            )
        )
        made.silent += page.peak == 0.0


def entries(folder: str) -> int:
    """How many files a folder holds."""
    return len(list(Path(folder).iterdir()))


def memory_of(pid: int) -> float:
    """What a process holds, MiB; shares of libraries would change with who else uses them."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    return int(text.split("\nRss:")[1].split()[0]) / 1024.0


def move(daemon: Daemon, chance: random.Random) -> None:
    """One thing that a performer does; mostly knobs, sometimes a scene, seldom a patch or model."""
    kind = chance.choices(
        ("weight", "player", "seed", "scene", "tempo", "tap", "patch", "model"),
        (50, 20, 10, 5, 2, 3, 1, 0.3),
    )[0]
    send = daemon.osc.send_message
    if kind == "weight":
        send(f"/ld/prompt/{chance.randint(1, 2)}/weight", chance.random())
    elif kind == "player":
        name, low, high = chance.choice((("gain", -6.0, 0.0), ("filter", -0.5, 0.5)))
        send(f"/ld/{name}", chance.uniform(low, high))
    elif kind == "seed":
        send("/ld/seed/morph", chance.random())
    elif kind == "scene":
        send("/ld/scene", "one")
    elif kind == "tempo":
        send("/ld/tempo", float(chance.randint(90, 150)))
    elif kind == "tap":
        send(chance.choice(("/ld/undo", "/ld/glide")), chance.choice((0.0, 4.0)))
    elif kind == "patch":
        send("/ld/patch", chance.choice(tuple(PATCHES)))
    else:
        send("/ld/model", chance.choice(("first", "second", "pocket")))


def _mean(looks: list[Look], name: str) -> float:
    return round(sum(one.memory[name] for one in looks) / max(len(looks), 1), 1)


def main() -> None:
    """Play for so many minutes."""
    with contextlib.ExitStack() as stack:
        folder = (
            sys.argv[2] if len(sys.argv) > 2 else stack.enter_context(tempfile.TemporaryDirectory())
        )
        Path(folder).mkdir(parents=True, exist_ok=True)
        made = soak(Path(folder), float(sys.argv[1]) * 60.0, warm_up=120.0)
    print(json.dumps(made.figures() | {"looks": [asdict(one) for one in made.looks[::12]]}))


if __name__ == "__main__":
    main()
