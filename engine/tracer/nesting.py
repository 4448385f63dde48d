"""Locks acquired while others are held: what lock orders are made of.

A thread's state names what it holds in `held`: None, or a weak reference to the one lock, or a list of several, in the
order in which they were acquired. The fast paths of locks keep it for a thread that holds one lock at most; whatever is
nested comes here. Locks that another thread has released meanwhile stay in the list until the thread looks at it again.

`observe` is called after each nested acquire, `steer` makes a function be called before each; both are for modules that
are told so by their environment, and a program that has neither pays nothing for them.
"""

from __future__ import annotations

from .originals import get_frame
from .patching import hide, look_like
from .state import ThreadState, current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from .holds import Hold, TracedBase

    # (lock, the locks held already in order of acquisition, thread, where, whether the call waits without a limit)
    Observer = Callable[[TracedBase, list[TracedBase], ThreadState, FrameType, bool], None]
    Steerer = Callable[[TracedBase, list[TracedBase], ThreadState, FrameType], None]

DEFERS_SIGNALS = True
MOST = 64  # outer locks of one acquire that are looked at; the outermost are left out
observers: list[Observer] = []


def held_by(state: ThreadState, but: TracedBase | None = None) -> list[TracedBase]:
    """The locks that a thread holds, in the order of their acquisition, without `but`. For that thread itself."""
    held = state.held
    if held is None:
        return []
    found = []
    for reference in held if isinstance(held, list) else (held,):
        lock = reference()
        if lock is not None and lock is not but and lock.owner is state:
            found.append(lock)
    return found


def nest(lock: TracedBase, state: ThreadState, frame: FrameType, may_block: bool) -> None:
    """The thread has acquired the lock, and `held` is not None."""
    held = state.held
    if isinstance(held, list):
        outer = held_by(state, lock)[-MOST:]
        state.held = [*[other.reference for other in outer], lock.reference] if outer else lock.reference
    else:
        assert held is not None
        other = held()
        if other is None or other is lock or other.owner is not state:
            state.held = lock.reference
            return
        outer = [other]
        state.held = [held, lock.reference]
    if outer:
        for observe in observers:
            observe(lock, outer, state, frame, may_block)


def unnest(lock: Hold, state: ThreadState) -> None:
    """The thread is about to release the lock, which is not the only one in `held`."""
    held = state.held
    if not isinstance(held, list):
        return
    if held[-1] is lock.reference:
        held.pop()
    elif lock.reference in held:
        held.remove(lock.reference)
    if len(held) == 1:
        state.held = held[0]


def observe(observer: Observer) -> None:
    """Have `observer` called after each nested acquire, while the new lock is held. It must not block nor raise."""
    observers.append(observer)


def steer(kinds: tuple[type, ...], before: Steerer) -> None:
    """Have `before` called before each acquire of locks of these classes by a thread that holds another one.

    It may block. Locks of multiprocessing that exist already are not steered. To be called before the program runs.
    """
    for kind in kinds:
        for name in ("acquire", "__enter__"):
            original = kind.__dict__.get(name)
            if original is not None:
                setattr(kind, name, look_like(_steered(original, before), original))


def _steered(original: Callable[..., Any], before: Steerer) -> Callable[..., Any]:
    def acquire(self: TracedBase, *args: Any, **kwargs: Any) -> Any:
        try:
            state = current()
            if state.held is not None:
                outer = held_by(state, self)
                if outer and self.owner is not state:
                    before(self, outer, state, get_frame(1))
            return original(self, *args, **kwargs)
        except BaseException as error:
            hide(error)
            raise

    return acquire
