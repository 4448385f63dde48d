"""`threading`'s Condition, Event, Semaphore, BoundedSemaphore and Barrier, patched in place (Python classes)."""

from __future__ import annotations

from . import layout
from .follow import maker, making, signal, signalling, timed, waiting
from .originals import get_frame
from .patching import hidden, hide, replace_method
from .primitives import ATTRIBUTE, define
from .rlocks import make_rlock
from .sites import user_site
from .state import current
from .waits import begin, finish

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from .follow import Method


def make_condition(original: Method) -> Method:
    def __init__(self: Any, lock: Any = None) -> None:
        with hidden:
            frame = maker(get_frame(1))
            if frame is not None and lock is None:
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


def is_set(event: Any, *_: Any, **__: Any) -> bool:
    """Waiting will not block."""
    return bool(event._flag)


def make_acquire(original: Method) -> Method:
    """A semaphore's acquire: a wait only when there is nothing to be had at once."""

    def acquire(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            number = self.__dict__.get(ATTRIBUTE, 0)
            blocking = args[0] if args else kwargs.get("blocking", True)
            if not number or not blocking:
                return original(self, *args, **kwargs)
            if original(self, False):
                return True
            state = current()
            detail = layout.WAIT_OTHER | timed(args, kwargs, 1)
            outer = begin(state, number, detail, user_site(get_frame(1)))
            flags = layout.WAIT_FAILED
            try:
                result = original(self, *args, **kwargs)
                if result:
                    flags = 0
            finally:
                finish(state, outer, flags)
            return result
        except BaseException as error:
            hide(error)
            raise

    return acquire


def make_barrier_wait(original: Method) -> Method:
    """The last to arrive does not wait; it lets the others go."""
    follow = waiting(original)

    def wait(self: Any, *args: Any, **kwargs: Any) -> Any:
        with hidden:
            number = self.__dict__.get(ATTRIBUTE, 0)
            waiters = self._count if number else 0
            if not number or waiters + 1 < self._parties:
                return follow(self, *args, **kwargs)
            signal(number, waiters)
            return original(self, *args, **kwargs)

    return wait


def partial_making(kind: str, capacity: Callable[[Any], int | None]) -> Method:
    """For `replace_method`: an `__init__` that gives a number to what user code makes."""
    return lambda original: making(original, kind, capacity=capacity)


def patch_synchronisation(threading: ModuleType) -> None:
    """The classes of `threading`."""
    condition, event = threading.Condition, threading.Event
    replace_method(condition, "__init__", make_condition)
    replace_method(condition, "wait", lambda original: waiting(original, ready=is_not_owned))
    replace_method(condition, "notify", lambda original: signalling(original, waiters_notified))
    replace_method(event, "__init__", lambda original: making(original, "Event"))
    replace_method(event, "wait", lambda original: waiting(original, ready=is_set))
    replace_method(event, "set", lambda original: signalling(original, lambda self: len(self._cond._waiters) or 1))
    for semaphore, kind in ((threading.Semaphore, "Semaphore"), (threading.BoundedSemaphore, "BoundedSemaphore")):
        replace_method(semaphore, "__init__", partial_making(kind, lambda self: self._value))
        replace_method(semaphore, "acquire", make_acquire)
        replace_method(semaphore, "release", lambda original: signalling(original, lambda _, n=1: n))
    threading.Semaphore.__enter__ = threading.Semaphore.acquire
    barrier = threading.Barrier
    replace_method(barrier, "__init__", lambda o: making(o, "Barrier", capacity=lambda self: self._parties))
    replace_method(barrier, "wait", make_barrier_wait)
