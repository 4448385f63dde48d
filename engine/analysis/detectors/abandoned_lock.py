"""Locks that a thread held when it ended, and that nobody released after it while others waited.

Rests on holds that outlast their lane (of a process that was killed: that last as long) and on the waits behind them.
Silent about lanes that a deadlock held until they were ended: that is told already. Silent about a program's end, too:
daemon threads end with their process, where nobody can wait any more for what is theirs alone; and where a program ends
its processes, what one of them waits for between the end of another and its own is of no interest.
"""

from typing import NamedTuple

import numpy as np

from engine.analysis import deadlock
from engine.analysis.building import Finding, Held, at_line, finding, listed
from engine.analysis.contention import EVER_NS, wait_pieces
from engine.analysis.deadlock import ABANDONED_ADVICE
from engine.model.columns import distinct
from engine.model.entities import Lane, Primitive
from engine.model.format import duration
from engine.model.hand_offs import MUTEXES
from engine.model.model import Model

MOST = 10
ROWS_AT_ONCE = 1 << 16
KINDS = MUTEXES | {"Semaphore", "BoundedSemaphore", "process Semaphore", "process BoundedSemaphore"}


class _Left(NamedTuple):
    """What a lane that has ended held."""

    lane: Lane
    primitive: Primitive
    start_ns: int
    site: int

    @property
    def end_ns(self) -> int:
        """When the lane ended."""
        return self.lane.end_ns or 0


def find(model: Model) -> list[Finding]:
    """One finding a lock and thread, of the first MOST."""
    found: list[Finding] = []
    stuck = {lane for each in deadlock.find(model) for lane in each["lanes"]}
    left = [each for each in _left(model) if each.lane.id not in stuck]
    waits = _waits(model, left)
    for each in sorted(left, key=lambda one: one.end_ns):
        if len(found) >= MOST:
            break
        waiters = _waiters(model, each, waits.get(each.primitive.id))
        if waiters and not _released_later(model, each):
            found.append(_of(model, each, waiters))
    return found


def _left(model: Model) -> list[_Left]:
    ends = np.array([EVER_NS if lane.end_ns is None else lane.end_ns for lane in model.lanes], np.int64)
    holds: list[tuple[int, int, int, int]] = []
    for first in range(0, len(model.holds), ROWS_AT_ONCE):
        rows = model.holds.part(first, first + ROWS_AT_ONCE)
        rows = rows[rows["end"].astype(np.int64) >= ends[rows["lane"].astype(np.int64)]]
        holds += zip(*(rows[name].tolist() for name in ("lane", "primitive", "start", "site")), strict=True)
    still = (hold for hold in model.holds.unreleased() if not hold.open)
    holds += [(hold.lane, hold.primitive, hold.start_ns, hold.site) for hold in still]
    mains = {lane.process: lane for lane in model.lanes if lane.serial == 1}
    found = []
    for lane, number, start_ns, site in dict.fromkeys(holds):
        left = (
            _Left(model.lanes[lane], model.primitives[number], start_ns, site) if number in model.primitives else None
        )
        if left and left.primitive.kind in KINDS and not _ends_with_its_process(left, mains.get(left.lane.process)):
            found.append(left)
    return found


def _ends_with_its_process(left: _Left, main: Lane | None) -> bool:
    """Whether its holder is a daemon that lived as long as its process, outside of which nobody can wait for it."""
    lane = left.lane
    return (
        lane.daemon
        and not left.primitive.shared
        and main is not None
        and main.end_ns is not None
        and (lane.end_ns or 0) >= main.end_ns
    )


def _waits(model: Model, left: list[_Left]) -> dict[int, np.ndarray]:
    """By primitive, who waited for it when from the first of these ends on: lane, start, end in rows."""
    if not left:
        return {}
    wanted = {each.primitive.id for each in left}
    rows = np.concatenate(list(wait_pieces(model, wanted, min(each.end_ns for each in left))))
    if not len(rows):
        return {}
    rows = rows[np.argsort(rows[:, 3], kind="stable")]
    numbers, first = np.unique(rows[:, 3], return_index=True)
    return dict(zip(numbers.tolist(), np.split(rows[:, :3], first[1:]), strict=True))


def _waiters(model: Model, left: _Left, waits: np.ndarray | None) -> dict[int, int]:
    """The lanes that waited for it after its holder had ended: for how long, ns."""
    found: dict[int, int] = {}
    if waits is None:
        return found
    after = waits[(waits[:, 2] > left.end_ns) & (waits[:, 0] != left.lane.id)]
    ended = model.processes[left.lane.process].terminated
    for lane in map(model.lanes.__getitem__, distinct(after[:, 0]).tolist()):
        late = lane.end_ns is not None and lane.end_ns <= left.end_ns
        is_ended = model.processes[lane.process].terminated
        if late or lane.internal or (is_ended and (ended or _ends_with_its_starter(model, lane, left.lane))):
            continue
        mine = after[after[:, 0] == lane.id]
        found[lane.id] = int((mine[:, 2] - np.maximum(mine[:, 1], left.end_ns)).sum())
    return found


def _ends_with_its_starter(model: Model, waiter: Lane, holder: Lane) -> bool:
    """Whether the holder is the main thread of a process that the waiter's comes from: it ends those as it ends."""
    process = model.processes[waiter.process]
    while process.parent is not None and process.id != holder.process:
        process = model.processes[process.parent]
    return holder.serial == 1 and holder.process == process.id != waiter.process


def _released_later(model: Model, left: _Left) -> bool:
    """Whether anybody has released it since for the one that had ended, or has got it, which comes to the same."""
    if left.primitive.kind not in MUTEXES and left.primitive.capacity != 1:
        return False  # of several permits it may have been another one
    number, end_ns = left.primitive.id, left.end_ns
    got = model.holds.first_from(number, end_ns, model.end_ns + 1 - end_ns)
    return got is not None or bool(len(model.signals.of(number, end_ns, model.end_ns + 1)))


def _forked(model: Model, lane: Lane) -> str:
    """Where its process comes from, when that is a fork."""
    fork = next((fork for fork in model.forks if fork.process == lane.process), None)
    if fork is None:
        return ""
    name = model.processes[lane.process].name
    return f" {name} was forked by {model.lane_name(fork.lane)}{at_line(model, fork.stack)}."


def _of(model: Model, left: _Left, waits: dict[int, int]) -> Finding:
    name, label = model.lane_label(left.lane.id), left.primitive.label
    site = model.site(left.site)
    taken = f", which it had taken at {site.label}" if site else ""
    waiters = listed([model.lane_label(lane) for lane in waits])
    return finding(
        model,
        "abandoned-lock",
        f"{name} ended while it held {left.primitive.short}",
        f"{name} ended while it held {label}{taken}. Nobody released it afterwards, and {waiters} waited"
        f" {duration(sum(waits.values()))} for it.{_forked(model, left.lane)}",
        ABANDONED_ADVICE,
        lanes=[left.lane.id],
        start_ns=left.end_ns,
        held={left.lane.id: Held([label], left.site)},
        primitive=left.primitive.id,
    )
