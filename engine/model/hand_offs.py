"""Who let go of what, and who went on: from holds, signals and waits. Times are absolute ns."""

import numpy as np

from engine.model.entities import HandOff, Slice
from engine.model.model import Model
from engine.recording.schema import State

LATE_NS = 50_000_000  # a wait is sliced: the waiter may notice a release that much later
STAMP_NS = 200_000  # a queue operation is stamped when it is done, which may be after the waiter went on
GAP_NS = 1_000  # between a release and the next acquire nobody holds the lock: who comes then waits for nobody
MUTEXES = frozenset({"Lock", "RLock", "process Lock", "process RLock"})
MOST = 64  # hand-offs of one question


def into(model: Model, item: Slice) -> HandOff | None:
    """Who ended this wait, by a release of the lock or a signal. None: not known, or it goes on."""
    if item.state not in (State.LOCK_WAIT, State.WAIT) or item.open:
        return None
    primitive, _ = model.detail(item.detail)
    if primitive is None:
        return None
    if primitive.kind in MUTEXES:
        hold = model.holds.last_before(primitive.id, item.end_ns, max(item.duration_ns, LATE_NS))
        if hold and hold.lane != item.lane and hold.end_ns >= item.start_ns - GAP_NS:
            return HandOff(primitive.id, hold.lane, hold.end_ns, item.lane, item.end_ns)
        return None
    signals = model.signals.of(primitive.id, item.start_ns, item.end_ns + 1)
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
    """Whom the releases and signals of a lane within a span let go on, by time; the first MOST of them."""
    given = [
        (hold.primitive, hold.end_ns)
        for hold in model.holds.of_lane(lane, start_ns, end_ns + 1)
        if not hold.open and start_ns <= hold.end_ns <= end_ns
    ]
    for row in model.signals.of_lane(lane, start_ns, end_ns + 1)[: 4 * MOST]:
        given.append((int(row["primitive"]), int(row["time"])))
    for row in model.depths.of_lane(lane, start_ns, end_ns + 1)[: 4 * MOST]:
        given.append((int(row["primitive"]), int(row["time"])))
    found: list[HandOff] = []
    for primitive, time_ns in sorted(set(given), key=lambda each: each[1]):
        found += _receivers(model, lane, primitive, time_ns)
        if len(found) >= MOST:
            break
    return found[:MOST]


def _receivers(model: Model, lane: int, primitive: int, time_ns: int) -> list[HandOff]:
    """The waits that this release or signal ended."""
    kind = model.primitives[primitive].kind if primitive in model.primitives else ""
    if kind in MUTEXES:
        after = model.holds.of_primitive(primitive, time_ns, time_ns + LATE_NS)
        candidates = [hold.lane for hold in after if hold.start_ns >= time_ns][:1]
    else:
        candidates = [other.id for other in model.lanes]
    received = (_received(model, lane, other, primitive, time_ns) for other in candidates if other != lane)
    return [each for each in received if each]


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
