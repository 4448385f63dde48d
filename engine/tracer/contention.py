"""Waiting for a lock that is held: in slices, so that an abort is honoured and the present holder is known."""

from __future__ import annotations

import sys

from . import layout
from .holds import TracedBase, book, holder_of
from .originals import clock
from .sites import stack_of, user_site
from .slices import wait_slice
from .state import ThreadState, current, run
from .waits import begin, finish, qualify, refine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

DEFERS_SIGNALS = True
FIRST_SLICE_S = 0.005  # most contended waits are over by then: no stack is taken for them
SLICE_S = 0.03  # how often a long wait looks at who holds the lock now, and whether to give up
COMMAND_WORD = layout.HEADER_COMMAND // 8


def is_aborted(state: ThreadState) -> bool:
    """Whether threads in contended waits are to give up."""
    return bool(state.words[COMMAND_WORD] & 0xFFFFFFFF == layout.COMMAND_ABORT)


def held_since_fork(lock: TracedBase, holder: ThreadState | None) -> int:
    """Flags of a wait in a forked process."""
    if holder is not None:
        run.held_by_others.discard(lock.number)
        run.held_by_forker.discard(lock.number)
    elif lock.number not in run.held_by_others | run.held_by_forker and is_left_behind(lock):
        run.held_by_others.add(lock.number)
    if lock.number in run.held_by_others:
        return layout.WAIT_HELD_AT_FORK
    return layout.WAIT_HELD_BY_FORKER if lock.number in run.held_by_forker else 0


def is_left_behind(lock: TracedBase) -> bool:
    """Whether nobody of this process can have taken a lock that is held and has no holder: whoever has was about to say
    so, or to release it, when this process was forked.
    """
    home = getattr(lock, "home", None)  # who has been said to have taken it last
    is_elsewhere = lock.number & layout.OBJECT_SHARED or (home is not None and home.ring is run.ring)
    return not is_elsewhere and len(sys._current_frames()) == 1  # another thread might be just about to say so


def acquire_contended(lock: TracedBase, frame: FrameType, timeout: float, may_give_up: bool = True) -> bool:
    """Wait for a lock that somebody else holds (or this thread itself). False when the timeout, in seconds, is over.

    Not `may_give_up`: an abort does not end it, for the caller will release the lock in any case.
    """
    state = current()
    deadline = clock() + int(timeout * 1e9) if timeout >= 0 else 0
    detail = layout.WAIT_LOCK | (layout.WAIT_TIMED if deadline else 0)
    lock.exact = True
    holder = holder_of(lock)
    owner = holder.serial if holder else 0
    outer = begin(state, lock.number, detail, user_site(frame), owner, lock.site, lock.since)
    try:
        acquired = wait_slice(lock.try_raw, FIRST_SLICE_S if not deadline else min(FIRST_SLICE_S, timeout))
        stack = 0 if acquired else stack_of(frame)
        while not acquired:
            holder = holder_of(lock)
            refine(state, stack, holder.serial if holder else 0, lock.site, lock.since)
            if run.forked:
                qualify(state, held_since_fork(lock, holder))
            stack = 0
            if may_give_up and is_aborted(state):
                raise SystemExit
            left = (deadline - clock()) / 1e9 if deadline else SLICE_S
            if left <= 0:
                finish(state, outer, layout.WAIT_FAILED | layout.WAIT_TIMED_OUT)
                return False
            acquired = wait_slice(lock.try_raw, min(SLICE_S, left))
        if may_give_up and is_aborted(state):  # nobody goes on with what another gave up
            lock.release_raw()
            raise SystemExit
    except BaseException:
        finish(state, outer, layout.WAIT_FAILED)
        raise
    finish(state, outer)
    book(lock, frame, not deadline)
    return True
