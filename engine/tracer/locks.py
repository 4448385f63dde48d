"""`threading.Lock` and `threading.RLock` as user code gets them: the raw lock, a HOLD record a cycle, the cell.

Everything here runs while a lock is being taken or given back, so signal handlers wait until it is through (see
signals). Stamps: a release is stamped and written before the raw release, an acquire after the raw acquire.
"""

from __future__ import annotations

from _struct import Struct
from _thread import TIMEOUT_MAX

from . import layout
from .originals import RawLock, RawRLock, allocate_lock, clock, get_frame, get_ident
from .patching import hide
from .primitives import define
from .sites import code_of, is_user_code, site_of, stack_of, user_site
from .slices import wait_slice
from .state import ThreadState, current, run
from .waits import begin, finish, refine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any, NoReturn

DEFERS_SIGNALS = True
FIRST_SLICE_S = 0.005  # most contended waits are over by then: no stack is taken for them
SLICE_S = 0.03  # how often a long wait looks at who holds the lock now, and whether to give up
COMMAND_WORD = layout.HEADER_COMMAND // 8
pack_hold = Struct("@16sQQ").pack_into  # a record, all its columns but the stamps as one
pack_head = Struct(layout.RECORD_FORMAT[:-2]).pack


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
        "exact",
        "head",
        "home",
        "ident",
        "instruction",
        "number",
        "owner",
        "raw",
        "release_raw",
        "serial",
        "since",
        "since_slot",
        "site",
        "slot",
        "slots",
        "try_raw",
    )

    raw: Any
    try_raw: Callable[..., bool]
    release_raw: Callable[[], None]
    number: int
    owner: ThreadState | None  # who acquired it last and has not released it
    since: int
    home: ThreadState  # who acquired it last
    ident: int  # of that thread; 0: ask anew
    slot: int  # word of that thread's cell that names this lock while it is held
    since_slot: int  # the next one
    slots: dict[ThreadState, int]  # the same for every thread that has acquired it and still has a slot for it
    serial: int  # of hand-offs between threads: orders holds whose stamps are equal; those of one thread are in order
    code: CodeType | None  # where it was last acquired, with `site` its number
    instruction: int
    site: int
    head: bytes  # of the next HOLD record: all but its stamps
    exact: bool  # its holder's cell names it from the first instant on, not only when its holder begins to wait

    def set_up(self, raw: Any, number: int) -> None:
        """Not yet held by anybody."""
        self.raw = raw
        self.try_raw = raw.acquire
        self.release_raw = raw.release
        self.number = number
        self.owner = None
        self.since = self.ident = self.slot = self.since_slot = self.serial = self.site = 0
        self.slots = {}
        self.code = None
        self.instruction = -1
        self.head = pack_head(layout.HOLD, 0, 0, number)
        self.exact = False


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
            try:
                return acquire_contended(self, get_frame(1), -1)
            except BaseException as error:
                hide(error)
                raise
        if self.ident != get_ident():
            move_in(self)
        frame = get_frame(1)
        if frame.f_lasti != self.instruction or frame.f_code is not self.code:
            locate(self, frame)
        self.since = clock()
        self.owner = self.home
        if self.exact:
            name_hold(self)
        return True

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As the raw lock's."""
        if timeout != -1 and not (blocking and 0 <= timeout <= TIMEOUT_MAX):
            try:
                return bool(self.raw.acquire(blocking, timeout))  # for its error
            except BaseException as error:
                hide(error)
                raise
        if not self.try_raw(False):
            try:
                return bool(blocking) and acquire_contended(self, get_frame(1), timeout)
            except BaseException as error:
                hide(error)
                raise
        if self.ident != get_ident():
            move_in(self)
        frame = get_frame(1)
        if frame.f_lasti != self.instruction or frame.f_code is not self.code:
            locate(self, frame)
        self.since = clock()
        self.owner = self.home
        if self.exact:
            name_hold(self)
        return True

    def release(self) -> None:
        """As the raw lock's."""
        state = self.owner
        if state is None or state.ident != get_ident():
            try:
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
        if self.exact:
            state.words[self.slot] = 0
        self.owner = None
        self.release_raw()

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        state = self.owner
        if state is None:
            try:
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
        if self.exact:
            state.words[self.slot] = 0
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
        try:
            refuse_to_pickle(RawLock)
        except TypeError as error:
            hide(error)
            raise

    def __init_subclass__(cls, **_: object) -> NoReturn:
        raise TypeError("type '_thread.lock' is not an acceptable base type")


