"""Locks held while their holder sleeps or does I/O, so that others wait for something that needs no lock.

Rests on the holder's own states within each hold, for locks that others waited for. Of very many holds the longest
MOST_HOLDS are looked at. Silent when less than MIN_BLOCKED_NS was slept away or others waited less than that, and when
nobody but idle daemons waited: daemon threads that spend their lives at the lock while its holder never waits for it
itself. They wait to be given work, as others do at a queue.
"""

import numpy as np

from engine.analysis.building import Finding, finding, listed
from engine.analysis.contention import LockProfile
from engine.model.format import count, duration, percent
from engine.model.hand_offs import MUTEXES
from engine.model.model import Model
from engine.model.statistics import LockStatistics, lock_statistics
from engine.recording.schema import State

MOST_HOLDS = 20_000
MIN_BLOCKED_NS = 5_000_000
MIN_SHARE = 0.2  # of the time for which it was held
MIN_HOLD_NS = 100_000
IDLE_SHARE = 0.9  # of a daemon's life that it waits for the lock
MOST_SLICES = 2_000_000  # in which it is looked up who waited


def find(model: Model) -> list[Finding]:
    """One finding for all locks that one line of code has made."""
    rows = model.holds.rows
    lengths = rows["end"].astype(np.int64) - rows["start"].astype(np.int64)
    some = np.flatnonzero(lengths >= MIN_HOLD_NS)
    if len(some) > MOST_HOLDS:
        some = some[np.argpartition(lengths[some], len(some) - MOST_HOLDS)[len(some) - MOST_HOLDS :]]
    rows = rows[some]
    spent = model.states.totals_between(
        rows["lane"].astype(np.int64), rows["start"].astype(np.int64), rows["end"].astype(np.int64)
    )
    asleep, in_io = spent[:, State.SLEEP], spent[:, State.IO]
    siblings: dict[tuple[str, str, int], list[LockStatistics]] = {}
    for lock in lock_statistics(model):
        if lock.primitive.kind not in MUTEXES or not lock.waits or lock.wait_ns < MIN_BLOCKED_NS:
            continue
        blocked = int((asleep + in_io)[rows["primitive"] == lock.primitive.id].sum())
        if (
            blocked >= MIN_BLOCKED_NS
            and blocked >= MIN_SHARE * lock.hold_ns
            and not _only_idle_wait(model, lock, rows, asleep + in_io)
        ):
            made = lock.primitive
            origin = (made.kind, made.file, made.line) if made.line else (made.kind, "", -made.id)
            siblings.setdefault(origin, []).append(lock)
    return [_of(model, locks, rows, asleep, in_io) for locks in siblings.values()]


def _only_idle_wait(model: Model, lock: LockStatistics, rows: np.ndarray, blocked: np.ndarray) -> bool:
    """Whether those who wait for the lock are idle daemons. `blocked`: for how long, in ns, each hold of `rows` was."""
    if not any(lane.daemon for lane in model.lanes) or model.states.slice_count > MOST_SLICES:
        return False
    waits = LockProfile(model, lock.primitive.id).finish().waits
    waiters = np.unique(waits[:, 0])
    guilty = rows["lane"][(rows["primitive"] == lock.primitive.id) & (blocked >= MIN_BLOCKED_NS)]
    if np.isin(guilty, waiters).any() or not all(model.lanes[lane].daemon for lane in waiters.tolist()):
        return False
    waited = [int((waits[:, 2] - waits[:, 1])[waits[:, 0] == lane].sum()) for lane in waiters.tolist()]
    alive = model.states.totals(waiters, model.start_ns, model.end_ns)[:, 1:].sum(axis=1)
    return bool((np.array(waited) >= IDLE_SHARE * alive).all())


def _of(model: Model, locks: list[LockStatistics], rows: np.ndarray, asleep: np.ndarray, in_io: np.ndarray) -> Finding:
    """The finding about `locks` of one origin. `asleep` and `in_io` say how long, in ns, each hold of `rows` was so."""
    locks = sorted(locks, key=lambda lock: lock.primitive.id)
    mine = np.isin(rows["primitive"], [lock.primitive.id for lock in locks])
    slept, read = int(asleep[mine].sum()), int(in_io[mine].sum())
    guilty = np.flatnonzero(mine & (asleep + in_io > 0))
    worst = int(guilty[np.argmax((asleep + in_io)[guilty])])
    lanes = np.unique(rows["lane"][guilty]).tolist()
    doing = "sleeping" if slept >= read else "doing I/O"
    site = model.site(int(rows["site"][worst]))
    place = f", longest after taking it at {site.label}" if site else ""
    if len(locks) == 1:
        title, label, it, was = f"{locks[0].primitive.short} is", locks[0].primitive.label, "it", "it was"
    else:
        names = list(dict.fromkeys(lock.primitive.name for lock in locks if lock.primitive.name))
        what = f"{count(len(locks), locks[0].primitive.kind)} ({listed(names) if names else locks[0].primitive.place})"
        title, label, it, was = f"{what} are", f"{what} made at {locks[0].primitive.place}", "them", "they were"
    held_ns, waited_ns = sum(lock.hold_ns for lock in locks), sum(lock.wait_ns for lock in locks)
    blocked_ns, holds = slept + read, count(len(guilty), "hold")
    return finding(
        model,
        "lock-held-while-blocked",
        f"{title} held while {doing}",
        f"{listed([model.lane_label(lane) for lane in lanes])} held {label} while {doing} for {duration(blocked_ns)}"
        f" ({percent(blocked_ns / max(1, held_ns))} of the time {was} held, in {holds}{place});"
        f" others waited {duration(waited_ns)} for {it}.",
        "Do what takes long before taking the lock or after releasing it, and keep only the change of shared data"
        " inside.",
        lanes=lanes,
        start_ns=int(rows["start"][worst]),
        end_ns=int(rows["end"][worst]),
        holds=[lock.primitive.label for lock in locks],
        primitive=int(rows["primitive"][worst]),
        site=int(rows["site"][worst]),
    )
