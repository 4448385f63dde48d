"""Which main threads count as waiting at a pipe, by what the system tells of them at one look after the other."""

from typing import Any

import numpy as np
import pytest

from engine.recorder.deadlocks import pipe_waits
from engine.recorder.deadlocks.full_pipes import StreamCall
from engine.recorder.deadlocks.pipe_waits import PipeWaits, serial_in_cell
from engine.recorder.deadlocks.snapshot import Snapshot
from engine.recorder.definitions.registry import Registry
from engine.recorder.rings import CELL_WORDS
from engine.tracer import layout

PARENT, CHILD = 10, 11  # pids
STDIN, OTHER = 0, 5  # descriptors
SLEEPING = layout.WAIT_SLEEP | layout.WAIT_TIMED
LOOK_NS = 30_000_000


class System:
    """What it would tell: by pid, the call and how often the thread has run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: dict[int, StreamCall] = {}
        self.switches: dict[int, int] = {}
        monkeypatch.setattr(pipe_waits, "pipe_call", self.calls.get)
        monkeypatch.setattr(pipe_waits, "context_switches", lambda pid, _: (self.switches.get(pid, 0), 0))
        self.registry = Registry(lambda _: None)
        self.waits = PipeWaits()
        common: dict[str, Any] = {"version": "3.14", "executable": "python", "free_threaded": False, "forked": False}
        for pid, parent in ((PARENT, 0), (CHILD, PARENT)):
            process = self.registry.add_process(pid, parent, 0, argv=["python", "bank.py"], **common)
            self.registry.add_thread(process, ("thread", 1, pid, "MainThread", 0, False, 0, False))
        self.words = {pid: self._cell(pid) for pid in (PARENT, CHILD)}

    @staticmethod
    def _cell(pid: int) -> np.ndarray:
        words = np.zeros((1, CELL_WORDS), np.uint64)
        words[0, layout.CELL_THREAD], words[0, layout.CELL_NATIVE_ID] = 1, pid
        words[0, layout.CELL_WAIT_SERIAL] = 8
        return words

    def at(self, pid: int, descriptor: int = OTHER) -> None:
        self.calls[pid] = StreamCall(100 + pid, descriptor, is_writing=False)

    def look(self, number: int) -> dict[int, int]:
        """Who waits at a pipe after the n-th look: since when, by pid."""
        snapshot = Snapshot([(each, self.words[each.pid]) for each in self.registry.processes], self.registry)
        self.waits.mark(snapshot, number * LOOK_NS)
        found = snapshot.waits(snapshot.chosen(1 << 62))
        return {each.process.pid: each.since_ns // LOOK_NS for each in found if pipe_waits.is_at_pipe(each)}


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> System:
    return System(monkeypatch)


def test_who_has_slept_at_a_pipe_from_one_look_to_the_next_waits_there(system: System) -> None:
    system.at(PARENT)
    assert system.look(1) == {}
    system.at(CHILD)
    assert system.look(2) == {PARENT: 1}
    assert system.look(3) == {PARENT: 1, CHILD: 2}
    del system.calls[PARENT]
    assert system.look(4) == {CHILD: 2}


def test_who_has_run_in_between_may_have_let_others_go_on(system: System) -> None:
    system.at(PARENT)
    system.at(CHILD)
    system.look(1)
    system.switches[CHILD] = 1
    assert system.look(2) == {PARENT: 1}
    assert system.look(3) == {PARENT: 1, CHILD: 2}
    system.words[PARENT][0, layout.CELL_WAIT_SERIAL] += 2  # it has been through a wait that a cell told of
    assert system.look(4) == {CHILD: 2}


def test_what_a_cell_tells_comes_first(system: System) -> None:
    system.at(CHILD)
    system.look(1)
    system.words[CHILD][0, layout.CELL_WAIT_SERIAL] += 1
    system.words[CHILD][0, layout.CELL_WAIT_DETAIL] = SLEEPING
    assert system.look(2) == system.look(3) == {}
    system.words[CHILD][0, layout.CELL_WAIT_DETAIL] = layout.WAIT_IO
    system.look(4)
    assert system.look(5).keys() == {CHILD}, "it does not say at what"


def test_what_the_program_reads_from_outside_is_not_known_well_enough(system: System) -> None:
    for pid in (PARENT, CHILD):
        system.at(pid, STDIN)
    system.look(1)
    assert system.look(2) == {CHILD: 1}


def test_a_snapshot_is_marked_the_recorders_cells_are_not(system: System) -> None:
    system.at(CHILD)
    system.look(1)
    snapshot = Snapshot([(each, system.words[each.pid]) for each in system.registry.processes], system.registry)
    system.waits.mark(snapshot, 2 * LOOK_NS)
    marked = {node: serial for node, serial in snapshot.wait_serials().items() if serial & 1}
    assert [serial_in_cell(serial) for serial in marked.values()] == [8]
    assert system.words[CHILD][0, layout.CELL_WAIT_SERIAL] == 8
