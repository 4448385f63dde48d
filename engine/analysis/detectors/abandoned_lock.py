"""Locks that a thread held when it ended, and that nobody released after it while others waited.

Rests on holds that outlast their lane (of a process that was killed: that last as long) and on the waits behind them.
Silent about lanes that a deadlock held until they were ended: that is told already.
"""

from typing import NamedTuple

import numpy as np

from engine.analysis import deadlock
from engine.analysis.building import Finding, Held, finding, listed
from engine.analysis.deadlock import ABANDONED_ADVICE
from engine.model.entities import Lane, Primitive
from engine.model.format import duration
from engine.model.hand_offs import MUTEXES
from engine.model.model import Model

MOST = 10
KINDS = MUTEXES | {"Semaphore", "BoundedSemaphore", "process Semaphore", "process BoundedSemaphore"}


class _Left(NamedTuple):
    """What a lane that has ended held."""

    lane: Lane
    primitive: Primitive
    start_ns: int
    site: int


def find(model: Model) -> list[Finding]:
    """One finding a lock and thread, of the first MOST."""
    found: list[Finding] = []
    stuck = {lane for each in deadlock.find(model) for lane in each["lanes"]}
    for left in sorted(_left(model), key=lambda each: each.lane.end_ns or 0):
        if len(found) >= MOST:
            break
        if left.lane.id in stuck:
            continue
        waits = _waits(model, left)
        if waits and not _released_later(model, left):
            found.append(_of(model, left, waits))
    return found


def _left(model: Model) -> list[_Left]:
    ends = np.array([np.iinfo(np.int64).max if lane.end_ns is None else lane.end_ns for lane in model.lanes], np.int64)
    rows = model.holds.rows
    rows = rows[rows["end"].astype(np.int64) >= ends[rows["lane"].astype(np.int64)]] if len(ends) else rows
    holds = list(zip(*(rows[name].tolist() for name in ("lane", "primitive", "start", "site")), strict=True))
    still = (hold for hold in model.holds.unreleased() if not hold.open)
    holds += [(hold.lane, hold.primitive, hold.start_ns, hold.site) for hold in still]
    return [
        _Left(model.lanes[lane], model.primitives[number], start_ns, site)
        for lane, number, start_ns, site in dict.fromkeys(holds)
        if number in model.primitives and model.primitives[number].kind in KINDS
    ]


def _waits(model: Model, left: _Left) -> dict[int, int]:
    """The lanes that waited for it after its holder had ended: for how long, ns."""
    found: dict[int, int] = {}
    details = [number for number, (primitive, _) in model.details.items() if primitive == left.primitive.id]
    end_ns = left.lane.end_ns or 0
    for lane in model.lanes:
        if lane is left.lane or (lane.end_ns is not None and lane.end_ns <= end_ns) or lane.internal:
            continue
        slices = model.states.slices(lane.id, end_ns, model.end_ns + 1)
        mine = np.isin(slices.details, details) & (slices.ends > end_ns)
        if waited_ns := int((slices.ends[mine] - np.maximum(slices.starts[mine], end_ns)).sum()):
            found[lane.id] = waited_ns
    return found


def _released_later(model: Model, left: _Left) -> bool:
    """Whether anybody has released it since for the one that had ended, or has got it, which comes to the same."""
    if left.primitive.kind not in MUTEXES and left.primitive.capacity != 1:
        return False  # of several permits it may have been another one
    number, end_ns = left.primitive.id, left.lane.end_ns or 0
    got = model.holds.first_from(number, end_ns, model.end_ns + 1 - end_ns)
    return got is not None or bool(len(model.signals.of(number, end_ns, model.end_ns + 1)))


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
        f" {duration(sum(waits.values()))} for it.",
        ABANDONED_ADVICE,
        lanes=[left.lane.id],
        start_ns=left.lane.end_ns,
        held={left.lane.id: Held([label], left.site)},
        primitive=left.primitive.id,
    )
