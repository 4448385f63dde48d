"""Tells each way of taking a lock while others are held, once, with the stacks of both acquires: what deadlocks are
predicted from (see engine.analysis); and who has joined whom and passed which barrier, which rules some of
them out.

The same is told anew once its thread has started or joined another, passed a barrier or let others go on: it may lie in
another order to theirs then.
"""

from __future__ import annotations

import os

from .nesting import observe
from .originals import clock
from .sites import stack_at, stack_of
from .state import current, run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

    from .holds import TracedBase
    from .state import ThreadState

DEFERS_SIGNALS = True
MOST = 20_000  # told by one process
MOST_PASSAGES = 100  # of one barrier by one thread
MOST_GIFTS = 100  # of one thread, to others that wait

known: set[tuple[object, ...]] = set()
passages: dict[tuple[int, int], int] = {}  # by a thread's serial and a barrier: how often it has passed it


def install() -> None:
    """From now on."""
    observe(note)
    os.register_at_fork(after_in_child=forget)


def forget() -> None:
    """A forked child tells its own. (New ones: without a GIL these may be locked for ever in the child.)"""
    global known, passages
    known, passages = set(), {}


def started() -> None:
    """The calling thread has started a thread or a process."""
    run.starts += 1
    current().era += 1


def joined(thread: int = 0, process: int = 0) -> None:
    """The calling thread knows that a thread (its serial) or a process (its pid) has ended."""
    run.starts += 1
    state = current()
    state.era += 1
    state.ring.texts.write("joined", state.serial, clock(), thread, process)


def gave() -> bool:
    """The calling thread lets others go on. False: this has happened too often for all to be told anew each time."""
    state = current()
    if state.gifts >= MOST_GIFTS or len(known) > MOST // 2:
        return False
    state.gifts += 1
    state.era += 1
    return True


def passed(barrier: int, arrived: int, *, broken: bool) -> None:
    """The calling thread, which arrived at a barrier then (ns), leaves it: with all others, or because it is broken."""
    state = current()
    key = state.serial, barrier
    nth = passages.get(key, 0) + 1
    if nth <= MOST_PASSAGES:
        passages[key] = nth
        state.era += 1
        state.ring.texts.write("passed", state.serial, arrived, clock(), barrier, 0 if broken else nth)


def note(lock: TracedBase, outer: list[TracedBase], state: ThreadState, frame: FrameType, may_block: bool) -> None:
    """The thread has acquired `lock` at `frame` while it held `outer`."""
    serial = state.serial
    key: tuple[object, ...]
    if len(outer) == 1:
        held = outer[0]
        key = (serial, state.era, lock.number, lock.site, may_block, held.number, held.site)
    else:
        places = [(each.number, each.site) for each in outer]
        key = (serial, state.era, lock.number, lock.site, may_block, *places)
    if key not in known and len(known) <= MOST:
        known.add(key)
        tell(lock, outer, state, frame, may_block)


def tell(lock: TracedBase, outer: list[TracedBase], state: ThreadState, frame: FrameType, may_block: bool) -> None:
    """The first time."""
    texts = state.ring.texts
    if len(known) > MOST:
        texts.write(
            "note", clock(), f"Locks were taken in more than {MOST} ways: deadlocks are predicted from the first."
        )
        return
    held: list[int] = []
    for each in outer:
        held += (each.number, stack_at(each.site, frame))
    texts.write("nesting", state.serial, clock(), lock.number, stack_of(frame), may_block, tuple(held))
