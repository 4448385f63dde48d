"""`threading.Lock` as user code gets it. Its fast path is written out in full: it is what every program runs most.

`acquire` is `__enter__` too, as the raw lock has it; `__exit__` takes for granted that the thread which began a `with`
block ends it. See holds for what is booked, and why signal handlers wait meanwhile.
"""

from __future__ import annotations

import sys

from . import layout
from .contention import acquire_contended, is_aborted
from .holds import (
    LockType,
    TracedBase,
    forget_holder,
    locate,
    move_in,
    name_hold,
    pack_hold,
    pretend_to_be,
    refuse_to_pickle,
)
from .nesting import nest, unnest
from .originals import RawLock, allocate_lock, clock, get_frame, get_ident, sys_get_frame
from .patching import Builtin, hidden, hide
from .primitives import define, is_reached
from .sites import code_of, user_site
from .state import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, NoReturn

DEFERS_SIGNALS = True


IS_TYPE = sys.version_info >= (3, 13)  # whether `threading.Lock` is the lock's type; before that it is a function


class TracedLock(TracedBase, metaclass=LockType):
    """A lock made by user code. Made by the standard library it is the raw lock itself."""

    __slots__ = ()
    raw_type: Any = RawLock

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if args or kwargs or not IS_TYPE:
            with hidden:
                RawLock(*args, **kwargs)
        return make_lock(get_frame(1))

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As the raw lock's."""
        if timeout != -1 or (blocking is not True and blocking is not False):
            with hidden:
                allocate_lock().acquire(blocking, timeout)  # for its error
        try:
            acquired = self.try_raw(False)
        except AttributeError:  # not one of ours: the original knows what it is
            acquired = False
        if not acquired:
            try:
                if type(self) is not TracedLock:
                    return bool(TracedLock.raw_type.acquire(self, blocking, timeout))
                frame = get_frame(1)
                # A condition takes its lock again before it lets an exception out: it is released in any case.
                may_give_up = frame.f_code.co_name != "_acquire_restore"
                return bool(blocking) and acquire_contended(self, frame, timeout, may_give_up)
            except BaseException as error:
                hide(error)
                raise
        if self.ident != get_ident():
            move_in(self)
        try:
            frame = sys_get_frame(1)
        except ValueError:
            frame = get_frame(1)
        if frame.f_lasti != self.instruction or frame.f_code is not self.code:
            locate(self, frame)
        self.since = clock()
        self.owner = state = self.home
        if state.held is None:
            state.held = self.reference
        else:
            nest(self, state, frame, bool(blocking) and timeout == -1)
        if self.exact:
            name_hold(self)
        return True

    def __exit__(self, kind: object = None, error: object = None, traceback: object = None) -> None:
        try:
            state = self.owner
        except AttributeError:
            state = None
        if state is None:
            try:
                if type(self) is not TracedLock:
                    TracedLock.raw_type.__exit__(self, kind, error, traceback)
                else:
                    release_elsewhere(self, get_frame(1))
            except BaseException as raised:
                hide(raised)
                raise
            return
        try:
            pack_hold(state.buffer, next(state.offsets), self.head, self.since, clock())
        except StopIteration:
            offset = state.refill()
            pack_hold(state.buffer, offset, self.head, self.since, clock())
        if state.held is self.reference:
            state.held = None
        else:
            unnest(self, state)
        if self.exact:
            state.words[self.slot] = 0
        self.owner = None
        self.release_raw()

    def release(self) -> None:
        """As the raw lock's."""
        try:
            state = self.owner
        except AttributeError:
            state = None
        if state is not None and state.ident == get_ident():
            self.__exit__(None, None, None)
            return
        try:
            if type(self) is not TracedLock:
                TracedLock.raw_type.release(self)
            else:
                release_elsewhere(self, get_frame(1))
        except BaseException as error:
            hide(error)
            raise

    def locked(self) -> bool:
        """Whether anybody holds it."""
        return bool(self.raw.locked())

    __enter__ = acquire
    _is_owned = locked  # what a Condition would find out by trying
    acquire_lock, release_lock, locked_lock = acquire, release, locked

    def _at_fork_reinit(self) -> None:
        self.owner = None
        self.raw._at_fork_reinit()

    def __repr__(self) -> str:
        return repr(self.raw).replace(hex(id(self.raw)), hex(id(self)))

    def __reduce__(self) -> NoReturn:
        try:
            refuse_to_pickle(RawLock)
        except TypeError as error:
            hide(error)
            raise

    def __init_subclass__(cls, **_: object) -> NoReturn:
        raise TypeError("type '_thread.lock' is not an acceptable base type")


pretend_to_be(TracedLock, RawLock)


class AllocateLock(Builtin):
    """`_thread.allocate_lock`."""

    __slots__ = ()

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """As the original."""
        if args or kwargs:
            with hidden:
                self.original(*args, **kwargs)
        return make_lock(get_frame(1))


def make_lock(frame: FrameType) -> Any:
    """A lock for the code in `frame`: traced for the user's, raw for the standard library's."""
    if code_of(frame).is_user:
        number = define("Lock", frame)
    elif is_reached(frame):
        number = define("Lock", frame, internal=True)
    else:
        return allocate_lock()
    self = object.__new__(TracedLock)
    self.wrap(allocate_lock(), number)
    return self


def release_elsewhere(lock: TracedLock, frame: FrameType) -> None:
    """Release of a lock that this thread did not acquire: a signal, as far as anybody can tell."""
    state = current()
    if is_aborted(state) and (lock.owner is not None or not lock.raw.locked()):  # it gave up taking it
        return
    try:
        if lock.raw.locked() and forget_holder(lock):
            now = clock()
            state.record(layout.SIGNAL, 1, user_site(frame), lock.number, now, now)
        lock.release_raw()
    except BaseException as error:
        hide(error)
        raise
