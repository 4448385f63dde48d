"""`threading.Lock` and `threading.RLock` as user code gets them: the raw lock, a HOLD record a cycle, the cell.

Everything here runs while a lock is being taken or given back, so signal handlers wait until it is through (see
signals). Stamps: a release is stamped and written before the raw release, an acquire after the raw acquire.
"""

from __future__ import annotations

from _thread import TIMEOUT_MAX

from . import layout
from .originals import RawLock, RawRLock, allocate_lock, clock, count, get_frame
from .primitives import define
from .ring import pack_record
from .sites import is_user_code, site_of, stack_of, user_site
from .slices import wait_slice
from .state import ThreadState, current, enter, local
from .waits import begin, finish, refine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType, FrameType
    from typing import Any, NoReturn

DEFERS_SIGNALS = True
FIRST_SLICE_S = 0.005  # most contended waits are over by then: no stack is taken for them
SLICE_S = 0.03  # how often a long wait looks at who holds the lock now, and whether to give up
COMMAND_WORD = layout.HEADER_COMMAND // 8
HOLD = layout.HOLD


class LockType(type):
    """Lets raw locks count as instances, as they do where `threading.Lock` is a type."""

    raw_type: type

    def __instancecheck__(cls, thing: object) -> bool:
        return type(thing) is cls or isinstance(thing, cls.raw_type)

    def __repr__(cls) -> str:
        return repr(cls.raw_type)


class TracedBase:
    """What both kinds of lock keep."""

    __slots__ = (
        "__weakref__",
        "code",
        "instruction",
        "number",
        "owner",
        "raw",
        "release_raw",
        "serials",
        "since",
        "site",
        "slot",
        "try_raw",
    )

    raw: Any
    try_raw: Callable[..., bool]
    release_raw: Callable[[], None]
    number: int
    serials: Iterator[int]  # of holds; only the holder takes one
    owner: ThreadState | None  # who acquired it last and has not released it
    since: int
    slot: int  # word of the owner's cell that names this lock
    code: CodeType | None  # where it was last acquired, with `site` its number
    instruction: int
    site: int

    def set_up(self, raw: Any, number: int) -> None:
        """Not yet held by anybody."""
        self.raw = raw
        self.try_raw = raw.acquire
        self.release_raw = raw.release
        self.number = number
        self.serials = count(1)
        self.owner = None
        self.since = self.slot = self.site = 0
        self.code = None
        self.instruction = -1


