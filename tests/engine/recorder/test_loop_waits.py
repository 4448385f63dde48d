"""How threads that rest in event loops are written into the snapshot."""

from typing import Any

import numpy as np
import pytest

from engine.recorder.deadlocks.event_loops import NO_LOOP, Loop
from engine.recorder.deadlocks.loop_waits import LoopWaits, is_in_loop, watches_more
from engine.recorder.deadlocks.snapshot import CellWait, Snapshot
from engine.recorder.definitions.registry import Registry
from engine.recorder.processes.open_files import OpenFiles
from engine.recorder.rings import CELL_WORDS
from engine.tracer import layout

PID, THREAD = 10, 2
LOOK_NS = 30_000_000
AT_REST = Loop(timed=False, watches_more=False, own=frozenset({"socket:[1]"}))
SERIAL = 9


class System:
    """A process with a thread in I/O; `loop`: in what it rests, `others`: who else may wake that."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.loop: Loop | None = AT_REST
        self.others: frozenset[int] = frozenset()
        self.asked = 0
        self.registry = Registry(lambda _: None)
        common: dict[str, Any] = {"version": "3.14", "executable": "python", "free_threaded": False, "forked": False}
        self.process = self.registry.add_process(PID, 0, 0, argv=["python", "bank.py"], **common)
        self.registry.add_thread(self.process, ("thread", THREAD, 12, "service", 0, False, 0, False))
        self.words = np.zeros((1, CELL_WORDS), np.uint64)
        self.words[0, layout.CELL_THREAD], self.words[0, layout.CELL_NATIVE_ID] = THREAD, 12
        self.words[0, layout.CELL_WAIT_SERIAL], self.words[0, layout.CELL_WAIT_DETAIL] = SERIAL, layout.WAIT_IO
        self.waits = LoopWaits(OpenFiles())
        monkeypatch.setattr("engine.recorder.deadlocks.event_loops.EventLoops.at", self._at)
        monkeypatch.setattr("engine.recorder.deadlocks.event_loops.EventLoops.others", lambda *_: self.others)

    def _at(self, _pid: int, native_id: int) -> Loop | None:
        assert native_id == 12
        self.asked += 1
        return self.loop

    def look(self, now_ns: int, *, timed: bool = False) -> list[CellWait]:
        """What it waits for, by the snapshot."""
        snapshot = Snapshot([(self.process, self.words)], self.registry)
        self.waits.mark(snapshot, now_ns)
        return [wait for wait in snapshot.waits(snapshot.chosen(1 << 62, timed=timed)) if is_in_loop(wait)]


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> System:
    return System(monkeypatch)


def test_who_rests_in_a_loop_waits_for_the_threads_of_its_process(system: System) -> None:
    (wait,) = system.look(LOOK_NS)
    primitive = system.registry.primitives[system.registry.primitive(system.process, wait.number)]
    assert (wait.serial, primitive.shared, primitive.short) == (SERIAL, False, "Event loop of service")
    assert system.words[0, layout.CELL_WAIT_OBJECT] == 0, "the recorder's own cells are as they were"


def test_what_other_processes_may_wake_is_shared(system: System) -> None:
    system.others = frozenset({11})
    (wait,) = system.look(LOOK_NS)
    assert system.registry.primitives[system.registry.primitive(system.process, wait.number)].shared


@pytest.mark.parametrize("loop", [AT_REST._replace(timed=True), AT_REST._replace(watches_more=True)])
def test_what_ends_otherwise_is_only_a_long_wait(system: System, loop: Loop) -> None:
    system.loop = loop
    assert system.look(LOOK_NS) == []
    (wait,) = system.look(LOOK_NS, timed=True)
    assert watches_more(wait) == loop.watches_more


def test_it_is_looked_again_after_a_while_and_before_a_deadlock_counts(system: System) -> None:
    for now_ns in (LOOK_NS, LOOK_NS + 1, 3 * LOOK_NS):
        assert system.look(now_ns)
    assert system.asked == 1
    system.loop = AT_REST._replace(watches_more=True)
    system.waits.ask_anew(LOOK_NS)
    assert not system.waits.is_due(3 * LOOK_NS + 1)
    system.waits.ask_anew(3 * LOOK_NS)
    assert system.waits.is_due(3 * LOOK_NS + 1)
    assert system.look(3 * LOOK_NS + 1) == []
    system.loop = AT_REST
    assert system.look(4 * LOOK_NS) == []
    assert not system.waits.is_due(4 * LOOK_NS)
    assert system.waits.is_due(50 * LOOK_NS)
    assert system.look(50 * LOOK_NS)


def test_who_rests_in_no_loop_is_looked_at_once_a_wait(system: System) -> None:
    system.loop = NO_LOOP
    assert system.look(LOOK_NS) == []
    system.loop = AT_REST
    assert system.look(100 * LOOK_NS) == []
    assert system.asked == 1, "it is in the same call"
    system.words[0, layout.CELL_WAIT_SERIAL] += 2
    assert system.look(101 * LOOK_NS)


def test_who_has_not_come_to_rest_yet_is_looked_at_soon(system: System) -> None:
    system.loop = None
    assert system.look(LOOK_NS) == []
    system.loop = AT_REST
    assert system.look(2 * LOOK_NS)


def test_other_waits_and_young_ones_are_left_alone(system: System) -> None:
    for change in ({layout.CELL_WAIT_SINCE: LOOK_NS}, {layout.CELL_WAIT_OBJECT: 7}, {layout.CELL_WAIT_SERIAL: 10}):
        before = system.words.copy()
        for word, value in change.items():
            system.words[0, word] = value
        assert system.look(LOOK_NS + 1) == []
        system.words = before
    assert system.asked == 0
