"""Threads that rest in an event loop which other threads may wake: their cells only tell of I/O, the system tells more.

They are written into the snapshot as if their cells told it. Where other processes have what wakes the loop, any of
their threads may do so too. What rests for some time only, or watches other things besides, is written as a wait with a
timeout: it is in no deadlock, but may be a long wait.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.model.wait_for import Node
from engine.recorder.deadlocks.event_loops import EventLoops, Loop
from engine.recorder.deadlocks.full_pipes import LASTS_NS, MANY, SOON_NS
from engine.recorder.deadlocks.snapshot import SETTLED_NS, CellWait, Snapshot
from engine.recorder.definitions.registry import TracedProcess
from engine.recorder.processes.open_files import OpenFiles
from engine.tracer import layout

# Of loops, with the process's number and the thread's serial: no process's counter gets there.
_AT_LOOP = layout.OBJECT_SHARED | 1 << 61
_WATCHES_MORE = 1 << 60
_OF_MANY = 1 << 59  # other processes have what wakes it
_PROCESS_SHIFT = 32  # both are far below
_NEVER = 1 << 63


@dataclass
class _Stay:
    """A thread's wait with this serial is in that loop; `number`: 0 for no loop."""

    serial: int
    number: int
    timed: bool
    asked_ns: int


class _Resting(NamedTuple):
    """A thread in I/O that its cell says nothing more of."""

    process: TracedProcess
    node: Node
    serial: int
    native_id: int


class LoopWaits:
    """Call `mark` with every snapshot before anybody reads it, after pipes have been marked."""

    def __init__(self, files: OpenFiles) -> None:
        self._loops = EventLoops(files)
        self._stays: dict[Node, _Stay] = {}
        self._due_ns = 0  # not before that is anybody looked at
        self._wanted_ns: int | None = None  # when somebody is to be, nothing else happening

    def ask_anew(self, since_ns: int) -> None:
        """What the loops watch may have changed: what was seen before that time is to be looked at again."""
        self._loops.ask_anew(since_ns)
        outdated = [stay for stay in self._stays.values() if stay.asked_ns < since_ns]
        for stay in outdated:
            stay.asked_ns = -LASTS_NS
        if outdated:
            self._due_ns = self._wanted_ns = 0

    def is_due(self, now_ns: int) -> bool:
        """Whether it is time to look again, although nothing moves."""
        return self._wanted_ns is not None and now_ns >= max(self._wanted_ns, self._due_ns)

    def mark(self, snapshot: Snapshot, now_ns: int) -> None:
        """Looks, if it is time, and writes what is known into the snapshot."""
        if now_ns >= self._due_ns:
            resting = _resting(snapshot, now_ns - SETTLED_NS)
            serials = {each.node: each.serial for each in resting}
            self._stays = {node: stay for node, stay in self._stays.items() if serials.get(node) == stay.serial}
            outdated = [each for each in resting if self._wanted(each.node) <= now_ns]
            for each in outdated:
                self._look(each, now_ns)
            self._due_ns = now_ns + SOON_NS * (bool(outdated) + len(resting) // MANY)
            self._wanted_ns = min((self._wanted(each.node) for each in resting), default=None)
        for place, (process, words) in enumerate(snapshot.cells):
            mine = {node[1]: stay for node, stay in self._stays.items() if node[0] == process.number and stay.number}
            if mine:
                snapshot.cells[place] = process, self._written(snapshot, process, words.copy(), mine)

    def _wanted(self, node: Node) -> int:
        """When this one is to be looked at. Not again, where it rests in no loop: it is in one call all the time."""
        stay = self._stays.get(node)
        return (stay.asked_ns + LASTS_NS if stay.number else _NEVER) if stay is not None else 0

    def _look(self, each: _Resting, now_ns: int) -> None:
        self._stays.pop(each.node, None)
        loop = self._loops.at(each.process.pid, each.native_id)
        if loop is not None:  # else it does not rest yet, or any more
            number = self._number(each, loop)
            self._stays[each.node] = _Stay(each.serial, number, loop.timed or loop.watches_more, now_ns)

    def _number(self, each: _Resting, loop: Loop) -> int:
        if not loop.own:
            return 0
        number = _AT_LOOP | each.process.number << _PROCESS_SHIFT | each.node[1]
        if loop.watches_more:
            return number | _WATCHES_MORE
        return number | _OF_MANY if not loop.timed and self._loops.others(each.process.pid, loop.own) else number

    def _written(
        self, snapshot: Snapshot, process: TracedProcess, words: NDArray[np.uint64], stays: dict[int, _Stay]
    ) -> NDArray[np.uint64]:
        """The cells with these stays, by thread, in them."""
        for row, (thread, serial) in enumerate(words[:, [layout.CELL_THREAD, layout.CELL_WAIT_SERIAL]].tolist()):
            stay = stays.get(thread)
            if stay is not None and stay.serial == serial:
                owner = None if stay.number & _OF_MANY else process.number
                name = f"of {process.lanes[thread].name}"
                snapshot.registry.add_of_system(stay.number, "Event loop", name, owner)
                words[row, layout.CELL_WAIT_OBJECT] = stay.number
                words[row, layout.CELL_WAIT_DETAIL] = layout.WAIT_OTHER | (layout.WAIT_TIMED if stay.timed else 0)
                words[row, layout.CELL_OWNER_THREAD] = 0
        return words


def is_in_loop(wait: CellWait) -> bool:
    """Whether it is one of these."""
    return wait.number & _AT_LOOP == _AT_LOOP


def watches_more(wait: CellWait) -> bool:
    """Whether it is a loop's that watches other things than what threads wake it by."""
    return is_in_loop(wait) and bool(wait.number & _WATCHES_MORE)


def _resting(snapshot: Snapshot, before_ns: int) -> list[_Resting]:
    """Those that have been since before then. A further interpreter's loop may be woken by threads that it has not."""
    found = []
    for process, words in snapshot.cells:
        if process.main is not None:
            continue
        state = words[:, layout.CELL_WAIT_DETAIL] & np.uint64(layout.WAIT_STATE_MASK | layout.WAIT_INTERNAL)
        chosen = (
            (words[:, layout.CELL_WAIT_SERIAL] & np.uint64(1) == 1)
            & (state == layout.WAIT_IO)
            & (words[:, layout.CELL_WAIT_OBJECT] == 0)
            & (words[:, layout.CELL_WAIT_SINCE] < np.uint64(before_ns))
        )
        for row in np.flatnonzero(chosen).tolist():
            thread, native_id, serial = (
                int(words[row, word]) for word in (layout.CELL_THREAD, layout.CELL_NATIVE_ID, layout.CELL_WAIT_SERIAL)
            )
            if thread in process.lanes:
                found.append(_Resting(process, (process.number, thread), serial, native_id))
    return found
