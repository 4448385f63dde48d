"""The line whose holds of a lock cost others the most, where its holder was busy all the while.

Silent about locks that make a convoy or are held while blocked or at which whoever waits the most starves, which have
findings of their own, and about locks whose waiting is less than MIN_SHARE of their users' time.
"""

import numpy as np

from engine.analysis.building import Finding, Held, finding
from engine.analysis.contention import Line, LockProfile
from engine.analysis.known import Known
from engine.model.columns import distinct
from engine.model.format import count, duration, percent
from engine.model.hand_offs import MUTEXES
from engine.model.model import Model
from engine.recording.schema import State

MOST_LOCKS = 3  # the most costly ones
MOST_HOLDS = 10_000  # of a line, the longest, of which it is looked up what was done in them
MIN_WAITS = 5
MIN_WAIT_NS = 100_000_000
MIN_SHARE = 0.15  # of its users' time is spent in waiting for it
MIN_LINE_SHARE = 0.6  # of that waiting is owed to one line
MIN_BUSY = 0.5  # of the time for which that line holds the lock
TOLD = frozenset({"convoy", "lock-held-while-blocked"})
BUSY = (State.RUNNING, State.GIL_WAIT, State.CORE_WAIT)


def find(model: Model, known: Known) -> list[Finding]:
    """At most one finding a lock."""
    costly = [
        row.primitive
        for row in known.locks[: 4 * MOST_LOCKS]
        if row.primitive.kind in MUTEXES and row.waits >= MIN_WAITS and row.wait_ns >= MIN_WAIT_NS
    ][:MOST_LOCKS]
    told = known.locks_told(TOLD)
    starving = {each["primitive"]: each["lanes"] for each in known.told if each["kind"] == "starvation"}
    found = []
    for primitive in costly:
        if primitive.id in told:
            continue
        profile = known.profiles.of(primitive.id)
        waits = profile.waits[:, 2] - profile.waits[:, 1]
        waited = int(waits.sum())
        worst = line_to_blame(profile)
        users = [lane for lane, _ in profile.users]
        lanes = distinct(np.append(np.array(users, np.int64), profile.waits[:, 0]))
        alive = int(model.states.totals(lanes, model.start_ns, model.end_ns)[:, 1:].sum())
        if worst is None or worst.site is None or waited < MIN_SHARE * alive:
            continue
        starved = np.isin(profile.waits[:, 0], starving.get(primitive.id, []))
        if 2 * int(waits[starved].sum()) >= waited:
            continue
        lane, start, end, _ = _longest(profile.holds_at(worst)).T
        spent = model.states.totals_between(lane, start, end).sum(axis=0)
        if spent[list(BUSY)].sum() < MIN_BUSY * spent.sum():
            continue
        found.append(
            finding(
                model,
                "costly-hold",
                f"{primitive.short} is held for long at {worst.site.label}",
                f"{worst.site.function} takes {primitive.label} at {worst.site.label} and holds it for"
                f" {duration(worst.total_ns)} in {count(worst.holds, 'hold')}, {duration(worst.longest_ns)} at most."
                f" Others waited {duration(worst.blocked_ns)} for that: {percent(worst.blocked_ns / waited)} of all"
                f" waiting for this lock, which is {percent(waited / max(1, alive))} of its users' time.",
                "Prepare what is needed before taking the lock, and hold it only for the change of shared data; or"
                " split what it protects over several locks.",
                lanes=[int(lane) for lane in lanes],
                waits_for=primitive.label,
                held={int(each): Held([primitive.label], worst.number) for each in distinct(lane)},
                primitive=primitive.id,
            )
        )
    return found


def line_to_blame(profile: LockProfile) -> Line | None:
    """The line whose holds MIN_LINE_SHARE of the waiting is owed to."""
    waited = int((profile.waits[:, 2] - profile.waits[:, 1]).sum())
    worst = max(profile.lines, key=lambda line: line.blocked_ns, default=None)
    return worst if worst is not None and waited and worst.blocked_ns >= MIN_LINE_SHARE * waited else None


def _longest(holds: np.ndarray) -> np.ndarray:
    """MOST_HOLDS of them at most. Lane, start, end, site."""
    if len(holds) <= MOST_HOLDS:
        return holds
    chosen: np.ndarray = holds[np.argpartition(holds[:, 1] - holds[:, 2], MOST_HOLDS)[:MOST_HOLDS]]
    return chosen