class TracedRLock(TracedBase, metaclass=LockType):
    """A reentrant lock made by user code. One HOLD record from the first acquire to the last release."""

    __slots__ = ("depth",)
    depth: int
    raw_type: type = RawRLock
    plain: Any = RawRLock  # `threading.RLock` as it was, which knows what to say about arguments

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if args or kwargs:
            return cls.plain(*args, **kwargs)
        frame = get_frame(1)
        if not is_user_code(frame):
            return RawRLock()
        return make_rlock(frame)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As the raw lock's."""
        if timeout != -1 and not (blocking and 0 <= timeout <= TIMEOUT_MAX):
            try:
                return bool(self.raw.acquire(blocking, timeout))  # for its error
            except BaseException as error:
                hide(error)
                raise
        if self.try_raw(False):
            self.depth += 1
            if self.depth == 1:
                book(self, get_frame(1))
            return True
        try:
            if blocking and acquire_contended(self, get_frame(1), timeout):
                self.depth = 1
                return True
        except BaseException as error:
            hide(error)
            raise
        return False

    def __enter__(self) -> bool:
        if not self.try_raw(False):
            try:
                acquire_contended(self, get_frame(1), -1)
            except BaseException as error:
                hide(error)
                raise
            self.depth = 1
            return True
        if self.depth:
            self.depth += 1
            return True
        self.depth = 1
        if self.ident != get_ident():
            move_in(self)
        frame = get_frame(1)
        if frame.f_lasti != self.instruction or frame.f_code is not self.code:
            locate(self, frame)
        self.since = clock()
        self.owner = self.home
        if self.exact:
            name_hold(self)
        return True

    def release(self) -> None:
        """As the raw lock's."""
        if not self.raw._is_owned():
            try:
                self.release_raw()  # for its error
            except BaseException as error:
                hide(error)
                raise
        if self.depth == 1:
            unbook(self, self.owner)
        self.depth -= 1
        self.release_raw()

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        state = self.owner
        if self.depth != 1 or state is None:
            self.release()
            return
        self.depth = 0
        try:
            pack_hold(state.buffer, next(state.offsets), self.head, self.since, clock())
        except StopIteration:
            offset = state.refill()
            pack_hold(state.buffer, offset, self.head, self.since, clock())
        if self.exact:
            state.words[self.slot] = 0
        self.owner = None
        self.release_raw()

    def _is_owned(self) -> bool:
        return bool(self.raw._is_owned())

    def _recursion_count(self) -> int:
        return self.depth if self.raw._is_owned() else 0

    def _release_save(self) -> Any:
        if self.raw._is_owned():
            self.depth = 0
            unbook(self, self.owner)
        return self.raw._release_save()

    def _acquire_restore(self, saved: Any) -> None:
        frame = get_frame(1)
        if self.try_raw(False):
            book(self, frame)
        else:
            acquire_contended(self, frame, -1, may_give_up=False)
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
        try:
            refuse_to_pickle(RawRLock)
        except TypeError as error:
            hide(error)
            raise


for traced, original in ((TracedLock, RawLock), (TracedRLock, RawRLock)):
    traced.__name__, traced.__qualname__, traced.__module__ = original.__name__, original.__qualname__, "_thread"


def make_rlock(frame: FrameType) -> TracedRLock:
    """A traced reentrant lock made by the code in `frame`."""
    self = object.__new__(TracedRLock)
    self.set_up(RawRLock(), define("RLock", frame))
    self.depth = 0
    return self


