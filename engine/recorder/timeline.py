"""From cells and records to rows of the recording: states, holds, tasks, and how each lane goes on now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.recorder.costs import cost_ns
from engine.recorder.definitions.registry import Registry, TracedLane, TracedProcess, keys_of
from engine.recorder.open_holds import OpenHolds
from engine.recorder.rings import CELL_WORDS, RECORD, Drained
from engine.recorder.sampling.looks import Looks
from engine.recorder.sampling.sampler import Where
from engine.recorder.slicer import WAIT, Slicer
from engine.recorder.uncounted import Uncounted
from engine.recording.schema import (
    DEADLOCKED,
    DEPTH_ROW,
    HOLD_ROW,
    MARK_ROW,
    OPEN_STATE_ROW,
    SIGNAL_ROW,
    TASK_ROW,
    Layer,
    State,
)
from engine.tracer import layout

LATE_NS = 100_000_000  # how long a lane's slices wait for the record of a wait that its cell says is over

# State codes by the wait state in a record's or cell's detail.
_CODES = np.full(layout.WAIT_STATE_MASK + 1, State.WAIT, np.uint8)
_CODES[layout.WAIT_LOCK] = State.LOCK_WAIT
_CODES[layout.WAIT_SLEEP] = State.SLEEP
_CODES[layout.WAIT_IO] = State.IO
_CODES[layout.WAIT_IDLE] = State.IDLE

_SHARED = int(Where.SHARED)

Cells = Sequence[tuple[TracedProcess, NDArray[np.uint64]]]
Rows = list[tuple[Layer, NDArray[np.void]]]


@dataclass
class _LaneArrays:
    """What is kept per lane, grown as lanes come."""

    owner: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))  # number of its process
    seen: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))  # WAIT records drained
    missing: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))  # records given up
    late_since: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    dropped: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    sampled_wait: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    closed: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    open: NDArray[np.void] = field(default_factory=lambda: np.zeros(0, OPEN_STATE_ROW))
    open_wait: NDArray[np.uint64] = field(default_factory=lambda: np.zeros((0, 2), np.uint64))  # its serial and site

    def flags(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """By lane, whether it is one of these."""
        found = np.zeros(len(self.seen), np.bool_)
        found[numbers] = True
        return found

    def grow(self, count: int) -> None:
        if count > len(self.seen):
            for name, array in list(vars(self).items()):
                grown = np.zeros((count * 2, *array.shape[1:]), array.dtype)
                grown[: len(array)] = array
                setattr(self, name, grown)


class Timeline:
    """In every cycle: `gather` cells, `sample` the system, then `take` what was drained from the rings after that."""

    def __init__(self, registry: Registry, looks: Looks) -> None:
        self._registry = registry
        self._looks = looks
        self._slicer = Slicer(looks.sampler.tick_ns)
        self._lanes = _LaneArrays()
        self._open_holds = OpenHolds(registry)
        self._uncounted = Uncounted()
        self._carried = np.empty(0, WAIT)
        self._deadlocked: dict[int, int] = {}
        self._cells: Cells = []
        self._numbers = np.empty(0, np.int64)
        self._words = np.empty((0, CELL_WORDS), np.uint64)
        self._running = np.empty(0, np.int64)
        self._running_lanes: list[TracedLane] = []
        self.events = 0
        self.tracing_ns = 0  # what they have cost the program, estimated

    @property
    def dropped(self) -> int:
        """Records lost to full rings."""
        return int(self._lanes.dropped.sum())

    @property
    def lossy(self) -> list[int]:
        """The lanes that lost them."""
        return np.flatnonzero(self._lanes.dropped).tolist()

    @property
    def lanes(self) -> list[TracedLane]:
        """Those whose cells were there when they were last gathered, and that have not ended since."""
        return [self._registry.lanes[number] for number in self._numbers[~self._lanes.closed[self._numbers]].tolist()]

    def add_lane(self, lane: TracedLane) -> None:
        """For the registry to call."""
        self._lanes.grow(lane.number + 1)
        process = lane.process
        self._lanes.owner[lane.number] = process.number
        self._slicer.add_lane(lane.number, lane.start_ns, group=process.number, has_gil=not process.free_threaded)

    def gather(self, cells: Cells) -> None:
        """Takes all processes' cells, as they were read at the time that `sample` and `take` are about."""
        numbers: list[int] = []
        parts = []
        for process, words in cells:
            lanes = [process.lanes.get(thread) for thread in words[:, layout.CELL_THREAD].tolist()]
            numbers += [lane.number for lane in lanes if lane is not None]
            # A thread that has not introduced itself yet has its cell already: it is seen in the next cycle.
            parts.append(words if None not in lanes else words[[lane is not None for lane in lanes]])
        self._cells = cells
        if not numbers:
            self._numbers, self._words = np.empty(0, np.int64), np.empty((0, CELL_WORDS), np.uint64)
            return
        lanes_of_cells, words = np.array(numbers, np.int64), np.concatenate(parts)
        order = np.argsort(lanes_of_cells)
        self._settle_dropped(lanes_of_cells, words)
        order = order[~self._lanes.closed[lanes_of_cells[order]]]
        self._numbers, self._words = lanes_of_cells[order], words[order]

    def _settle_dropped(self, numbers: NDArray[np.int64], words: NDArray[np.uint64]) -> None:
        """The cells of threads that have ended say how much they really lost."""
        closed = self._lanes.closed[numbers]
        self._lanes.dropped[numbers[closed]] = words[closed, layout.CELL_DROPPED]

    def sample(self, now_ns: int) -> int:
        """Asks the system about every lane that may be running; returns how many are."""
        serials = self._words[:, layout.CELL_WAIT_SERIAL]
        running = serials & np.uint64(1) == 0
        asked = running | (self._lanes.sampled_wait[self._numbers] != serials)
        self._lanes.sampled_wait[self._numbers] = serials
        told = []
        for number in self._numbers[asked].tolist():
            accounts = self._looks.accounts(self._registry.lanes[number])
            if accounts is not None:
                told.append((number, *accounts))
        if told:
            self._slicer.add_accounts(*np.array(told, np.int64).T)
        self._run(self._numbers[running])
        return self.look(now_ns)

    def look(self, now_ns: int) -> int:
        """Sees what the lanes are in that were running when `sample` was called; returns how many they are."""
        closed = self._lanes.closed[self._running]
        if closed.any():
            self._run(self._running[~closed])
        if len(self._running):
            found = self._looks.at(self._running_lanes, now_ns)
            if not self._slicer.shared_detail and (found == _SHARED).any():
                self._slicer.shared_detail = self._registry.detail(self._registry.lock_between_processes(), 0)
            self._slicer.add_looks(self._running, now_ns, found)
        return len(self._running)

    def _run(self, numbers: NDArray[np.int64]) -> None:
        """These lanes are the ones that run."""
        if not np.array_equal(numbers, self._running):
            self._running = numbers
            self._running_lanes = [self._registry.lanes[number] for number in numbers.tolist()]

    def deadlocked(self, lanes: dict[int, int]) -> None:
        """Lanes that are deadlocked now and since when they wait: their waits are marked."""
        for lane, since in lanes.items():
            if self._deadlocked.get(lane) != since:
                self._deadlocked[lane] = since
                self._lanes.open_wait[lane] = 0

    def take(self, now_ns: int, drained: Iterable[tuple[TracedProcess, Drained]], ended: Iterable[TracedLane]) -> Rows:
        """Rows that have become certain. `ended` are lanes all of whose records are in by now; they are closed."""
        numbers, words = self._numbers, self._words
        records, lanes, owners = self._gather_records(drained)
        rows, waits = self._rows_of_records(records, lanes, owners)
        if len(self._carried):
            waits = np.concatenate([self._carried, waits])
            self._carried = np.empty(0, WAIT)
        rows.append((Layer.STATES, self._slice(now_ns, numbers, words, waits, list(ended))))
        rows.append((Layer.OPEN_STATES, self._open_states(numbers, words)))
        rows.append((Layer.GILS, self._looks.watch.take()))
        rows.append((Layer.OPEN_HOLDS, self._open_holds.update(now_ns, self._cells, numbers, words)))
        return [(layer, part) for layer, part in rows if len(part)]

    def close_processes(self, dead: Sequence[tuple[TracedProcess, NDArray[np.uint64]]], time_ns: int) -> Rows:
        """The last rows of processes that have died, after all they wrote was taken: waits and holds they died in.

        `dead`: each with its last cells.
        """
        if not dead:
            return []
        waits = [self._last_waits(process, words, time_ns) for process, words in dead]
        lanes = [lane for process, _ in dead for lane in process.lanes.values() if not self._lanes.closed[lane.number]]
        rows: Rows = []
        for process, words in dead:
            rows += self._open_holds.close_process(process, words, time_ns)
            self._looks.close_process(process)
        for lane in lanes:
            lane.end_ns = lane.end_ns or time_ns
        nothing = np.empty(0, np.int64), np.empty((0, CELL_WORDS), np.uint64)
        theirs = self._lanes.flags(np.array([lane.number for lane in lanes], np.int64))[self._carried["lane"]]
        carried, self._carried = self._carried[theirs], self._carried[~theirs]
        states = self._slice(time_ns, *nothing, np.concatenate([carried, *waits]), lanes)
        return [(Layer.STATES, states), *rows, (Layer.GILS, self._looks.watch.take())]

    def _last_waits(self, process: TracedProcess, words: NDArray[np.uint64], time_ns: int) -> NDArray[np.void]:
        """What its threads still waited for."""
        found = [process.lanes.get(thread) for thread in words[:, layout.CELL_THREAD].tolist()]
        numbers = np.array([lane.number for lane in found if lane is not None], np.int64)
        known = words[[lane is not None for lane in found]]
        self._lanes.dropped[numbers] = known[:, layout.CELL_DROPPED]
        waiting = ~self._lanes.closed[numbers] & (known[:, layout.CELL_WAIT_SERIAL] & np.uint64(1) == 1)
        waits = np.zeros(int(waiting.sum()), WAIT)
        waits["lane"], waits["start"], waits["end"] = numbers[waiting], known[waiting, layout.CELL_WAIT_SINCE], time_ns
        waits["code"], waits["detail"] = self._waits_of_cells(numbers[waiting], known[waiting])
        return waits

    def _gather_records(
        self, drained: Iterable[tuple[TracedProcess, Drained]]
    ) -> tuple[NDArray[np.void], NDArray[np.int64], NDArray[np.uint64]]:
        """All records by end, with their lanes and the numbers of their processes."""
        parts = list(drained)
        if not parts:
            return np.empty(0, RECORD), np.empty(0, np.int64), np.empty(0, np.uint64)
        records = np.concatenate([part.records for _, part in parts])
        threads = np.concatenate([part.threads for _, part in parts])
        sizes = [len(part.records) for _, part in parts]
        owners = np.repeat(np.array([process.number for process, _ in parts], np.uint64), sizes)
        order = np.argsort(records["end"], kind="stable")
        records, threads, owners = records[order], threads[order], owners[order]
        self.events += len(records)
        self.tracing_ns += sum(
            cost_ns(part.records["kind"], process.python, free_threaded=process.free_threaded)
            for process, part in parts
        )
        lanes = self._registry.lane_numbers(keys_of(owners, threads)).astype(np.int64)
        return records, lanes, owners

    def _rows_of_records(
        self, records: NDArray[np.void], lanes: NDArray[np.int64], owners: NDArray[np.uint64]
    ) -> tuple[Rows, NDArray[np.void]]:
        """Rows of everything but waits, and the waits."""
        registry = self._registry
        kinds = records["kind"]
        rows: Rows = []
        if not len(records):
            return rows, np.empty(0, WAIT)

        def of(kind: int, dtype: np.dtype[np.void]) -> tuple[NDArray[np.void], NDArray[np.void], NDArray[np.uint64]]:
            chosen = kinds == kind
            made = np.zeros(int(chosen.sum()), dtype)
            made["lane"] = lanes[chosen]
            return made, records[chosen], owners[chosen]

        def primitives(source: NDArray[np.void], owner: NDArray[np.uint64]) -> NDArray[np.uint32]:
            return registry.primitive_numbers(keys_of(owner, source["object"]))

        present = set(np.flatnonzero(np.bincount(kinds)).tolist())
        waits = np.empty(0, WAIT)  # before holds: what is waited for is told apart
        if layout.WAIT in present:
            waits, source, owner = of(layout.WAIT, WAIT)
            waits["start"], waits["end"] = source["start"], source["end"]
            waits["code"] = _codes(source["detail"].astype(np.uint64))
            sites = registry.site_numbers(keys_of(owner, source["site"].astype(np.uint64)))
            waits["detail"] = registry.detail_numbers(primitives(source, owner), sites, _timed_out(source["detail"]))
            np.add.at(self._lanes.seen, waits["lane"], 1)
            for lane, since in list(self._deadlocked.items()):
                mine = (waits["lane"] == lane) & (waits["start"] == since)
                if mine.any():
                    waits["code"][mine] |= DEADLOCKED
                    del self._deadlocked[lane]
        if layout.HOLD in present:
            made, source, owner = of(layout.HOLD, HOLD_ROW)
            made["primitive"] = registry.held_primitive_numbers(keys_of(owner, source["object"]))
            made["start"], made["end"] = source["start"], source["end"]
            made["site"] = registry.site_numbers(keys_of(owner, source["site"].astype(np.uint64)))
            made["serial"] = source["detail"]
            rows.append((Layer.HOLDS, made))
        if layout.TASK in present:
            made, source, owner = of(layout.TASK, TASK_ROW)
            made["start"], made["end"], made["depth"] = source["start"], source["end"], source["detail"]
            made["name"] = registry.text_numbers(keys_of(owner, source["object"]))
            rows.append((Layer.TASKS, made))
        if layout.DEPTH in present:
            made, source, owner = of(layout.DEPTH, DEPTH_ROW)
            made["primitive"], made["time"] = primitives(source, owner), source["end"]
            made["depth"], made["operation"] = source["site"], source["detail"]
            rows.append((Layer.DEPTHS, self._uncounted.counted(made)))
        if layout.SIGNAL in present:
            made, source, owner = of(layout.SIGNAL, SIGNAL_ROW)
            made["primitive"], made["time"] = primitives(source, owner), source["end"]
            made["count"] = source["detail"]
            rows.append((Layer.SIGNALS, made))
        if layout.MARK in present:
            made, source, owner = of(layout.MARK, MARK_ROW)
            made["time"] = source["end"]
            made["text"] = registry.text_numbers(keys_of(owner, source["object"]))
            rows.append((Layer.MARKS, made))
        return rows, waits

    def _slice(
        self,
        now_ns: int,
        numbers: NDArray[np.int64],
        words: NDArray[np.uint64],
        waits: NDArray[np.void],
        ended: list[TracedLane],
    ) -> NDArray[np.void]:
        lanes = self._lanes
        serials = words[:, layout.CELL_WAIT_SERIAL].astype(np.int64)
        waiting = serials & 1 == 1
        late = self._late(now_ns, numbers, serials, waiting)
        since = words[:, layout.CELL_WAIT_SINCE].astype(np.int64)
        dropped = words[:, layout.CELL_DROPPED].astype(np.int64)
        lossy = dropped > lanes.dropped[numbers]
        lanes.dropped[numbers] = dropped  # counted beforehand: what was not lost after all is taken back

        ending = {lane.number: lane.end_ns or now_ns for lane in ended if not lanes.closed[lane.number]}
        ends = lanes.flags(np.array(list(ending), np.int64))
        late_lanes = numbers[late & ~ends[numbers]]
        if len(late_lanes):
            belated = lanes.flags(late_lanes)[waits["lane"]]
            self._carried = np.concatenate([self._carried, waits[belated]])
            waits = waits[~belated]

        waits = waits[~lanes.closed[waits["lane"]]]
        waited = lanes.flags(waits["lane"])
        chosen = np.flatnonzero(waited | ends | lanes.flags(numbers[~late]))
        horizon = self._slicer.until(chosen).copy()
        keep_tail, is_lossy = np.zeros(len(chosen), np.bool_), np.zeros(len(chosen), np.bool_)
        place = np.searchsorted(chosen, numbers[~late])
        horizon[place] = np.maximum(horizon[place], np.where(waiting, since, now_ns)[~late])
        keep_tail[place] = ~waiting[~late]
        is_lossy[place] = lossy[~late]
        if ending:
            place = np.searchsorted(chosen, list(ending))
            horizon[place] = np.maximum(self._slicer.until(chosen[place]), list(ending.values()))
            keep_tail[place] = False
        np.maximum.at(horizon, np.searchsorted(chosen, waits["lane"]), waits["end"])
        moved = (horizon > self._slicer.until(chosen)) | (ends | waited)[chosen]
        moved |= ~keep_tail & (self._slicer.tails(chosen)[0] < horizon)
        rows = self._slicer.step(
            waits, chosen[moved], horizon[moved], keep_tail=keep_tail[moved], lossy=is_lossy[moved]
        )
        for lane in ended:
            if not lanes.closed[lane.number]:
                lanes.closed[lane.number] = True
                # A thread tells its end a little before it is over; its slices may have come further.
                end_ns = max(lane.end_ns or now_ns, int(self._slicer.until(np.array([lane.number]))[0]))
                self._registry.emit({"type": "lane-end", "id": lane.number, "time_ns": end_ns, "error": lane.error})
                self._looks.forget(lane)
        return rows

    def _late(
        self, now_ns: int, numbers: NDArray[np.int64], serials: NDArray[np.int64], waiting: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Lanes whose last wait is over by their cell while its record is not in the ring yet.

        (A thread may lose its core or the GIL between the two.) A record that does not come is given up after LATE_NS,
        or when the thread is in its next wait, for it writes in order.
        """
        lanes = self._lanes
        owed = (serials >> 1) - lanes.seen[numbers] - lanes.missing[numbers]
        late = (owed > 0) & ~waiting
        since = lanes.late_since[numbers]
        since = np.where(late, np.where(since == 0, now_ns, since), 0)
        given_up = (owed > 0) & (waiting | (now_ns - since > LATE_NS))
        lanes.missing[numbers[given_up]] += owed[given_up]
        late &= ~given_up
        lanes.late_since[numbers] = np.where(late, since, 0)
        return late

    def _open_states(self, numbers: NDArray[np.int64], words: NDArray[np.uint64]) -> NDArray[np.void]:
        """How each lane goes on after its last slice, where that has changed."""
        rows = np.zeros(len(numbers), OPEN_STATE_ROW)
        rows["lane"] = numbers
        since, rows["code"] = self._slicer.tails(numbers)
        rows["since"] = since
        began = words[:, layout.CELL_WAIT_SINCE].astype(np.int64)
        waiting = (words[:, layout.CELL_WAIT_SERIAL] & np.uint64(1) == 1) & (began >= since)
        wait = words[:, [layout.CELL_WAIT_SERIAL, layout.CELL_WAIT_SITE]]
        told = waiting & (self._lanes.open_wait[numbers] == wait).all(axis=1)
        rows[told] = self._lanes.open[numbers[told]]
        new = waiting & ~told
        if new.any():
            rows["since"][new] = began[new]
            rows["code"][new], rows["detail"][new] = self._waits_of_cells(numbers[new], words[new])
        self._lanes.open_wait[numbers] = np.where(waiting[:, None], wait, 0)
        rows = rows[~self._lanes.closed[numbers]]
        as_told = self._lanes.open[rows["lane"]]
        changed: NDArray[np.void] = rows[(_octets(rows) != _octets(as_told)).any(axis=1)]
        self._lanes.open[changed["lane"]] = changed
        return changed

    def _waits_of_cells(
        self, numbers: NDArray[np.int64], words: NDArray[np.uint64]
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
        """Codes and details of the waits that the cells of these lanes are in."""
        codes = _codes(words[:, layout.CELL_WAIT_DETAIL])
        if self._deadlocked:
            since = [self._deadlocked.get(number, -1) for number in numbers.tolist()]
            codes[words[:, layout.CELL_WAIT_SINCE].astype(np.int64) == since] |= DEADLOCKED
        owners = self._lanes.owner[numbers]
        primitives = self._registry.primitive_numbers(keys_of(owners, words[:, layout.CELL_WAIT_OBJECT]))
        sites = self._registry.site_numbers(keys_of(owners, words[:, layout.CELL_WAIT_SITE]))
        return codes, self._registry.detail_numbers(primitives, sites)


def _octets(rows: NDArray[np.void]) -> NDArray[np.uint8]:
    """Rows as numbers, which are compared faster."""
    return rows.view(np.uint8).reshape(len(rows), rows.dtype.itemsize)


def _timed_out(details: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Whether their timeout ended these waits."""
    result: NDArray[np.bool_] = details & np.uint16(layout.WAIT_TIMED_OUT) != 0
    return result


def _codes(details: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """State codes of waits; the ordinary rest of a service thread is idle."""
    codes: NDArray[np.uint8] = _CODES[details & np.uint64(layout.WAIT_STATE_MASK)]
    codes[(details & np.uint64(layout.WAIT_INTERNAL)) != 0] = State.IDLE
    return codes
