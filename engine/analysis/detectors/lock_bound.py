"""Workers that spend much of their time in waiting for locks of which no other finding speaks.

The plain sum that is left when the waiting makes no convoy, no lock is held while blocked and no single line is to
blame: many locks, or one that is taken at many lines. Silent about deadlocks and whoever waits behind them, few waits
and short runs, and where most of the waiting is for locks that others release, by which a thread is told to go on, for
what is made once under each of many locks (see `once`), or by idle daemons for their turn (see `turns`).
"""

import numpy as np

from engine.analysis import once
from engine.analysis.building import Finding, finding, listed
from engine.analysis.detectors import uneven
from engine.analysis.known import Known
from engine.analysis.turns import is_for_turns
from engine.model.format import duration, percent
from engine.model.hand_offs import MUTEXES
from engine.model.model import Model
from engine.recording.schema import State

MIN_LANES = 2
MIN_SHARE = 0.3  # of the crew's time
MIN_NS = 200_000_000  # of waiting in all
MIN_WAITS = 20
MOST_LOCKS = 3  # that are named
MOST_ASKED = 10  # of which it is looked up what their holders did
TOLD = frozenset({"convoy", "lock-held-while-blocked", "costly-hold"})


def find(model: Model, known: Known) -> list[Finding]:
    """At most one finding a crew."""
    waited_for = [row for row in known.locks if row.primitive.kind in MUTEXES and row.wait_ns]
    whole = sum(row.wait_ns for row in waited_for)
    if sum(row.waits for row in waited_for) < MIN_WAITS or whole < MIN_NS:
        return []
    told = known.locks_told(TOLD)
    told |= _signals(model, [row.primitive.id for row in waited_for])
    told |= {
        row.primitive.id
        for row in waited_for
        if once.is_harmless(row.longest_hold_ns, row.hold_ns, row.longest_wait_ns)
    }
    left = [row for row in waited_for if row.primitive.id not in told]
    turns = {row.primitive.id for row in left[:MOST_ASKED] if is_for_turns(model, known.profiles.of(row.primitive.id))}
    left = [row for row in left if row.primitive.id not in turns]
    if 2 * sum(row.wait_ns for row in left) < whole:
        return []
    deadlocks = [each for each in known.told if each["kind"] == "deadlock"]
    stuck = {lane for each in deadlocks for lane in each["lanes"]}
    held_up = {edge["primitive"] for each in deadlocks for edge in each.get("edges") or ()}
    held_up_ns = sum(row.wait_ns for row in waited_for if row.primitive.id in held_up)
    if 2 * held_up_ns >= whole:
        return []
    found = []
    for lanes in uneven.crews(model):
        if len(lanes) < MIN_LANES or not stuck.isdisjoint(lanes):
            continue
        totals = model.states.totals(np.array(lanes), model.start_ns, model.end_ns)
        waited, alive = int(totals[:, State.LOCK_WAIT].sum()), max(1, int(totals[:, 1:].sum()))
        if waited < MIN_NS or waited < MIN_SHARE * alive:
            continue
        most = [f"{row.primitive.label} ({percent(row.wait_ns / whole)} of it)" for row in left[:MOST_LOCKS]]
        found.append(
            finding(
                model,
                "lock-bound",
                f"{len(lanes)} workers are bound by their locks",
                f"They spent {percent(waited / alive)} of their time in waiting for locks, {duration(waited)} in all,"
                f" the most for {listed(most)}.",
                "Hold locks for less time, or divide what they protect; more workers would only wait longer.",
                lanes=lanes,
                waits_for=left[0].primitive.label,
                primitive=left[0].primitive.id,
            )
        )
    return found


def _signals(model: Model, locks: list[int]) -> set[int]:
    """Those of these locks that somebody has released who did not hold them."""
    released = np.zeros(max(locks) + 1, bool)
    primitives = model.signals.rows["primitive"]
    released[primitives[primitives <= max(locks)]] = True
    return {lock for lock in locks if released[lock]}
