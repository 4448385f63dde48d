"""The methods of a `multiprocessing` Lock, RLock or semaphore. Like `locks`, this is where signal handlers wait."""

from __future__ import annotations

from . import layout
from .contention import acquire_contended
from .follow import timed
from .holds import TracedBase, book, forget_holder, holder_of, unbook
from .originals import clock, get_frame
from .patching import hide, look_like
from .semaphores import Permits
from .sites import user_site
from .slices import wait_slice
from .state import current
from .waits import begin, finish

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DEFERS_SIGNALS = True
PARAMETERS = "block", "timeout"  # of `acquire`


def block_and_timeout(acquire: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
    """What a raw `acquire` would make of these arguments, if that many and so named are what it takes."""
    if len(args) > len(PARAMETERS) or not kwargs.keys() <= set(PARAMETERS[len(args) :]):
        acquire(*args, **kwargs)  # for its error
    given = dict(zip(PARAMETERS, args, strict=False)) | kwargs
    return given.get("block", True), given.get("timeout")


def name_as(raw: type) -> None:
    """The methods that stand on primitives are called as those of a raw SemLock."""
    for kind in (ProcessLock, ProcessSemaphore):
        for name in ("acquire", "release"):
            look_like(vars(kind)[name], getattr(raw, name))


class ProcessLock(TracedBase):
    """What stands for acquire and release of one lock in this process; `raw` is its SemLock."""

    __slots__ = ("is_recursive",)
    is_recursive: bool

    def set_up(self, number: int) -> None:
        """Not yet held by anybody in this process. Waiters in other processes cannot tell who holds it."""
        super().set_up(number)
        self.exact = True

    def acquire(self, *args: Any, **kwargs: Any) -> bool:
        """As the raw one's."""
        try:
            block, timeout = block_and_timeout(self.try_raw, args, kwargs) if args or kwargs else (True, None)
            is_plain = block is True or block is False
            # Either way for its error.
            acquired = self.try_raw(False, timeout) if is_plain else self.try_raw(block, 0 if block else timeout)
        except BaseException as error:
            hide(error)
            raise
        if acquired:
            if not self.is_recursive or self.raw._count() == 1:
                book(self, get_frame(1))
            return True
        try:
            return bool(block) and acquire_contended(self, get_frame(1), -1 if timeout is None else max(timeout, 0))
        except BaseException as error:
            hide(error)
            raise

    def __enter__(self) -> bool:
        if self.try_raw(False):
            if not self.is_recursive or self.raw._count() == 1:
                book(self, get_frame(2))
            return True
        try:
            return acquire_contended(self, get_frame(2), -1)
        except BaseException as error:
            hide(error)
            raise

    def release(self, *args: Any, **kwargs: Any) -> None:
        """As the raw one's."""
        try:
            if args or kwargs:
                self.release_raw(*args, **kwargs)  # for its error
            self.give_back()
        except BaseException as error:
            hide(error)
            raise

    def give_back(self) -> None:
        """Release. By another thread or process than its holder, it is a signal."""
        if not self.raw._is_mine() and holder_of(self) is None:
            try:
                self.release_raw()
            except BaseException as error:
                hide(error)
                raise
            return
        if self.is_recursive:
            if self.raw._is_mine() and self.raw._count() == 1:
                unbook(self, self.owner)
        elif self.owner is current():
            unbook(self, self.owner)
        else:
            forget_holder(self)
            now = clock()
            current().record(layout.SIGNAL, 1, user_site(get_frame(1)), self.number, now, now)
        self.release_raw()


class ProcessSemaphore:
    """The same for a Semaphore or BoundedSemaphore; `permits` are those that this process holds."""

    __slots__ = ("permits", "raw")

    def __init__(self, raw: Any, number: int) -> None:
        self.raw = raw
        self.permits = Permits(number, 1, exact=True)

    def acquire(self, *args: Any, **kwargs: Any) -> bool:
        """As the raw one's."""
        try:
            block, timeout = block_and_timeout(self.raw.acquire, args, kwargs) if args or kwargs else (True, None)
            return self.take(block, timeout, get_frame(1))
        except BaseException as error:
            hide(error)
            raise

    def take(self, block: bool, timeout: float | None, frame: Any) -> bool:
        """Acquire, and say so when it takes a wait."""
        acquired = bool(self.raw.acquire(False if block else block, timeout))
        if not acquired and block:
            state = current()
            outer = begin(state, self.permits.number, layout.WAIT_OTHER | timed((timeout,), {}, 0), user_site(frame))
            flags = layout.WAIT_FAILED
            try:
                acquired = wait_slice(self.raw.acquire, timeout)
                flags = 0 if acquired else flags | layout.WAIT_TIMED_OUT
            finally:
                finish(state, outer, flags)
        if acquired:
            self.permits.acquired(frame)
        return acquired

    def release(self, *args: Any, **kwargs: Any) -> None:
        """As the raw one's."""
        try:
            if args or kwargs:
                self.raw.release(*args, **kwargs)  # for its error
            self.give_back()
        except BaseException as error:
            hide(error)
            raise

    def give_back(self) -> None:
        """Release."""
        try:
            if self.raw._get_value() < self.raw.maxvalue:  # otherwise it is an error
                self.permits.released()
            self.raw.release()
        except BaseException as error:
            hide(error)
            raise

    def __enter__(self) -> bool:
        try:
            return self.take(True, None, get_frame(2))
        except BaseException as error:
            hide(error)
            raise
