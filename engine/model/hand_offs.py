"""Who let go of what, and who went on: from holds, signals and waits. Times are absolute ns."""

from engine.model.entities import HandOff, Slice
from engine.model.model import Model
from engine.recording.schema import State

LATE_NS = 50_000_000  # a wait is sliced: the waiter may notice a release that much later
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
        return None
    return HandOff(primitive.id, int(signals["lane"][-1]), int(signals["time"][-1]), item.lane, item.end_ns)


def out_of(model: Model, lane: int, start_ns: int, end_ns: int) -> list[HandOff]:
    """Whom the releases and signals of a lane within a span let go on, by time; the first MOST of them."""
    given = [
        (hold.primitive, hold.end_ns)
        for hold in model.holds.of_lane(lane, start_ns, end_ns + 1)
        if not hold.open and start_ns <= hold.end_ns <= end_ns
    ]
    for row in model.signals.of_lane(lane, start_ns, end_ns + 1)[: 4 * MOST]:
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
    found = []
    for other in candidates:
        if other == lane:
            continue
        wait = model.states.slice_at(other, time_ns)
        if wait and not wait.open and wait.end_ns <= time_ns + LATE_NS:
            awaited, _ = model.detail(wait.detail)
            if awaited and awaited.id == primitive and (done := into(model, wait)) and done.release_ns == time_ns:
                found.append(done)
    return found
