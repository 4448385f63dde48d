"""Tells who lets others go on by a primitive, and who goes on so: each once by a thread and a primitive. What could
only be if it came the other way round is no possible deadlock then (see engine.analysis).

It is about primitives that nobody passes before somebody else has done something: an event is set, a queue is filled, a
semaphore that began with nothing gets a permit, a condition is notified.
"""

from __future__ import annotations

import os

from . import lock_order
from .originals import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .state import ThreadState

DEFERS_SIGNALS = True
MOST = 2000  # primitives of which one process tells
GAVE, GOT, GOT_IN_TIME = 1, 2, 4  # bits of a thread's `told`; the last: by a wait with a timeout

followed: set[int] = set()


def install() -> None:
    """From now on."""
    os.register_at_fork(after_in_child=forget)


def forget() -> None:
    """A forked child tells its own. (A new set: without a GIL this one may be locked for ever in the child.)"""
    global followed  # noqa: PLW0603
    followed = set()


def tell(state: ThreadState, number: int, what: int) -> None:
    """The calling thread does so for the first time. Callers look into `told` first, for most of the time it is not."""
    if number not in followed:
        if len(followed) > MOST:
            lock_order.fall_silent(state)
            return
        followed.add(number)
        if len(followed) > MOST:
            state.ring.texts.write("gave", state.serial, clock(), 0, False)  # not all is told from now on
            lock_order.fall_silent(state)
            return
    state.told[number] = state.told.get(number, 0) | what
    lock_order.matters(state)
    if what == GAVE:
        state.ring.texts.write("gave", state.serial, clock(), number, lock_order.part(state))
    else:
        state.ring.texts.write("got", state.serial, clock(), number, what == GOT)
