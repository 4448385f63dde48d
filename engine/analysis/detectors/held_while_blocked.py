"""Locks held while their holder sleeps, does I/O or waits for somebody, so that others wait for what needs no lock.

Rests on the holder's own states within each hold, for locks that others waited for; waits for other locks do not count,
nor those that are part of a deadlock or of which nobody knows what for. How short a hold is does not matter, only what
they come to: one that just lets others run (`time.sleep(0)`) is one in which the holder sleeps, too. Of very many holds
the longest MOST_HOLDS are looked at, and every so-manieth of those shorter than LONG_NS, which stands for the others.
Silent when less than MIN_BLOCKED_NS was spent so or others waited less than that meanwhile, and when nobody but idle
daemons waited: daemon threads that spend their lives at the lock while its holder never waits for it itself. They wait
to be given work, as others do at a queue; so do processes that take turns at reading from a pipe, and daemon threads at
waiting for work. Silent, too, where one hold alone was blocked and nobody waited long for it (see `once`). A hold whose
process ended by itself with the lock does not count: it was never to be given back, as when a pool that is being ended
keeps its workers from taking more tasks.
"""

import numpy as np

from engine.analysis import deadlock, once, unknown_waits
from engine.analysis.building import Finding, Held, finding, listed
from engine.analysis.contention import LockProfile
from engine.analysis.known import Known
from engine.analysis.turns import MOST_WAITS, are_turns
from engine.model.columns import distinct
from engine.model.format import count, duration, percent
from engine.model.hand_offs import MUTEXES
from engine.model.model import Model
from engine.model.statistics import LockStatistics
from engine.recording.schema import STATE_MASK, State

MOST_HOLDS = 20_000
MIN_BLOCKED_NS = 5_000_000
MIN_SHARE = 0.2  # of the time for which it was held
MIN_WAITED = 0.01  # of the run's time that others waited, all together
LONG_NS = 1_000_000
MIN_READ_NS = 100_000
IDLE_SHARE = 0.9  # of a daemon's life that it waits for the lock
DOING = {State.SLEEP: "sleeping", State.IO: "doing I/O", State.WAIT: "waiting"}
SERVING = "Server.handle_request"  # what a manager's thread does: it holds what its client, in another process, took
MIN_PART = 0.05  # of what the lane that did most of it did, for another to be named
MOST_READS = 50  # holds in which it is looked up what was read


def find(model: Model, known: Known) -> list[Finding]:
    """One finding for all locks that one line of code has made."""
    rows = model.holds.rows
    rows = rows[~_kept_to_the_end(model, rows)]
    some, stand_for = _looked_at(rows)
    rows = rows[some]
    lanes, starts, ends = (rows[name].astype(np.int64) for name in ("lane", "start", "end"))
    spent = model.states.totals_between(lanes, starts, ends)
    spent[:, State.WAIT] -= unknown_waits.within(model, lanes, starts, ends)
    blocked_as = {state: spent[:, state] * stand_for for state in DOING}
    blocked_as[State.WAIT][np.isin(rows["lane"], [lane for each in deadlock.find(model) for lane in each["lanes"]])] = 0
    blocked_ns = np.sum(list(blocked_as.values()), axis=0)
    least_waited = max(MIN_BLOCKED_NS, MIN_WAITED * (model.end_ns - model.start_ns))
    stuck = _stuck(model)
    siblings: dict[tuple[str, str, int], list[LockStatistics]] = {}
    for lock in known.locks:
        if (
            lock.primitive.kind not in MUTEXES
            or not lock.waits
            or lock.wait_ns - stuck.get(lock.primitive.id, 0) < least_waited
        ):
            continue
        blocked = int(blocked_ns[rows["primitive"] == lock.primitive.id].sum())
        if blocked < MIN_BLOCKED_NS or blocked < MIN_SHARE * lock.hold_ns:
            continue
        profile = known.profiles.of(lock.primitive.id)
        if (
            _costs_others(profile, lock, rows, blocked_ns, least_waited)
            and not _only_idle_wait(model, profile, lock, rows, blocked_ns)
            and not _reads_in_turns(model, profile, lock, rows, blocked_ns)
            and not _made_once(lock, rows, blocked_ns)
        ):
            made = lock.primitive
            origin = (made.kind, made.file, made.line) if made.line else (made.kind, "", -made.id)
            siblings.setdefault(origin, []).append(lock)
    return [_of(model, locks, rows, blocked_as, stand_for) for locks in siblings.values()]


