"""Locks under which threads take turns at waiting for something: for a pipe, or, as daemons, for work.

Who waits for such a lock is as idle as who holds it.
"""

from collections.abc import Collection, Iterable

import numpy as np

from engine.analysis import unknown_waits
from engine.analysis.contention import LockProfile
from engine.model.model import Model
from engine.recording.schema import STATE_MASK, State

BLOCKED = (State.SLEEP, State.IO, State.WAIT)
WORK = {"Queue", "SimpleQueue", "process Queue", "process SimpleQueue", "process JoinableQueue", "Condition", "Event"}
MOST_WAITS = 1000  # of one hold
MOST_HOLDS = 20  # of a lock, the longest, that are asked what their holder did in them


def is_for_turns(model: Model, lock: LockProfile) -> bool:
    """Whether that is all that a lock is for, as far as its longest holds tell."""
    return are_turns(model, dict(lock.users), lock.longest_holds(MOST_HOLDS))


def are_turns(model: Model, lanes: Collection[int], holds: Iterable[tuple[int, int, int]]) -> bool:
    """Whether these holds (lane, start, end) are for nothing but one read from a pipe each, or, where all `lanes` that
    use the lock are daemons, for waiting for work. False when there are none. Unknown waits count for nothing.
    """
    idle, any_hold = all(model.lanes[lane].daemon for lane in lanes), False
    for lane, start, end in holds:
        slices = model.states.slices(lane, start, end, MOST_WAITS)
        states = slices.codes & STATE_MASK
        waits = slices.details[np.isin(states, BLOCKED) & ~unknown_waits.are_unknown(slices.codes)].tolist()
        kinds = [awaited.kind if (awaited := model.detail(each)[0]) else "" for each in waits]
        if kinds != ["Pipe"] and not (idle and kinds and all(kind in WORK for kind in kinds)):
            return False
        any_hold = True
    return any_hold