class TracedLock(TracedBase, metaclass=LockType):
    """A lock made by user code. Made by the standard library it is the raw lock itself."""

    __slots__ = ()
    raw_type: type = RawLock

    def __new__(cls) -> Any:
        frame = get_frame(1)
        if not is_user_code(frame):
            return allocate_lock()
        self = object.__new__(cls)
        self.set_up(allocate_lock(), define("Lock", frame))
        return self

    def __enter__(self) -> bool:
        if not self.try_raw(False):
            return acquire_contended(self, get_frame(1), -1)
        try:
            state = local.state
        except AttributeError:
            state = enter()
        frame = get_frame(1)
        if frame.f_lasti != self.instruction or frame.f_code is not self.code:
            locate(self, frame)
        self.owner = state
        try:
            self.slot = slot = state.free_slots.pop()
        except IndexError:
            self.slot = slot = state.spare_slot
        words = state.words
        words[slot + 1] = self.since = clock()
        words[slot] = self.number
        return True

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As the raw lock's."""
        if timeout != -1 and not (blocking and 0 <= timeout <= TIMEOUT_MAX):
            return bool(self.raw.acquire(blocking, timeout))  # for its error
        if self.try_raw(False):
            book(self, get_frame(1))
            return True
        return bool(blocking) and acquire_contended(self, get_frame(1), timeout)

    def release(self) -> None:
        """As the raw lock's."""
        state = self.owner
        try:
            if state is not local.state:
                raise AttributeError
        except AttributeError:
            release_elsewhere(self)
            return
        slot = self.slot
        state.words[slot] = 0
        try:
            offset = next(state.offsets)
        except StopIteration:
            offset = state.refill()
        pack_record(
            state.buffer, offset, HOLD, next(self.serials) & 0xFFFF, self.site, self.number, self.since, clock()
        )
        if slot != state.spare_slot:
            state.free_slots.append(slot)
        self.owner = None
        self.release_raw()

    def __exit__(self, *exception: object) -> None:
        state = self.owner
        try:
            if state is not local.state:
                raise AttributeError
        except AttributeError:
            release_elsewhere(self)
            return
        slot = self.slot
        state.words[slot] = 0
        try:
            offset = next(state.offsets)
        except StopIteration:
            offset = state.refill()
        pack_record(
            state.buffer, offset, HOLD, next(self.serials) & 0xFFFF, self.site, self.number, self.since, clock()
        )
        if slot != state.spare_slot:
            state.free_slots.append(slot)
        self.owner = None
        self.release_raw()

    def locked(self) -> bool:
        """Whether anybody holds it."""
        return bool(self.raw.locked())

    _is_owned = locked  # what a Condition would find out by trying

    acquire_lock, release_lock, locked_lock = acquire, release, locked

    def _at_fork_reinit(self) -> None:
        self.owner = None
        self.raw._at_fork_reinit()

    def __repr__(self) -> str:
        return repr(self.raw).replace(hex(id(self.raw)), hex(id(self)))

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"cannot pickle '{RawLock.__module__}.{RawLock.__name__}' object")

    def __init_subclass__(cls, **_: object) -> NoReturn:
        raise TypeError("type '_thread.lock' is not an acceptable base type")


class TracedRLock(TracedBase, metaclass=LockType):
    """A reentrant lock made by user code. One HOLD record from the first acquire to the last release."""

    __slots__ = ("depth",)
    depth: int
    raw_type: type = RawRLock

    def __new__(cls) -> Any:
        frame = get_frame(1)
        if not is_user_code(frame):
            return RawRLock()
        return make_rlock(frame)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As the raw lock's."""
        if timeout != -1 and not (blocking and 0 <= timeout <= TIMEOUT_MAX):
            return bool(self.raw.acquire(blocking, timeout))  # for its error
        if self.try_raw(False):
            self.depth += 1
            if self.depth == 1:
                book(self, get_frame(1))
            return True
        if blocking and acquire_contended(self, get_frame(1), timeout):
            self.depth = 1
            return True
        return False

    def __enter__(self) -> bool:
        if self.try_raw(False):
            self.depth += 1
            if self.depth == 1:
                book(self, get_frame(1))
            return True
        acquire_contended(self, get_frame(1), -1)
        self.depth = 1
        return True

    def release(self) -> None:
        """As the raw lock's."""
        if self.depth == 1 and self.raw._is_owned():
            self.depth = 0
            unbook(self)
        elif self.depth > 1 and self.raw._is_owned():
            self.depth -= 1
        self.release_raw()

    def __exit__(self, *exception: object) -> None:
        self.release()

    def _is_owned(self) -> bool:
        return bool(self.raw._is_owned())

    def _recursion_count(self) -> int:
        return self.depth if self.raw._is_owned() else 0

    def _release_save(self) -> Any:
        if self.raw._is_owned():
            self.depth = 0
            unbook(self)
        return self.raw._release_save()

    def _acquire_restore(self, saved: Any) -> None:
        frame = get_frame(1)
        if self.try_raw(False):
            book(self, frame)
        else:
            acquire_contended(self, frame, -1)
        for _ in range(saved[0] - 1):
            self.try_raw(False)
        self.depth = saved[0]

    def locked(self) -> bool:
        """Whether anybody holds it (3.14 has this)."""
        return self.depth > 0

    def _at_fork_reinit(self) -> None:
        self.owner = None
        self.depth = 0
        self.raw._at_fork_reinit()

    def __repr__(self) -> str:
        return repr(self.raw).replace(hex(id(self.raw)), hex(id(self)))

    def __reduce__(self) -> NoReturn:
        raise TypeError("cannot pickle '_thread.RLock' object")