def _kept_to_the_end(model: Model, rows: np.ndarray) -> np.ndarray:
    """Which of these holds ended with their process, that ended by itself: none of their serials is a release's."""
    statuses = (model.processes[lane.process].exit_status for lane in model.lanes)
    by_itself = np.array([status is not None and status >= 0 for status in statuses], bool)
    kept: np.ndarray = (rows["serial"] == 0) & by_itself[rows["lane"]]
    return kept


def _looked_at(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which of these holds are looked at, in their order, and for how many each of them stands."""
    lengths = rows["end"].astype(np.int64) - rows["start"].astype(np.int64)
    long, short = np.flatnonzero(lengths >= LONG_NS), np.flatnonzero(lengths < LONG_NS)
    if len(long) > MOST_HOLDS:
        long = long[np.argpartition(lengths[long], len(long) - MOST_HOLDS)[len(long) - MOST_HOLDS :]]
    every = -(-len(short) // MOST_HOLDS) or 1
    short = short[::every]
    some = np.concatenate([long, short])
    order = np.argsort(some, kind="stable")
    return some[order], np.concatenate([np.ones(len(long), np.int64), np.full(len(short), every)])[order]


def _only_idle_wait(
    model: Model, profile: LockProfile, lock: LockStatistics, rows: np.ndarray, blocked: np.ndarray
) -> bool:
    """Whether those who wait for the lock are idle daemons. `blocked`: for how long, in ns, each hold of `rows` was."""
    if not any(lane.daemon for lane in model.lanes):
        return False
    waits = profile.waits
    waiters = distinct(waits[:, 0])
    guilty = rows["lane"][(rows["primitive"] == lock.primitive.id) & (blocked >= MIN_BLOCKED_NS)]
    if np.isin(guilty, waiters).any() or not all(model.lanes[lane].daemon for lane in waiters.tolist()):
        return False
    waited = [int((waits[:, 2] - waits[:, 1])[waits[:, 0] == lane].sum()) for lane in waiters.tolist()]
    alive = model.states.totals(waiters, model.start_ns, model.end_ns)[:, 1:].sum(axis=1)
    return bool((np.array(waited) >= IDLE_SHARE * alive).all())


def _costs_others(
    profile: LockProfile, lock: LockStatistics, rows: np.ndarray, blocked: np.ndarray, least_ns: float
) -> bool:
    """Whether others waited so long while the holder of `rows` was blocked: as a share of each hold."""
    mine = (rows["primitive"] == lock.primitive.id) & (blocked > 0)
    starts, ends = rows["start"][mine].astype(np.int64), rows["end"][mine].astype(np.int64)
    shares = blocked[mine] / np.maximum(1, ends - starts)
    return bool((profile.costs(starts) * shares).sum() >= least_ns)


def _stuck(model: Model) -> dict[int, int]:
    """By lock for how long, in ns, threads have waited for it in deadlocks: its holders could not help that."""
    found: dict[int, int] = {}
    for each in deadlock.find(model):
        waits = {(edge["waiter"], edge["primitive"]) for edge in each.get("edges") or ()}
        for lane, primitive in waits:
            wait = model.states.slice_at(lane, each["start_ns"])
            found[primitive] = found.get(primitive, 0) + (wait.duration_ns if wait else 0)
    return found


def _reads_in_turns(
    model: Model, profile: LockProfile, lock: LockStatistics, rows: np.ndarray, blocked: np.ndarray
) -> bool:
    """Whether its holders take turns at waiting for something. Of many holds the longest are asked."""
    mine = np.flatnonzero((rows["primitive"] == lock.primitive.id) & (blocked >= MIN_READ_NS))
    lanes = {*distinct(profile.waits[:, 0]).tolist(), *rows["lane"][mine].tolist()}
    longest = rows[mine[np.argsort(blocked[mine])[-MOST_READS:]]]
    return are_turns(model, lanes, zip(*(longest[name].tolist() for name in ("lane", "start", "end")), strict=True))


def _made_once(lock: LockStatistics, rows: np.ndarray, blocked: np.ndarray) -> bool:
    """Whether its holder was hardly blocked but in one of several holds."""
    mine = blocked[rows["primitive"] == lock.primitive.id]
    return len(mine) > 1 and once.is_harmless(int(mine.max()), int(mine.sum()), lock.longest_wait_ns)


def _of(
    model: Model,
    locks: list[LockStatistics],
    rows: np.ndarray,
    blocked_as: dict[State, np.ndarray],
    stand_for: np.ndarray,
) -> Finding:
    """The finding about `locks` of one origin. `blocked_as`: how long, in ns, each hold of `rows`, with those that it
    stands for, was in a state.
    """
    locks = sorted(locks, key=lambda lock: lock.primitive.id)
    mine = np.isin(rows["primitive"], [lock.primitive.id for lock in locks])
    most = max(DOING, key=lambda state: int(blocked_as[state][mine].sum()))
    blocked = np.sum(list(blocked_as.values()), axis=0)
    by_lane = np.bincount(rows["lane"][mine], blocked[mine])
    lanes = np.flatnonzero(by_lane >= MIN_PART * by_lane.max()).tolist()
    guilty = np.flatnonzero(mine & (blocked > 0) & np.isin(rows["lane"], lanes))
    guilty = guilty[np.argsort(blocked[guilty], kind="stable")]
    worst = int(guilty[-1])
    longest = dict(zip(rows["lane"][guilty].tolist(), guilty.tolist(), strict=True))  # by lane
    labels = {lock.primitive.id: lock.primitive.label for lock in locks}
    doing = DOING[most]
    if all(model.lanes[lane].target == SERVING for lane in lanes):
        doing = "waiting for the client that took it"
    elif most is State.WAIT:
        doing += _awaited(model, rows[guilty[np.argmax(blocked_as[most][guilty])]])
    site = model.site(int(rows["site"][worst]))
    place = f", longest after taking it at {site.label}" if site else ""
    if len(locks) == 1:
        title, label, it, was = f"{locks[0].primitive.short} is", locks[0].primitive.label, "it", "it was"
    else:
        names = list(dict.fromkeys(lock.primitive.name for lock in locks if lock.primitive.name))
        what = f"{count(len(locks), locks[0].primitive.kind)} ({listed(names) if names else locks[0].primitive.place})"
        title, label, it, was = f"{what} are", f"{what} made at {locks[0].primitive.place}", "them", "they were"
    held_ns, waited_ns = sum(lock.hold_ns for lock in locks), sum(lock.wait_ns for lock in locks)
    blocked_ns, holds = int(blocked[mine].sum()), count(int(stand_for[guilty].sum()), "hold")
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
        held={
            lane: Held([labels[int(rows["primitive"][hold])]], int(rows["site"][hold]))
            for lane, hold in longest.items()
        },
        primitive=int(rows["primitive"][worst]),
        primitives=[lock.primitive.id for lock in locks],
    )


def _awaited(model: Model, hold: np.ndarray) -> str:
    """` for Process sleep`: what the holder waited for longest within a hold; empty: not known."""
    start, end = int(hold["start"]), int(hold["end"])
    slices = model.states.slices(int(hold["lane"]), start, end, MOST_WAITS)
    inside = np.minimum(slices.ends, end) - np.maximum(slices.starts, start)
    is_wait = (slices.codes & STATE_MASK == State.WAIT) & ~unknown_waits.are_unknown(slices.codes)
    inside = np.where(is_wait, inside, -1)
    if not len(inside) or inside.max() < 0:
        return ""
    awaited, _ = model.detail(int(slices.details[int(inside.argmax())]))
    return f" for {awaited.short}" if awaited else ""
