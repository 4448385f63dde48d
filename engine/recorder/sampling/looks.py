"""Looks at the threads that run: what each is in, and who has the GIL of each interpreter."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.recorder.definitions.registry import Registry, TracedLane, TracedProcess
from engine.recorder.processes import descriptors
from engine.recorder.sampling.gil_watch import GilWatch
from engine.recorder.sampling.interpreter_layout import GIL_SIZE
from engine.recorder.sampling.interpreter_memory import Gil, Held, InterpreterMemory
from engine.recorder.sampling.sampler import Accounts, Method, Sampler, Spans, Where
from engine.recording.schema import GIL_NOBODY, GIL_STRANGER

REFRESH_NS = 500_000_000  # interpreters come and go
_LISTED = 0x030D0000  # from this version on an interpreter tells where its sub-interpreters are
_UNKNOWN, _ON_CPU, _GIL = int(Where.UNKNOWN), int(Where.ON_CPU), int(Where.GIL)  # arrays compare slowly with enums

ReadMemory = Callable[[int, int, "tuple[int, int] | None"], InterpreterMemory]


@dataclass
class _Seen:
    """What is known of one process."""

    process: TracedProcess
    memory: InterpreterMemory | None = None
    spans: Spans | None = None
    refreshed_ns: int = 0
    method: Method | None = None
    gils: dict[int, int] = field(default_factory=dict)  # interpreter → number in the recording
    interpreters: dict[int, int] = field(default_factory=dict)  # native id → interpreter, where there are several
    # Lanes that were looked at, by native id and whether they are a further interpreter's.
    lanes: dict[tuple[int, bool], TracedLane] = field(default_factory=dict)

    def holder(self, native_id: int, interpreter: int) -> TracedLane | None:
        """The lane of a thread that has this interpreter's GIL."""
        inner = interpreter != 0
        return self.lanes.get((native_id, inner)) or self.lanes.get((native_id, not inner))


class _Group(NamedTuple):
    """The lanes of one process among those that are looked at, and their places there."""

    process: TracedProcess
    lanes: list[TracedLane]
    places: list[int]