def make_rlock(frame: FrameType) -> TracedRLock:
    """A traced reentrant lock made by the code in `frame`."""
    self = object.__new__(TracedRLock)
    self.set_up(RawRLock(), define("RLock", frame))
    self.depth = 0
    return self


def locate(lock: TracedBase, frame: FrameType) -> None:
    """Remember where the lock was acquired; for the standard library's code, whose code called it."""
    if is_user_code(frame):
        lock.code, lock.instruction, lock.site = frame.f_code, frame.f_lasti, site_of(frame)
    else:
        lock.code, lock.instruction, lock.site = None, -1, user_site(frame)


def book(lock: TracedBase, frame: FrameType) -> None:
    """The calling thread has just acquired the lock at `frame`."""
    try:
        state = local.state
    except AttributeError:
        state = enter()
    if frame.f_lasti != lock.instruction or frame.f_code is not lock.code:
        locate(lock, frame)
    lock.owner = state
    try:
        lock.slot = slot = state.free_slots.pop()
    except IndexError:
        lock.slot = slot = state.spare_slot
    words = state.words
    words[slot + 1] = lock.since = clock()
    words[slot] = lock.number


def unbook(lock: TracedBase) -> None:
    """The calling thread, which holds the lock, is about to release it."""
    state = lock.owner
    if state is None or state is not current():
        forget_holder(lock)
        return
    slot = lock.slot
    state.words[slot] = 0
    state.record(HOLD, next(lock.serials) & 0xFFFF, lock.site, lock.number, lock.since, clock())
    if slot != state.spare_slot:
        state.free_slots.append(slot)
    lock.owner = None


def forget_holder(lock: TracedBase) -> bool:
    """Whoever is said to hold the lock does not any more. False when that was another process, before a fork."""
    holder = lock.owner
    lock.owner = None
    if holder is None:
        return True
    try:
        holder.words[lock.slot] = 0
    except ValueError:  # an unmapped ring: inherited by fork
        return False
    if lock.slot != holder.spare_slot:
        holder.free_slots.append(lock.slot)
    return True


def release_elsewhere(lock: TracedLock) -> None:
    """Release of a lock that this thread did not acquire: a signal, as far as anybody can tell."""
    if lock.owner is not None and lock.raw.locked() and forget_holder(lock):
        try:
            state = local.state
        except AttributeError:
            state = enter()
        now = clock()
        state.record(layout.SIGNAL, 1, user_site(get_frame(2)), lock.number, now, now)
    lock.release_raw()


def acquire_contended(lock: TracedBase, frame: FrameType, timeout: float) -> bool:
    """Wait for a lock that somebody else holds (or this thread itself). False when the timeout, in seconds, is over."""
    try:
        state = local.state
    except AttributeError:
        state = enter()
    deadline = clock() + int(timeout * 1e9) if timeout >= 0 else 0
    detail = layout.WAIT_LOCK | (layout.WAIT_TIMED if deadline else 0)
    holder = lock.owner
    outer = begin(state, lock.number, detail, user_site(frame), holder.serial if holder else 0, lock.site)
    try:
        acquired = wait_slice(lock.try_raw, FIRST_SLICE_S if not deadline else min(FIRST_SLICE_S, timeout))
        stack = 0 if acquired else stack_of(frame)
        while not acquired:
            holder = lock.owner
            refine(state, stack, holder.serial if holder else 0, lock.site)
            stack = 0
            if state.words[COMMAND_WORD] & 0xFFFFFFFF == layout.COMMAND_ABORT:
                raise SystemExit
            left = (deadline - clock()) / 1e9 if deadline else SLICE_S
            if left <= 0:
                finish(state, outer, layout.WAIT_FAILED)
                return False
            acquired = wait_slice(lock.try_raw, min(SLICE_S, left))
    except BaseException:
        finish(state, outer, layout.WAIT_FAILED)
        raise
    finish(state, outer)
    book(lock, frame)
    return True
