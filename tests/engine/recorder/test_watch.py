"""What the watch makes of one snapshot after the other."""

import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.recorder.deadlocks.outsiders import Outsiders
from engine.recorder.deadlocks.snapshot import Snapshot
from engine.recorder.deadlocks.watch import DeadlockWatch, EarlyLooks
from engine.recorder.definitions.registry import Registry
from engine.recorder.rings import CELL_WORDS
from engine.tracer import layout

PID = 1 << 30  # of nobody
LOCK = layout.OBJECT_SHARED | 1
SITE, STACK = 1, 2
MS, BEGAN_MS = 1_000_000, 10_000


class Abandoned:
    """A process's main thread waits for a lock that another one held when it ended; `told` is what the watch tells."""

    def __init__(self, test_signal: int | None = None) -> None:
        self.told: list[dict[str, Any]] = []
        self.registry = registry = Registry(lambda _: None)
        self.watch = DeadlockWatch(registry, self.told.append, test_signal)
        common: dict[str, Any] = {"version": "3.14", "executable": "python", "free_threaded": False, "forked": False}
        ended, self.process = (
            registry.add_process(PID + each, 0, 0, argv=["python", "bank.py"], **common) for each in (0, 1)
        )
        for process in (ended, self.process):
            registry.add_thread(process, ("thread", 1, process.pid, "MainThread", 0, False, 0, False))
        number, where = ("primitive", LOCK), ("bank.py", 3, False, 0, -1)
        registry.add_primitive(self.process, (*number, "process RLock", "accounts", *where))
        registry.add_site(self.process, ("site", SITE, "bank.py", 9, "take"))
        registry.add_site(self.process, ("stack", STACK, (SITE, SITE)))
        registry.left_held[LOCK] = ended.number, 1
        self.words = np.zeros((1, CELL_WORDS), np.uint64)
        for word, value in (
            (layout.CELL_THREAD, 1), (layout.CELL_NATIVE_ID, self.process.pid), (layout.CELL_WAIT_SERIAL, 3),
            (layout.CELL_WAIT_OBJECT, LOCK), (layout.CELL_WAIT_DETAIL, layout.WAIT_LOCK),
            (layout.CELL_WAIT_SITE, SITE), (layout.CELL_WAIT_SINCE, BEGAN_MS * MS),
        ):  # fmt: skip
            self.words[0, word] = value

    def look(self, time_ms: int) -> None:
        self.watch.look(Snapshot([(self.process, self.words.copy())], self.registry), (BEGAN_MS + time_ms) * MS)


def test_a_stack_that_comes_late_leaves_the_reason() -> None:
    program = Abandoned()
    for time_ms, site in ((10, SITE), (20, SITE), (30, SITE), (40, STACK)):
        program.words[0, layout.CELL_WAIT_SITE] = site
        program.look(time_ms)
    assert [len(found["participants"][0]["stack"]) for found in program.told] == [1, 2]
    assert {found["explanation"] for found in program.told} == {
        "MainThread waits for accounts, an abandoned lock: bank.py held it when it ended"
    }


def test_a_test_is_told_though_its_thread_was_deadlocked_in_the_one_before() -> None:
    """It may be so again by the very next look."""
    program = Abandoned(signal.SIGUSR1)
    for time_ms, serial in ((10, 3), (20, 3), (30, 5), (40, 5), (50, 5)):
        program.words[0, layout.CELL_WAIT_SERIAL] = serial
        program.words[0, layout.CELL_WAIT_SINCE] = (BEGAN_MS + (20 if serial == 5 else 0)) * MS
        program.look(time_ms)
    assert [(found["id"], found["resolved_ns"] is not None) for found in program.told] == [
        (1, False), (1, True), (2, False),
    ]  # fmt: skip


def test_who_may_just_have_been_interrupted_is_given_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Though its process may be ending by now, and handle signals no more."""
    program = Abandoned()
    program.registry.code.start(["python", "-c", "os.kill(parent, signal.SIGINT)"], tmp_path)
    handled = 1 << (signal.SIGINT - 1)
    monkeypatch.setattr(Outsiders, "ended_by", lambda *_: handled)
    program.look(10)
    handled = 0
    for time_ms in (20, 200, 1000):
        program.look(time_ms)
    assert not program.told
    program.look(1020)
    assert len(program.told) == 1


def test_code_that_is_still_to_be_read_costs_no_more_than_its_reading(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Until then it may do anything, but nobody has been interrupted by it."""
    for number in range(3):
        (tmp_path / f"part{number}.py").write_text(f"import part{number + 1}")
    (tmp_path / "part3.py").write_text("")
    program = Abandoned()
    code = program.registry.code
    code.start(["python", "part0.py"], tmp_path)
    read_on = code.read_on
    monkeypatch.setattr(code, "read_on", lambda: read_on(0.0))
    for time_ms in (10, 20, 30):
        program.look(time_ms)
    assert not code.is_read
    assert not program.told
    for time_ms in (40, 50):
        program.look(time_ms)
    assert len(program.told) == 1


def test_when_all_wait_it_is_looked_early_but_not_all_the_time_where_that_comes_and_goes() -> None:
    early, looks = EarlyLooks(), []
    for time_ms in range(0, 2_000, 4):
        early.note(True, (BEGAN_MS + time_ms) * MS)
        looks.append(early.is_wanted)
    assert looks[0]
    assert sum(looks) < 15
    early.note(True, 10 * BEGAN_MS * MS)
    assert early.is_wanted
    early.note(False, 20 * BEGAN_MS * MS)
    assert not early.is_wanted


def test_everybody_has_to_wait_for_good_and_somebody_since_just_now() -> None:
    program = Abandoned()
    snapshot = Snapshot([(program.process, program.words)], program.registry)
    assert snapshot.is_settling((BEGAN_MS + 1) * MS)
    assert not snapshot.is_settling((BEGAN_MS + 10) * MS)
    program.words[0, layout.CELL_WAIT_DETAIL] |= np.uint64(layout.WAIT_TIMED)
    assert not snapshot.is_settling((BEGAN_MS + 1) * MS)
    program.words[0, layout.CELL_WAIT_DETAIL], program.words[0, layout.CELL_WAIT_SERIAL] = layout.WAIT_LOCK, 4
    assert not snapshot.is_settling((BEGAN_MS + 1) * MS)