class Looks:
    """Asks `sampler` and the interpreters' memory; emits what it finds out about processes and their GILs."""

    def __init__(self, registry: Registry, sampler: Sampler, read_memory: ReadMemory = InterpreterMemory) -> None:
        self.sampler = sampler
        self.watch = GilWatch()
        self._registry = registry
        self._read_memory = read_memory
        self._seen: dict[int, _Seen] = {}
        self._lanes: list[TracedLane] = []  # that were looked at last, and by process
        self._groups: list[_Group] = []
        self._last_gil = 0

    def accounts(self, lane: TracedLane) -> Accounts | None:
        """CPU time and time in the run queue of a thread."""
        return self.sampler.accounts(lane.process.pid, lane.native_id)

    def at(self, lanes: Sequence[TracedLane], now_ns: int) -> NDArray[np.uint8]:
        """`Where` of each lane; who has the GIL meanwhile goes to `watch`."""
        are_others = lanes != self._lanes
        if are_others:
            self._lanes, self._groups = list(lanes), _by_process(lanes)
        found = np.zeros(len(lanes), np.uint8)
        where = self.sampler.where
        for process, theirs, places in self._groups:
            seen = self._prepare(process, now_ns)
            spans, pid = seen.spans, process.pid
            if are_others:
                seen.lanes.update(((lane.native_id, lane.process.main is not None), lane) for lane in theirs)
            now = np.frombuffer(bytearray([where(pid, lane.native_id, spans) for lane in theirs]), np.uint8)
            self._tell_interpreters(seen, theirs, now)
            self._judge(seen, now)
            self._see_gils(seen, theirs, now, now_ns)
            found[places] = now
        self.watch.settle(now_ns)
        return found

    def forget(self, lane: TracedLane) -> None:
        """A thread has ended."""
        self.sampler.forget(lane.process.pid, lane.native_id)
        seen = self._seen.get((lane.process.main or lane.process).number)
        if seen is not None:
            seen.lanes.pop((lane.native_id, lane.process.main is not None), None)

    def close_process(self, process: TracedProcess) -> None:
        """A process has ended."""
        seen = self._seen.pop(process.number, None)
        if seen is not None:
            if seen.memory is not None:
                seen.memory.close()
            for gil in seen.gils.values():
                self.watch.forget(gil)

    def close(self) -> None:
        """Lets go of everything."""
        for seen in list(self._seen.values()):
            self.close_process(seen.process)
        self.sampler.close()

    def _prepare(self, process: TracedProcess, now_ns: int) -> _Seen:
        seen = self._seen.get(process.number)
        if seen is None:
            seen = self._seen[process.number] = _Seen(process)
            if process.free_threaded:
                seen.spans = []
            elif self.sampler.method is Method.SYSTEM_CALLS and descriptors.has_room():
                parent = self._seen.get(process.parent.number) if process.forked and process.parent else None
                known = parent.memory.runtime if parent is not None and parent.memory is not None else None
                seen.memory = self._read_memory(process.pid, process.python, known)
            seen.refreshed_ns = now_ns
            self._locate(seen)
        elif seen.memory is not None and now_ns - seen.refreshed_ns > REFRESH_NS:
            seen.refreshed_ns = now_ns
            if not seen.gils or process.python >= _LISTED:
                seen.memory.refresh()
                self._locate(seen)
        return seen

    def _locate(self, seen: _Seen) -> None:
        memory = seen.memory
        if memory is None:
            return
        seen.spans = [memory.runtime] if memory.runtime is not None else None
        if seen.spans is not None:
            seen.spans += [(gil.address, gil.address + GIL_SIZE) for gil in memory.gils]
        seen.interpreters = memory.native_ids() if len(memory.gils) > 1 else {}

    @staticmethod
    def _tell_interpreters(seen: _Seen, lanes: Sequence[TracedLane], found: NDArray[np.uint8]) -> None:
        """A thread is in one interpreter at a time, though it has a lane in each that it has been in."""
        if not seen.process.interpreters or seen.memory is None:
            return
        seen.interpreters = seen.memory.native_ids()
        if not seen.interpreters:
            return  # before 3.13 nothing tells
        inner = {native_id for native_id, is_inner in seen.lanes if is_inner}
        for place, lane in enumerate(lanes):
            if lane.native_id in inner:
                is_inside = seen.interpreters.get(lane.native_id, 0) != 0
                if is_inside != (lane.process.main is not None):
                    found[place] = Where.INSIDE if is_inside else Where.OUTSIDE

    def _judge(self, seen: _Seen, found: NDArray[np.uint8]) -> None:
        """Says what can be seen of a process's threads, once that is clear."""
        method = self.sampler.method
        if seen.method is method:
            return  # more cannot be seen
        if method is Method.SYSTEM_CALLS and not (found != _UNKNOWN).any():
            if seen.method is not None:
                return  # threads that have just ended
            method = Method.ACCOUNTS
        if seen.method is None or method > seen.method:
            seen.method = method
            self._registry.emit({"type": "attribution", "process": seen.process.number, "method": method.name.lower()})

    def _see_gils(self, seen: _Seen, lanes: Sequence[TracedLane], found: NDArray[np.uint8], now_ns: int) -> None:
        if seen.process.free_threaded:
            return
        waiting = found == _GIL
        if seen.memory is not None and seen.memory.readable:
            for gil in seen.memory.gils:
                held = seen.memory.look(gil)
                if held is not None:
                    self._add(seen, gil, held, lanes, waiting, now_ns)
        elif waiting.any() and np.count_nonzero(found == _ON_CPU) == 1:
            holder = lanes[int(np.flatnonzero(found == _ON_CPU)[0])]
            number = self._gil(seen, seen.process, 0, "inferred")
            self.watch.add(number, now_ns, holder.number + 1, 0, int(np.count_nonzero(waiting)))

    def _add(
        self,
        seen: _Seen,
        gil: Gil,
        held: Held,
        lanes: Sequence[TracedLane],
        waiting: NDArray[np.bool_],
        now_ns: int,
    ) -> None:
        """What was read of one GIL. Whose a further interpreter's is shows when one of its lanes has it first."""
        holder, site, owner = GIL_NOBODY, 0, seen.process
        if held.native_id:
            lane = seen.holder(held.native_id, gil.interpreter)
            holder = lane.number + 1 if lane is not None else GIL_STRANGER
            owner = lane.process if lane is not None and gil.interpreter else owner
            if held.place is not None:
                site = self._registry.place(*held.place)
        if gil.interpreter and gil.interpreter not in seen.gils and owner.main is None:
            return
        if seen.interpreters:
            mine = [seen.interpreters.get(lane.native_id, 0) == gil.interpreter for lane in lanes]
            waiting = waiting & np.array(mine)
        number = self._gil(seen, owner, gil.interpreter, "read")
        self.watch.add(number, now_ns, holder, site, int(np.count_nonzero(waiting)), held.switches)

    def _gil(self, seen: _Seen, owner: TracedProcess, interpreter: int, how: str) -> int:
        """The recording's number of an interpreter's GIL."""
        number = seen.gils.get(interpreter)
        if number is None:
            self._last_gil += 1
            number = seen.gils[interpreter] = self._last_gil
            self._registry.emit(
                {"type": "gil", "id": number, "process": owner.number, "interpreter": interpreter, "how": how}
            )
        return number


def _by_process(lanes: Sequence[TracedLane]) -> list[_Group]:
    """Those of a further interpreter belong to its process."""
    groups: dict[int, _Group] = {}
    for place, lane in enumerate(lanes):
        process = lane.process.main or lane.process
        group = groups.setdefault(process.number, _Group(process, [], []))
        group.lanes.append(lane)
        group.places.append(place)
    return list(groups.values())
