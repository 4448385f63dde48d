"""Lanes that starve at a lock: others get it again and again while they wait for it.

A fair lock is one whose waiter is overtaken a bounded number of times: of m others that take turns with it each comes
first once at most (Lamport, "A New Solution of Dijkstra's Concurrent Programming Problem", 1974, and its successors).
Locks of Python promise nothing of the kind; but who waits has as good a chance as each of the others whenever the lock
is free. A lane *starves* at a lock when all three hold:

- *unfair*: each of the m others took it, on average, MIN_TIMES as often or more while the lane waited as the lane did
  at all; it is all the same whether they take it in turn or one of them keeps coming back;
- *not by chance*, by one of two counts, with a probability of MAX_PROBABILITY at most for all the lanes together that
  wait so long (Bonferroni). It is not enough that it gets less than the others by more than chance: that it gets
  MIN_TIMES less has to be, else it would depend on the run whether what is near that line is told. Let r be MIN_TIMES.
  For who gets an r-th, what it is overtaken by in a wait, less r m times what it takes before its next wait, is as
  often too much as too little: with random signs (Fisher, "The Design of Experiments", 1935) these x come to their sum
  S as seldom as a normal deviate of S / sqrt(Σx²), and no more seldom than all signs are alike. Or, where there are few
  waits but long ones: of n chances to get it, each 1 / (r m + 1), it got k. A chance is whatever of it others took
  within SWITCH_NS, as only one of those can be told from the next by a thread that has to get the GIL first
  (`sys.getswitchinterval`). That few have a probability of exp(-n D(k / n || 1 / (r m + 1))) at most (Chernoff, "A
  Measure of Asymptotic Efficiency …", 1952);
- *at its cost*: it spent MIN_WAITING of its life or more, and MIN_WAIT_NS, in waiting for this lock.

Daemons that take turns at waiting for work are idle, and starve of nothing. What is told is of this run: whoever takes
a lock again at once may lose it to a waiter or not, as the machine schedules them. Not found: who starves at what is
not held, as writers do at a lock that readers share by a condition. Why a thread goes on waiting at a condition is
known to the program alone: one that is woken in vain again and again looks like one that waits for something that
really comes that seldom.
"""

import math
from typing import NamedTuple

import numpy as np

from engine.analysis.building import Finding, finding, listed
from engine.analysis.contention import LockProfile
from engine.analysis.known import Known
from engine.analysis.turns import is_for_turns
from engine.model.entities import Primitive
from engine.model.format import count, duration, percent, rate
from engine.model.hand_offs import MUTEXES
from engine.model.model import Model

MOST_LOCKS = 10  # those that cost the most waiting
MIN_TIMES = 3.0
SWITCH_NS = 5_000_000
MAX_PROBABILITY = 0.05
MIN_WAITING = 0.05
MIN_WAIT_NS = 100_000_000


class _Starving(NamedTuple):
    lane: int
    others: list[int]  # lanes
    taken_by_others: int  # while it waited
    taken: int
    waits: int
    waited_ns: int
    share: float  # of its life

    @property
    def times(self) -> float:
        """How much more often each of the others took it."""
        return self.taken_by_others / (len(self.others) * max(1, self.taken))


def find(model: Model, known: Known) -> list[Finding]:
    """At most one finding a lock: about the lane that gets the least of it."""
    found = []
    costly = [row for row in known.locks if row.primitive.kind in MUTEXES and row.wait_ns >= MIN_WAIT_NS]
    for row in costly[:MOST_LOCKS]:
        profile = known.profiles.of(row.primitive.id)
        starving = _starving(model, profile)
        if starving and not is_for_turns(model, profile):
            found.append(_of(model, row.primitive, max(starving, key=lambda each: each.times)))
    return found


def _starving(model: Model, profile: LockProfile) -> list[_Starving]:
    waited = np.bincount(profile.waits[:, 0], profile.waits[:, 2] - profile.waits[:, 1]).astype(np.int64)
    lanes = np.flatnonzero(waited >= MIN_WAIT_NS)
    alive = model.states.totals(lanes, model.start_ns, model.end_ns)[:, 1:].sum(axis=1)
    shares = waited[lanes] / np.maximum(1, alive)
    taken = dict(profile.users)
    found = []
    patient = np.flatnonzero(shares >= MIN_WAITING).tolist()
    for number in patient:
        lane = int(lanes[number])
        times, others = profile.overtaken(lane)
        if not others:
            continue
        waits = profile.waits[profile.waits[:, 0] == lane]
        share = float(shares[number])
        each = _Starving(lane, others, int(times.sum()), taken.get(lane, 0), len(waits), int(waited[lane]), share)
        by_chance = len(patient) * _by_chance(waits, times, len(others), profile.takes_after(lane))
        if each.times >= MIN_TIMES and by_chance <= MAX_PROBABILITY:
            found.append(each)
    return found


def _by_chance(waits: np.ndarray, times: np.ndarray, others: int, own: np.ndarray) -> float:
    """The probability of being overtaken so if it had a MIN_TIMES-th of its share. By wait: lane, start, end; how often
    others took the lock in it; how often the lane did itself afterwards.
    """
    excess = times - MIN_TIMES * others * own
    missed = int(np.minimum(times, -(-(waits[:, 2] - waits[:, 1]) // SWITCH_NS)).sum())
    too_few = probability(missed + len(waits), len(waits), 1 / (MIN_TIMES * others + 1))
    if not excess.any():
        return too_few
    deviate = float(excess.sum()) / math.sqrt(2 * float((excess**2).sum()))
    return min(max(math.erfc(deviate) / 2, 0.5 ** len(waits)), too_few)


def probability(chances: int, got: int, share: float) -> float:
    """That of so many chances, each taken with the probability `share`, no more than `got` are: an upper bound."""
    if not chances or got >= share * chances:
        return 1.0
    ratio = got / chances
    divergence = (1 - ratio) * math.log((1 - ratio) / (1 - share)) + (ratio * math.log(ratio / share) if ratio else 0.0)
    return math.exp(-chances * divergence)


def _of(model: Model, primitive: Primitive, found: _Starving) -> Finding:
    name, label = model.lane_label(found.lane), primitive.label
    others = listed([model.lane_label(lane) for lane in found.others], most=3)
    return finding(
        model,
        "starvation",
        f"{name} starves at {primitive.short}",
        f"{name} waited {duration(found.waited_ns)} for {label}, {percent(found.share)} of its time. In its"
        f" {count(found.waits, 'wait')} the lock was taken {count(found.taken_by_others, 'time')} by {others},"
        f" {rate(found.taken_by_others / found.waits)} times a wait, and by {name} {count(found.taken, 'time')} in all,"
        f" {rate(found.times)} times less than its share.",
        "Let those who take it again and again do so less often, or hand the work out through a queue, which is fair.",
        lanes=[found.lane],
        waits_for=label,
        primitive=primitive.id,
    )
