"""Lanes that starve at a lock: others get it again and again while they wait for it.

Of n users that take turns each waits for n - 1 others at most (bounded overtaking: Lamport, "A New Solution of
Dijkstra's Concurrent Programming Problem", 1974, and its successors). Who is overtaken by at least MIN_TURNS times as
many in a wait, on average, spends much of its life so (the less, the more often it must be overtaken), and gets the
lock at most half as often as others typically do, starves. Silent about few acquisitions and little waiting, and on
recordings of more than MOST_SLICES slices.
"""

import numpy as np

from engine.analysis.building import Finding, finding, users_of
from engine.analysis.contention import LockProfile
from engine.model.format import count, percent, rate
from engine.model.hand_offs import MUTEXES
from engine.model.model import Model
from engine.model.statistics import LockStatistics, lock_statistics
from engine.recording.schema import State

MOST_LOCKS = 3  # those that cost the most waiting
MOST_SLICES = 2_000_000
MIN_ACQUISITIONS = 60
MIN_WAIT_NS = 100_000_000
MIN_WAITING = 0.2  # of a lane's life
MIN_WEIGHT = 1.0  # of that share and the turns it is overtaken by, multiplied
MIN_OVERTAKEN = 20  # times in all
MIN_TURNS = 2
MOST_SHARE = 0.5  # of how often others get it


def find(model: Model) -> list[Finding]:
    """At most one finding a lock: about the lane that is overtaken most."""
    costly = [
        row
        for row in lock_statistics(model)
        if row.primitive.kind in MUTEXES and row.acquisitions >= MIN_ACQUISITIONS and row.wait_ns >= MIN_WAIT_NS
    ][:MOST_LOCKS]
    if model.states.slice_count > MOST_SLICES:
        return []
    return [found for row in costly for found in _at(model, row)]


def _at(model: Model, row: LockStatistics) -> list[Finding]:
    users = users_of(model, row.primitive.id)
    totals = model.states.totals(np.array(users), model.start_ns, model.end_ns)
    waiting = totals[:, State.LOCK_WAIT] / np.maximum(1, totals[:, 1:].sum(axis=1))
    patient = [number for number, share in enumerate(waiting.tolist()) if share >= MIN_WAITING]
    if len(users) < 2 or not patient:
        return []
    profile = LockProfile(model, row.primitive.id).finish()
    got = dict(profile.users)
    found: list[tuple[float, Finding]] = []
    for number in patient:
        overtaken = profile.overtaken(users[number])
        times = float(overtaken.mean()) if len(overtaken) else 0.0
        if totals[number, State.LOCK_WAIT] < MIN_WAIT_NS or overtaken.sum() < MIN_OVERTAKEN:
            continue
        others = [got.get(user, 0) for user in users if user != users[number]]
        if got.get(users[number], 0) > MOST_SHARE * float(np.median(others)):
            continue
        turns = times / (len(users) - 1)
        if turns >= MIN_TURNS and turns * waiting[number] >= MIN_WEIGHT:
            found.append((times, _of(model, row, users[number], float(waiting[number]), overtaken)))
    return [max(found, key=lambda each: each[0])[1]] if found else []


def _of(model: Model, row: LockStatistics, lane: int, waiting: float, overtaken: np.ndarray) -> Finding:
    name, label = model.lane_label(lane), row.primitive.label
    return finding(
        model,
        "starvation",
        f"{name} starves at {row.primitive.short}",
        f"{name} spent {percent(waiting)} of its time waiting for locks. In its {count(len(overtaken), 'wait')} for"
        f" {label} others took it {count(overtaken.sum(), 'time')}, {rate(overtaken.mean())} times a wait; if all took"
        " turns, each of them would have come once at most.",
        "Let those who take it again and again do so less often, or hand the work out through a queue, which is fair.",
        lanes=[lane],
        waits_for=label,
        primitive=row.primitive.id,
    )
