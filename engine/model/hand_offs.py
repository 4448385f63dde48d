"""Who let go of what, and who went on: from holds, signals and waits. Times are absolute ns."""

from collections.abc import Iterator
from itertools import islice

import numpy as np

from engine.model.entities import HandOff, Slice
from engine.model.model import Model
from engine.recording.schema import STATE_MASK, State

LATE_NS = 50_000_000  # a wait is sliced: the waiter may notice a release that much later
STAMP_NS = 200_000  # a queue operation is stamped when it is done, which may be after the waiter went on
GAP_NS = 1_000  # between a release and the next acquire nobody holds the lock: who comes then waits for nobody
MUTEXES = frozenset({"Lock", "RLock", "process Lock", "process RLock"})
MOST = 64  # hand-offs of one question
LOOKED_AT = 200  # releases and signals, for them


def into(model: Model, item: Slice) -> HandOff | None:
    """Who ended this wait, by a release of the lock or a signal. None: not known, it goes on, lasted to its lane's end,
    or its timeout ended it.
    """
    ended_ns = model.lanes[item.lane].end_ns
    for_ever = item.open or (ended_ns is not None and item.end_ns >= ended_ns)
    if for_ever or item.detail in model.timed_out or item.state not in (State.LOCK_WAIT, State.WAIT):
        return None
    primitive, _ = model.detail(item.detail)
    if primitive is None:
        return None
    if primitive.kind in MUTEXES:
        hold = model.holds.last_before(primitive.id, item.end_ns, max(item.duration_ns, LATE_NS))
        if hold and hold.lane != item.lane and hold.end_ns >= item.start_ns - GAP_NS:
            return HandOff(primitive.id, hold.lane, hold.end_ns, item.lane, item.end_ns)
        return None
    since_ns = item.start_ns - (0 if primitive.kind.endswith("Condition") else STAMP_NS)  # told before it is done
    signals = model.signals.of(primitive.id, since_ns, item.end_ns + 1)
    signals = signals[signals["lane"] != item.lane]
    if not len(signals):
        return _served(model, item, primitive.id)
    return HandOff(primitive.id, int(signals["lane"][-1]), int(signals["time"][-1]), item.lane, item.end_ns)


def _served(model: Model, item: Slice, queue: int) -> HandOff | None:
    """Who ended a wait at a queue: the last to do the opposite of what the waiter did next there."""
    rows = model.depths.of(queue, item.start_ns, item.end_ns + LATE_NS)
    mine = rows["lane"] == item.lane
    own = rows[mine & (rows["time"] + np.uint64(STAMP_NS) >= item.end_ns)]
    if not len(own):
        return None
    other = rows[~mine & (rows["operation"] != own["operation"][0]) & (rows["time"] <= item.end_ns + STAMP_NS)]
    if not len(other):
        return None
    return HandOff(queue, int(other["lane"][-1]), min(int(other["time"][-1]), item.end_ns), item.lane, item.end_ns)


def out_of(model: Model, lane: int, start_ns: int, end_ns: int) -> list[HandOff]:
    """Whom the first LOOKED_AT releases and signals of a lane within a span let go on, by time; MOST at most."""
    looked_at = islice(each_out_of(model, lane, start_ns, end_ns), LOOKED_AT)
    found = (each for each in looked_at if each is not None)
    return list(islice(found, MOST))


def each_out_of(model: Model, lane: int, start_ns: int, end_ns: int) -> Iterator[HandOff | None]:
    """The same, one after the other and without a limit; None for what let nobody go on, so that callers can stop."""
    held = model.holds.rows_of_lane(lane, start_ns, end_ns + 1)
    held = held[(held["end"] >= start_ns) & (held["end"] <= end_ns)]
    given = [(held["primitive"], held["end"])]
    for rows in (model.signals.of_lane(lane, start_ns, end_ns + 1), model.depths.of_lane(lane, start_ns, end_ns + 1)):
        given.append((rows["primitive"], rows["time"]))
    primitives, times = (
        np.concatenate([part.astype(np.int64) for part in parts]) for parts in zip(*given, strict=True)
    )
    order = np.lexsort((primitives, times))
    last = (-1, -1)
    for primitive, time_ns in zip(primitives[order].tolist(), times[order].tolist(), strict=True):
        if (primitive, time_ns) != last:
            last = (primitive, time_ns)
            yield from _receivers(model, lane, primitive, time_ns) or (None,)


def _receivers(model: Model, lane: int, primitive: int, time_ns: int) -> list[HandOff]:
    """The waits that this release or signal ended."""
    kind = model.primitives[primitive].kind if primitive in model.primitives else ""
    if kind in MUTEXES:
        after = model.holds.first_from(primitive, time_ns, LATE_NS)
        candidates = [after.lane] if after is not None else []
    else:
        candidates = _waiters(model, primitive, time_ns)
    received = (_received(model, lane, other, primitive, time_ns) for other in candidates if other != lane)
    return [each for each in received if each]


def _waiters(model: Model, primitive: int, time_ns: int) -> list[int]:
    """The lanes that wait for a primitive at this time, or did so a moment before."""
    lanes = np.arange(len(model.lanes))
    found: set[int] = set()
    for moment in (time_ns, time_ns - STAMP_NS):
        there = model.states.slices_at(lanes, np.full(len(lanes), moment))
        waiting = np.isin(there.codes & STATE_MASK, (State.LOCK_WAIT, State.WAIT)) & (there.details > 0)
        for other, detail in zip(there.lanes[waiting].tolist(), there.details[waiting].tolist(), strict=True):
            if model.details.get(detail, (0, 0))[0] == primitive:
                found.add(other)
    return sorted(found)


def _received(model: Model, lane: int, other: int, primitive: int, time_ns: int) -> HandOff | None:
    """The wait of one other lane that this release or signal ended."""
    for moment in (time_ns, time_ns - STAMP_NS):
        wait = model.states.slice_at(other, moment)
        if wait is None or wait.open or wait.end_ns > time_ns + LATE_NS:
            continue
        awaited, _ = model.detail(wait.detail)
        if awaited is None or awaited.id != primitive or (done := into(model, wait)) is None:
            continue
        if done.releaser == lane and (done.release_ns == time_ns or done.release_ns == done.receive_ns < time_ns):
            return done
    return None
