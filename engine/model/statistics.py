"""Where the time of lanes went, what locks cost, how much work was done."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.model.entities import Lane, Primitive
from engine.model.model import Model
from engine.recording.schema import State

WAITING = (State.LOCK_WAIT, State.WAIT)


@dataclass(frozen=True)
class LaneStatistics:
    """Time of one lane in each state (ns, by State) within a span, and how long it lived in it."""

    lane: Lane
    states: np.ndarray
    alive_ns: int

    def share(self, state: State) -> float:
        """Share of its life in a state."""
        return float(self.states[state]) / self.alive_ns if self.alive_ns else 0.0


@dataclass(frozen=True)
class LockStatistics:
    """What a primitive cost. Times in ns, of all lanes together; medians and 99th percentiles within 5 %."""

    primitive: Primitive
    acquisitions: int  # holds; for what is not held, waits
    waits: int
    wait_ns: int
    median_wait_ns: int
    p99_wait_ns: int
    longest_wait_ns: int
    hold_ns: int
    median_hold_ns: int
    p99_hold_ns: int
    longest_hold_ns: int
    hand_offs: int  # holds by another lane than the hold before

    @property
    def contended(self) -> float:
        """Share of the acquisitions that had to wait."""
        return min(1.0, self.waits / self.acquisitions) if self.acquisitions else 0.0


@dataclass(frozen=True)
class Throughput:
    """Work done: ended tasks and items that workers reported, over the time the program ran."""

    tasks: int
    items: int
    elapsed_ns: int

    @property
    def tasks_per_s(self) -> float:
        """Tasks ended per second."""
        return self.tasks / self.elapsed_ns * 1e9 if self.elapsed_ns else 0.0

    @property
    def items_per_s(self) -> float:
        """Items reported per second."""
        return self.items / self.elapsed_ns * 1e9 if self.elapsed_ns else 0.0


def lane_statistics(
    model: Model, lanes: list[int] | None = None, start_ns: int | None = None, end_ns: int | None = None
) -> list[LaneStatistics]:
    """Of these lanes (all) within a span (everything)."""
    numbers = [lane.id for lane in model.lanes] if lanes is None else lanes
    start = model.start_ns if start_ns is None else start_ns
    totals = model.states.totals(np.array(numbers, np.int64), start, model.end_ns if end_ns is None else end_ns)
    return [
        LaneStatistics(model.lanes[number], row, int(row[1:].sum()))
        for number, row in zip(numbers, totals, strict=True)
    ]


def time_in(model: Model, states: Collection[State]) -> list[int]:
    """By lane: the time it has spent in any of these states so far, ns."""
    totals = model.states.totals(np.arange(len(model.lanes)), model.start_ns, model.end_ns)
    spent: list[int] = totals[:, sorted(states)].sum(axis=1).tolist()
    return spent


def lock_statistics(model: Model) -> list[LockStatistics]:
    """Of every primitive that was held or waited for, those first that cost the most waiting; what is open counts."""
    found = [row for row in each_lock(model) if row is not None]
    return sorted(found, key=by_cost)


def by_cost(row: LockStatistics) -> tuple[int, int, int]:
    """What rows are sorted by so that those come first that cost the most waiting."""
    return -row.wait_ns, -row.hold_ns, row.primitive.id


def each_lock(model: Model) -> Iterator[LockStatistics | None]:
    """The same in no order, one at a time; None for a primitive that was neither held nor waited for."""
    waits, holds = model.contention.waits, model.contention.holds
    open_waits = _open_waits(model)
    open_holds: dict[int, list[int]] = {}
    for hold in model.holds.unreleased():
        open_holds.setdefault(hold.primitive, []).append(hold.end_ns - hold.start_ns)
    for number, primitive in list(model.primitives.items()):
        wait_count, wait_ns, longest_wait = waits.of(number)
        hold_count, hold_ns, longest_hold = holds.of(number)
        now_waiting, now_held = open_waits.get(number, []), open_holds.get(number, [])
        wait_count, hold_count = wait_count + len(now_waiting), hold_count + len(now_held)
        if not wait_count and not hold_count:
            yield None
            continue
        yield LockStatistics(
            primitive,
            acquisitions=hold_count or wait_count,
            waits=wait_count,
            wait_ns=wait_ns + sum(now_waiting),
            median_wait_ns=waits.quantile(number, 0.5),
            p99_wait_ns=waits.quantile(number, 0.99),
            longest_wait_ns=max([longest_wait, *now_waiting]),
            hold_ns=hold_ns + sum(now_held),
            median_hold_ns=holds.quantile(number, 0.5),
            p99_hold_ns=holds.quantile(number, 0.99),
            longest_hold_ns=max([longest_hold, *now_held]),
            hand_offs=int(model.contention.hand_offs[number]) if number < len(model.contention.hand_offs) else 0,
        )


def _open_waits(model: Model) -> dict[int, list[int]]:
    """Primitive → how long each lane that waits for it now has waited so far."""
    found: dict[int, list[int]] = {}
    for item in model.states.open_slices():
        if item.state in WAITING and item.detail:
            primitive, _ = model.detail(item.detail)
            if primitive:
                found.setdefault(primitive.id, []).append(item.duration_ns)
    return found


def throughput(model: Model) -> Throughput:
    """Of the whole recording so far."""
    end = int(model.program_end["time_ns"]) if model.program_end else model.end_ns
    return Throughput(len(model.tasks), sum(_items(worker) for worker in model.workers.values()), end - model.start_ns)


def _items(worker: dict[str, Any]) -> int:
    return int(worker.get("items") or 0)
