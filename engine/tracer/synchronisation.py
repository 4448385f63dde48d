"""`threading`'s Condition, Event, Semaphore, BoundedSemaphore and Barrier, patched in place (Python classes)."""

from __future__ import annotations

from . import layout, lock_order, semaphores
from .follow import always, maker, making, signal, signalling, waiting
from .originals import clock, get_frame
from .patching import hidden, replace_method
from .primitives import ATTRIBUTE, define
from .queues import PART
from .rlocks import TracedRLock, make_rlock
from .state import current
from .waits import over, time_out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .follow import Method


def make_condition(original: Method) -> Method:
    threading: dict[str, Any] = original.__globals__
    factory = threading["RLock"]

    def __init__(self: Any, lock: Any = None) -> None:
        with hidden:
            frame = maker(get_frame(1))
            # A program, or gevent, may have put another RLock in its place.
            is_ours = threading["RLock"] is factory and threading.get("_CRLock") is TracedRLock
            if frame is not None and lock is None and is_ours:
                lock = make_rlock(frame)
            original(self, lock)
            if frame is not None and ATTRIBUTE not in self.__dict__:
                self.__dict__[ATTRIBUTE] = define("Condition", frame)

    return __init__


def is_not_owned(condition: Any, *_: Any, **__: Any) -> bool:
    """Waiting will be refused."""
    return not condition._is_owned()


def waiters_notified(condition: Any, n: int = 1) -> int:
    """How many threads a notify wakes."""
    return min(n, len(condition._waiters))


def waiters_let_go(event: Any, *_: Any, **__: Any) -> int:
    """How many threads a set lets go on; whoever comes later counts as one."""
    return len(event._cond._waiters) or 1


def is_own(condition: Any) -> bool:
    """Whether its number is its own, not that of a queue that it is part of."""
    return PART not in condition.__dict__


def is_set(event: Any, *_: Any, **__: Any) -> bool:
    """Waiting will not block."""
    return bool(event._flag)


def make_barrier_wait(original: Method) -> Method:
    """What is before it in one thread happens before what is after it in any other.

    Everybody waits from the beginning, the last to arrive until it lets the others go (see `make_barrier_release`):
    who that is shows within the barrier's lock only, which may be held for long by whoever runs its action.
    """
    follow = waiting(original)
    follow_limited = waiting(original, detail=layout.WAIT_OTHER | layout.WAIT_TIMED)  # each wait, by how it was made

    def wait(self: Any, *args: Any, **kwargs: Any) -> Any:
        with hidden:
            number = self.__dict__.get(ATTRIBUTE, 0)
            if not number:
                return original(self, *args, **kwargs)
            arrived, broken = clock(), True
            following = follow if self._timeout is None else follow_limited
            try:
                result = following(self, *args, **kwargs)
                broken = False
            finally:
                lock_order.passed(self, arrived, broken=broken)
            return result

    return wait


def make_barrier_release(original: Method) -> Method:
    """The last to arrive runs the barrier's action and lets the others go."""

    def _release(self: Any) -> None:
        with hidden:
            number = self.__dict__.get(ATTRIBUTE, 0)
            if number:
                over(current(), number)
            original(self)
            if number:
                signal(number, self._count - 1)

    return _release


def make_barrier_break(original: Method) -> Method:
    """Whoever aborts it lets those at it go; so does one of them whose timeout is over."""

    def _break(self: Any) -> None:
        with hidden:
            original(self)
            number = self.__dict__.get(ATTRIBUTE, 0)
            if not number:
                return
            state, others = current(), self._count
            if state.wait is not None and state.wait[0] == number:
                time_out(state)
                others -= 1
            if others > 0:
                signal(number, others)

    return _break


def partial_making(kind: str) -> Method:
    """For `replace_method`: the `__init__` of a semaphore that gives a number to what user code makes."""
    return lambda original: making(original, kind, capacity=lambda self: self._value, after=semaphores.follow_permits)


def make_timer(original: Method) -> Method:
    """Its thread waits for the time to pass, or to be cancelled: the event that it waits on stands for the timer."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        with hidden:
            original(self, *args, **kwargs)
            frame = maker(get_frame(1))
            if frame is not None:
                told = getattr(self.finished, "__dict__", {})  # an event of gevent's has none
                told.setdefault(ATTRIBUTE, define("Timer", frame))

    return __init__


def patch_synchronisation(threading: ModuleType) -> None:
    """The classes of `threading`."""
    condition, event = threading.Condition, threading.Event
    replace_method(condition, "__init__", make_condition)
    replace_method(condition, "wait", lambda original: waiting(original, ready=is_not_owned, gets=is_own))
    replace_method(condition, "notify", lambda original: signalling(original, waiters_notified, gives=is_own))
    replace_method(event, "__init__", lambda original: making(original, "Event"))
    replace_method(event, "wait", lambda original: waiting(original, ready=is_set, gets=always))
    replace_method(event, "set", lambda original: signalling(original, waiters_let_go, gives=always))
    for semaphore, kind in ((threading.Semaphore, "Semaphore"), (threading.BoundedSemaphore, "BoundedSemaphore")):
        replace_method(semaphore, "__init__", partial_making(kind))
        replace_method(semaphore, "acquire", semaphores.make_acquire)
        replace_method(semaphore, "release", semaphores.make_release)
    threading.Semaphore.__enter__ = threading.Semaphore.acquire
    barrier = threading.Barrier
    replace_method(barrier, "__init__", lambda o: making(o, "Barrier", capacity=lambda self: self._parties))
    replace_method(barrier, "wait", make_barrier_wait)
    replace_method(barrier, "_release", make_barrier_release)
    replace_method(barrier, "_break", make_barrier_break)
    replace_method(threading.Timer, "__init__", make_timer)
