"""Which threads count as asleep until another one of their process wakes them, though no cell tells of a wait."""

from typing import Any

import numpy as np
import pytest

from engine.recorder.deadlocks import sleepers
from engine.recorder.deadlocks.sleepers import Sleepers
from engine.recorder.deadlocks.snapshot import Snapshot
from engine.recorder.definitions.registry import Registry
from engine.recorder.rings import CELL_WORDS
from engine.tracer import layout

MAIN, FIRST, SECOND = 1, 2, 3  # serials; native ids are these and 100
LOOK_NS = 30_000_000


class System:
    """A process in which the main thread waits for something, by its cell, and two others sleep."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asleep = {FIRST, SECOND}
        self.switches: dict[int, int] = {}
        monkeypatch.setattr(sleepers, "sleeps_for_good", lambda _, native_id: int(native_id) - 100 in self.asleep)
        monkeypatch.setattr(sleepers, "context_switches", lambda _, native_id: (self.switches.get(native_id, 0), 0))
        self.registry = Registry(lambda _: None)
        common: dict[str, Any] = {"version": "3.14", "executable": "python", "free_threaded": False, "forked": False}
        self.process = self.registry.add_process(101, 0, 0, argv=["python", "bank.py"], **common)
        self.words = np.zeros((3, CELL_WORDS), np.uint64)
        for row, serial in enumerate((MAIN, FIRST, SECOND)):
            self.registry.add_thread(self.process, ("thread", serial, 100 + serial, f"T{serial}", 0, False, 0, False))
            self.words[row, layout.CELL_THREAD], self.words[row, layout.CELL_NATIVE_ID] = serial, 100 + serial
        self.words[0, layout.CELL_WAIT_SERIAL] = 1
        self.sleepers = Sleepers()

    def look(self, now_ns: int) -> list[int]:
        snapshot = Snapshot([(self.process, self.words)], self.registry)
        self.sleepers.mark(snapshot, now_ns)
        return sorted(thread for _, thread in snapshot.sleepers)


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> System:
    return System(monkeypatch)


def test_who_has_slept_from_one_look_to_the_next_counts(system: System) -> None:
    assert system.look(LOOK_NS) == []
    assert system.look(LOOK_NS + 1) == [], "it is not looked yet"
    assert system.look(2 * LOOK_NS) == [FIRST, SECOND]
    assert system.look(2 * LOOK_NS + 1) == [FIRST, SECOND]


def test_who_has_run_in_between_may_have_let_others_go_on(system: System) -> None:
    system.look(LOOK_NS)
    system.switches[100 + FIRST] = 1
    assert system.look(2 * LOOK_NS) == [SECOND]
    assert system.look(3 * LOOK_NS) == [FIRST, SECOND]
    system.words[1, layout.CELL_WAIT_SERIAL] = 2
    assert system.look(3 * LOOK_NS + 1) == [SECOND], "it has been in a wait that its cell told of"


def test_before_a_deadlock_counts_it_is_looked_once_more(system: System) -> None:
    system.look(LOOK_NS)
    system.look(2 * LOOK_NS)
    system.switches[100 + SECOND] = 1
    system.sleepers.ask_anew()
    assert system.look(2 * LOOK_NS + 1) == [FIRST]


def test_nobody_does_where_somebody_goes_on(system: System) -> None:
    system.look(LOOK_NS)
    system.asleep = {FIRST}
    assert system.look(2 * LOOK_NS) == []
    system.asleep = {FIRST, SECOND, MAIN}
    system.words[0, layout.CELL_WAIT_SERIAL] = 2
    system.look(3 * LOOK_NS)
    assert system.look(4 * LOOK_NS) == [], "a signal may wake the main thread"
    system.words[0, layout.CELL_WAIT_SERIAL] = 3
    system.look(5 * LOOK_NS)
    assert system.look(6 * LOOK_NS) == [FIRST, SECOND]
