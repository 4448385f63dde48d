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
from .primitives import ATTRIBUTE
from .sites import stack_at, stack_of
from .state import current, run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from .holds import TracedBase
    from .state import ThreadState

DEFERS_SIGNALS = True
MOST = 20_000  # told by one process
MOST_PASSAGES = 100  # of one barrier by one thread
MOST_GIFTS = 100  # of one thread, to others that wait

PASSAGES = "_lanescope_passages"  # on a barrier: the ring of this process, and how often each thread has passed it
NOBODY: tuple[None, dict[int, int]] = None, {}

known: set[tuple[object, ...]] = set()


def install() -> None:
    """From now on."""
    observe(note)
    os.register_at_fork(after_in_child=forget)


def forget() -> None:
    """A forked child tells its own. (A new one: without a GIL this may be locked for ever in the child.)"""
    global known  # noqa: PLW0603
    known = set()


def started() -> None:
    """The calling thread has started a thread or a process."""
    run.starts += 1
    state = current()
    state.era += 1
    matters(state)


def joined(thread: int = 0, process: int = 0) -> None:
    """The calling thread knows that a thread (its serial) or a process (its pid) has ended."""
    run.starts += 1
    state = current()
    state.era += 1
    matters(state)
    state.ring.texts.write("joined", state.serial, clock(), thread, process)


def part(state: ThreadState) -> bool:
    """What the calling thread does from now on is told anew. False: it has been so too often already, and what was told
    since the last time stands for all that is to come.
    """
    if state.gifts <= MOST_GIFTS and state.told_in == state.era:
        state.gifts = state.gifts + 1 if len(known) <= MOST // 2 else MOST_GIFTS + 1
        state.era += 1
        if state.gifts > MOST_GIFTS:
            fall_silent(state)
    return state.gifts <= MOST_GIFTS


def fall_silent(state: ThreadState) -> None:
    """From now on not all is told any more that the calling thread does, or comes to know, and that orders threads."""
    if not state.is_silent:
        state.is_silent = True
        state.ring.texts.write("untold", state.serial, clock())


def matters(state: ThreadState) -> None:
    """What the calling thread is at has to do with the order of things: tells of its job."""
    if state.job is not None:
        state.job.tell(state)


def passed(barrier: Any, arrived: int, *, broken: bool) -> None:
    """The calling thread, which arrived at a barrier then (ns), leaves it: with all others, or because it is broken.

    A barrier that has more users than parties orders nothing: the first one too many is told of, and nobody after it.
    """
    state = current()
    ring, passages = barrier.__dict__.get(PASSAGES, NOBODY)
    if ring is not state.ring:  # a forked child's begin anew
        passages = {}
        barrier.__dict__[PASSAGES] = state.ring, passages
    nth = passages.get(state.serial, 0) + 1
    if nth <= MOST_PASSAGES and (nth > 1 or len(passages) <= barrier._parties):
        passages[state.serial] = nth
        number = barrier.__dict__[ATTRIBUTE]
        state.era += 1
        matters(state)
        state.ring.texts.write("passed", state.serial, arrived, clock(), number, 0 if broken else nth)
    elif nth == MOST_PASSAGES + 1 and len(passages) <= barrier._parties:
        passages[state.serial] = nth
        fall_silent(state)


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
    state.told_in = state.era
    matters(state)
    held: list[int] = []
    for each in outer:
        held += (each.number, stack_at(each.site, frame))
    texts.write("nesting", state.serial, clock(), lock.number, stack_of(frame), may_block, tuple(held))
