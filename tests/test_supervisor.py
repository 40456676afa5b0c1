"""Who watches the three processes: deaths, hangs, back-off, a limit, and the end of all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from understudy import Part

from livediffusion import child as children
from livediffusion.child import Child
from livediffusion.daemon import Supervisor
from livediffusion.errors import UserError
from livediffusion.ipc.runs import read_supervision

TESTS = Path(__file__).parent
WITHIN_S = 60.0


@pytest.fixture(autouse=True)
def _understudies_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(TESTS))


class House:
    """A supervisor over understudies, and what it said."""

    def __init__(self, folder: Path, hang_s: float = 30.0, **parts: str) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.ticks: list[Callable[[], None]] = []
        cast = [
            Child(name, "understudy", Part(folder, name, what, name == "player"), hang_s)
            for name, what in parts.items()
        ]
        self.supervisor = Supervisor(folder, cast, self.said.append)
        self.child = {child.name: child for child in cast}

    def run(self, until: Callable[[], bool]) -> None:
        """Until it holds; fails after a while."""
        end = time.monotonic() + WITHIN_S
        self.supervisor.run(lambda: until() or time.monotonic() > end, lambda: None)
        assert time.monotonic() < end, self.said

    def pid(self, name: str) -> int | None:
        process = self.child[name].process
        return process.pid if process is not None else None

    def lives(self, name: str) -> bool:
        return self.supervisor.arena.heartbeat_age(name) < 5.0  # type: ignore[arg-type]

    def starts(self, name: str) -> int:
        return len(list(self.folder.glob(f"{name}.*.pid")))


def test_each_dies_alone_and_comes_back_alone(tmp_path: Path) -> None:
    house = House(tmp_path, player="live", renderer="live", control="live")
    killed: dict[str, int] = {}

    def all_killed_once_and_back() -> bool:
        for name in house.child:
            if house.lives(name) and name not in killed and all(map(house.lives, house.child)):
                killed[name] = house.pid(name) or 0
                os.kill(killed[name], signal.SIGKILL)
                return False
        back = all(house.lives(name) and house.starts(name) == 2 for name in house.child)
        return len(killed) == 3 and back

    house.run(all_killed_once_and_back)
    assert [house.child[name].restarts for name in killed] == [1, 1, 1]
    for name in killed:
        assert any(f"The {name} stopped (signal 9); starting it again." in s for s in house.said)
    told = read_supervision(tmp_path)["children"]["renderer"]
    assert told["restarts"] == 1 and told["state"] == "running"


def test_a_hang_counts_as_death(tmp_path: Path) -> None:
    house = House(tmp_path, hang_s=0.4, player="live", renderer="hang")
    house.run(lambda: house.starts("renderer") > 1)
    assert any("The renderer did not answer; starting it again." in said for said in house.said)
    assert house.child["player"].restarts == 0
    where = (tmp_path / "renderer.out").read_text(encoding="utf-8")
    assert "understudy.py" in where and "in main" in where, "engineers see where it hung"


def test_a_stopped_process_is_replaced(tmp_path: Path) -> None:
    house = House(tmp_path, hang_s=0.6, renderer="live")
    stopped: list[int] = []

    def replaced() -> bool:
        if not stopped and house.lives("renderer"):
            stopped.append(house.pid("renderer") or 0)
            os.kill(stopped[0], signal.SIGSTOP)
        return house.starts("renderer") > 1 and house.lives("renderer")

    house.run(replaced)
    with pytest.raises(ProcessLookupError):
        os.kill(stopped[0], 0)


def test_one_that_gets_no_processor_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = {"s": 50.0}
    monkeypatch.setattr(children, "waited", lambda pid: waits["s"])
    child = Child("control", "", None, 6.0)
    child.process = SimpleNamespace(pid=1)  # type: ignore[assignment]
    assert not child.hangs(3.1, 100.0)
    waits["s"] += 2.0
    assert not child.hangs(6.1, 103.0), "of three seconds it waited two"
    assert child.hangs(9.1, 106.0), "and then it did not wait any more, and still said nothing"
    assert not child.hangs(0.1, 107.0)
    assert not child.hangs(4.0, 111.0)
    waits["s"] += 100.0
    assert not child.hangs(25.0, 132.0)
    assert child.hangs(26.5, 133.5), "but not for ever"


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="needs Linux's schedstat")
def test_waiting_for_a_processor_is_seen() -> None:
    spins = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\nwhile True: pass"
    rivals = [subprocess.Popen([sys.executable, "-c", spins]) for _ in range(2)]
    try:
        end = time.monotonic() + WITHIN_S
        while children.waited(rivals[0].pid) < 0.1 and time.monotonic() < end:
            time.sleep(0.05)
        assert children.waited(rivals[0].pid) >= 0.1
        os.kill(rivals[0].pid, signal.SIGSTOP)
        os.waitid(os.P_PID, rivals[0].pid, os.WSTOPPED)
        stopped = children.waited(rivals[0].pid)
        time.sleep(0.2)
        assert children.waited(rivals[0].pid) == stopped, "one that is stopped waits for nothing"
    finally:
        for rival in rivals:
            rival.kill()
            rival.wait()


def test_a_supervisor_that_was_stopped_itself_blames_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(tmp_path, hang_s=2.0, renderer="live")
    supervisor, child = house.supervisor, house.child["renderer"]
    before = SimpleNamespace(ages=[3.0], killed=[])
    monkeypatch.setattr(children, "waited", lambda pid: 0.0)
    child.process = SimpleNamespace(poll=lambda: None, pid=1)  # type: ignore[assignment]
    supervisor.arena = SimpleNamespace(  # type: ignore[assignment]
        heartbeat_age=lambda name: before.ages[0], beat_heart=lambda name: None
    )
    supervisor._looked = supervisor._awake_since = 100.0
    assert not supervisor._hangs(child, 101.0)
    assert supervisor._hangs(child, 102.5), "it was awake all the time"
    supervisor._awake_since = 160.0  # as after Ctrl-Z and fg, a minute later
    assert not supervisor._hangs(child, 160.1)
    assert supervisor._hangs(child, 162.5)


def test_backoff_grows_and_a_steady_life_forgives(monkeypatch: pytest.MonkeyPatch) -> None:
    child = Child("renderer", "", None, 1.0)
    waits, now = [], 100.0
    for _ in range(9):
        child.started = now
        child.die(now + 0.1)
        waits.append(child.due - now - 0.1)
        now = child.due
    assert waits == pytest.approx([0.0, 0.0, 0.2, 0.5, 1.0, 2.0, 5.0, 5.0, 5.0])
    child.started = now
    child.die(now + 20.0)
    assert child.due == now + 20.0 and not child.rests


@pytest.mark.parametrize(("name", "wait"), [("renderer", 30.0), ("player", 5.0)])
def test_what_dies_too_often_must_rest(name: str, wait: float) -> None:
    child = Child(name, "", None, 1.0)  # type: ignore[arg-type]
    for number in range(11):
        child.started = number - 0.1
        child.die(float(number))
    assert child.rests
    assert child.due == 10.0 + wait
    child.started = 100.0
    child.die(200.0)
    assert not child.rests


def test_twenty_kills_in_five_minutes_are_no_reason_to_rest() -> None:
    child = Child("control", "", None, 1.0)
    for number in range(20):
        child.started = child.due
        child.die(number * 10.0)
        assert not child.rests
        assert child.due - number * 10.0 == 0.0


def test_a_hopeless_start_ends_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "_BACKOFF_S", (0.0,))
    monkeypatch.setattr(children, "_LIMIT", 3)
    monkeypatch.setattr(children, "_LIMIT_S", 1000.0)
    monkeypatch.setattr("livediffusion.logbook._FOLD_S", 1000.0)
    house = House(tmp_path, renderer="die")
    with pytest.raises(UserError, match=r"stops again and again.*code 3.*--verbose"):
        house.run(lambda: False)
    assert house.starts("renderer") == children._LIMIT + 1


def test_a_hopeless_renderer_does_not_end_the_music(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "_BACKOFF_S", (0.0,))
    monkeypatch.setattr(children, "_LIMIT", 3)
    monkeypatch.setattr(children, "_LIMIT_S", 1000.0)
    monkeypatch.setattr("livediffusion.logbook._FOLD_S", 1000.0)
    house = House(tmp_path, player="live", renderer="die")
    house.run(lambda: house.child["renderer"].rests)
    assert house.child["player"].restarts == 0
    assert any("tried again every 30 s" in said for said in house.said)
    folded = [said for said in house.said if "The renderer stopped" in said]
    assert len(folded) == 2 and folded[1].endswith("(3 times)")


def test_what_the_user_must_mend_is_said_at_once(tmp_path: Path) -> None:
    house = House(tmp_path, player="refuse")
    with pytest.raises(UserError, match="There is no such thing"):
        house.run(lambda: False)
    assert house.starts("player") == 1


def test_the_end_comes_in_order_and_leaves_no_process(tmp_path: Path) -> None:
    house = House(tmp_path, player="live", renderer="live", control="live")
    pids: list[int | None] = []

    def all_here() -> bool:
        pids[:] = [house.pid(name) for name in house.child]
        return all(house.lives(name) for name in house.child)

    house.run(all_here)
    ended = {n: float((tmp_path / f"{n}.ended").read_text()) for n in house.child}
    assert ended["player"] < ended["control"]
    assert ended["renderer"] < ended["control"]
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid or 0, 0)


def test_who_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livediffusion.daemon._STOP_S", 0.2)
    house = House(tmp_path, renderer="deaf")
    house.run(lambda: house.lives("renderer"))
    assert not (tmp_path / "renderer.ended").exists()
    assert house.child["renderer"].process is None