def name_hold(lock: TracedBase) -> None:
    """Say in the holder's cell that it holds the lock."""
    words = lock.home.words
    words[lock.since_slot] = lock.since
    words[lock.slot] = lock.number


def refuse_to_pickle(raw: type) -> NoReturn:
    """As the raw lock does."""
    raise TypeError(f"cannot pickle '{raw.__module__}.{raw.__name__}' object")


def locate(lock: TracedBase, frame: FrameType) -> None:
    """Remember where the lock was acquired; for the standard library's code, whose code called it."""
    known = code_of(frame)
    if known.is_user:
        lock.code, lock.instruction = known.code, frame.f_lasti
        lock.site = known.sites.get(lock.instruction) or site_of(frame)
    else:
        lock.code, lock.instruction, lock.site = None, -1, user_site(frame)
    lock.head = pack_head(layout.HOLD, lock.serial, lock.site, lock.number)


def move_in(lock: TracedBase) -> None:
    """The calling thread has acquired a lock that another had before: from now on its slot is in this thread's cell."""
    state = current()
    lock.home = state
    lock.serial = lock.serial + 1 & 0xFFFF
    lock.head = pack_head(layout.HOLD, lock.serial, lock.site, lock.number)
    slot = lock.slots.get(state)
    if slot is None:
        slot = state.reserve_slot(lock)
    lock.slot, lock.since_slot = slot, slot + 1
    lock.ident = state.ident if slot != state.spare_slot else 0


def book(lock: TracedBase, frame: FrameType) -> None:
    """The calling thread has just acquired the lock at `frame`."""
    if lock.ident != get_ident():
        move_in(lock)
    if frame.f_lasti != lock.instruction or frame.f_code is not lock.code:
        locate(lock, frame)
    lock.since = clock()
    lock.owner = lock.home
    if lock.exact:
        name_hold(lock)


def unbook(lock: TracedBase, state: ThreadState | None) -> None:
    """The holder is about to release; `state` is who acquired."""
    if state is None:  # before a fork
        return
    try:
        pack_hold(state.buffer, next(state.offsets), lock.head, lock.since, clock())
    except StopIteration:
        offset = state.refill()
        pack_hold(state.buffer, offset, lock.head, lock.since, clock())
    if lock.exact:
        state.words[lock.slot] = 0
    lock.owner = None


def holder_of(lock: TracedBase) -> ThreadState | None:
    """Who is said to hold the lock: a thread of this process, not one of before a fork."""
    holder = lock.owner
    return holder if holder is not None and holder.ring is run.ring else None


def forget_holder(lock: TracedBase) -> bool:
    """Whoever is said to hold the lock does not any more. False when nobody is said to."""
    holder = holder_of(lock)
    lock.owner = None
    if holder is None:
        return False
    holder.words[lock.slot] = 0
    return True


def release_elsewhere(lock: TracedLock, frame: FrameType) -> None:
    """Release of a lock that this thread did not acquire: a signal, as far as anybody can tell."""
    try:
        if lock.raw.locked() and forget_holder(lock):
            now = clock()
            current().record(layout.SIGNAL, 1, user_site(frame), lock.number, now, now)
        lock.release_raw()
    except BaseException as error:
        hide(error)
        raise


def is_aborted(state: ThreadState) -> bool:
    """Whether threads in contended waits are to give up."""
    return bool(state.words[COMMAND_WORD] & 0xFFFFFFFF == layout.COMMAND_ABORT)


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
            stack = 0
            if may_give_up and is_aborted(state):
                raise SystemExit
            left = (deadline - clock()) / 1e9 if deadline else SLICE_S
            if left <= 0:
                finish(state, outer, layout.WAIT_FAILED)
                return False
            acquired = wait_slice(lock.try_raw, min(SLICE_S, left))
        if may_give_up and is_aborted(state):  # nobody goes on with what another gave up
            lock.release_raw()
            raise SystemExit
    except BaseException:
        finish(state, outer, layout.WAIT_FAILED)
        raise
    finish(state, outer)
    book(lock, frame)
    return True
