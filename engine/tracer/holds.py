"""What every traced lock keeps, and how a hold is booked: a HOLD record a cycle, the holder's cell.

Everything here runs while a lock is being taken or given back, so signal handlers wait until it is through (see
signals). Stamps: a release is stamped and written before the raw release, an acquire after the raw acquire.
"""

from __future__ import annotations

import sys
from _struct import Struct
from _weakref import ref

from . import layout
from .nesting import nest, unnest
from .originals import clock, get_ident
from .patching import copied, look_like
from .sites import code_of, site_of, user_site
from .state import ThreadState, current, run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any, NoReturn
    from weakref import ReferenceType

DEFERS_SIGNALS = True
FunctionType = type(code_of)
type_name: Any = type.__dict__["__name__"]
type_signature: Any = type.__dict__["__text_signature__"]
pack_hold = Struct("@16sQQ").pack_into  # a record, all its columns but the stamps as one
pack_head = Struct(layout.RECORD_FORMAT[:-2]).pack


class LockType(type):
    """Lets raw locks count as instances, as they do where `threading.Lock` is a type."""

    raw_type: Any

    @property
    def is_ours(cls) -> bool:
        """Not derived from one of ours by the program."""
        return "raw_type" in cls.__dict__

    def __instancecheck__(cls, thing: object) -> bool:
        return super().__instancecheck__(thing) or (cls.is_ours and isinstance(thing, cls.raw_type))

    def __repr__(cls) -> str:
        return repr(cls.raw_type) if cls.is_ours else super().__repr__()

    # Errors name a class as C knows it: `pretend_to_be` lets that be what they say of the raw type, with its module.

    def _get_name(cls) -> str:
        name: str = type_name.__get__(cls)
        return name.rpartition(".")[2]

    def _set_name(cls, name: str) -> None:
        type_name.__set__(cls, name)

    __name__ = property(_get_name, _set_name)

    @property
    def __signature__(cls) -> Any:
        if cls.is_ours:
            return sys.modules["inspect"].signature(cls.raw_type)  # which is what asks
        raise AttributeError("__signature__")

    @property
    def __text_signature__(cls) -> Any:
        return type_signature.__get__(cls.raw_type if cls.is_ours else cls)


class Hold:
    """What can be held by one thread at a time: a lock, or one of a semaphore's permits."""

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
        "reference",
        "serial",
        "since",
        "since_slot",
        "site",
        "site_slot",
        "slot",
        "slots",
    )

    number: int
    reference: ReferenceType[Any]  # to this one: how a thread's state names what it holds
    owner: ThreadState | None  # who acquired it last and has not released it
    since: int
    home: ThreadState  # who acquired it last
    ident: int  # of that thread; 0: ask anew
    slot: int  # word of that thread's cell that names this lock while it is held
    since_slot: int  # the next one
    site_slot: int  # the one that tells where it was acquired
    slots: dict[ThreadState, int]  # the same for every thread that has acquired it and still has a slot for it
    serial: int  # of hand-offs between threads: orders holds whose stamps are equal; those of one thread are in order
    code: CodeType | None  # where it was last acquired, with `site` its number
    instruction: int
    site: int
    head: bytes  # of the next HOLD record: all but its stamps
    exact: bool  # its holder's cell names it from the first instant on, not only when its holder begins to wait

    def set_up(self, number: int) -> None:
        """Not yet held by anybody."""
        self.number = number
        self.reference = ref(self)
        self.owner = None
        self.since = self.ident = self.slot = self.since_slot = self.site_slot = self.serial = self.site = 0
        self.slots = {}
        self.code = None
        self.instruction = -1
        self.head = pack_head(layout.HOLD, 0, 0, number)
        self.exact = False


class TracedBase(Hold):
    """What all kinds of lock keep."""

    __slots__ = ("raw", "release_raw", "try_raw")

    raw: Any
    try_raw: Callable[..., bool]
    release_raw: Callable[..., None]

    def wrap(self, raw: Any, number: int) -> None:
        """Stand for this raw lock, which nobody holds yet."""
        self.raw = raw
        self.try_raw = raw.acquire
        self.release_raw = raw.release
        self.set_up(number)

    def __dir__(self) -> list[str]:
        return dir(self.raw)


def pretend_to_be(traced: type, raw: type) -> None:
    """Give a class, and its methods, the names, signatures and documentation of the one it stands for."""
    traced.__name__ = f"{raw.__module__}.{raw.__name__}"
    traced.__qualname__, traced.__module__, traced.__doc__ = raw.__qualname__, raw.__module__, raw.__doc__
    for name, method in list(vars(traced).items()):
        if isinstance(method, FunctionType) and hasattr(raw, name):
            setattr(traced, name, look_like(copied(method), getattr(raw, name)))
    if sys.version_info >= (3, 15) and "__exit__" in vars(traced):  # from then on it wants all three arguments
        vars(traced)["__exit__"].__defaults__ = None


def refuse_to_pickle(raw: type) -> NoReturn:
    """As the raw one does."""
    raise TypeError(f"cannot pickle '{raw.__module__}.{raw.__name__}' object")


def name_hold(lock: Hold) -> None:
    """Say in the holder's cell that it holds the lock."""
    words = lock.home.words
    words[lock.site_slot] = lock.site
    words[lock.since_slot] = lock.since
    words[lock.slot] = lock.number


def locate(lock: Hold, frame: FrameType) -> None:
    """Remember where the lock was acquired; for the standard library's code, whose code called it."""
    known = code_of(frame)
    if known.is_user:
        lock.code, lock.instruction = known.code, frame.f_lasti
        lock.site = known.sites.get(lock.instruction) or site_of(frame)
    else:
        lock.code, lock.instruction, lock.site = None, -1, user_site(frame)
    lock.head = pack_head(layout.HOLD, lock.serial, lock.site, lock.number)


def move_in(lock: Hold) -> None:
    """The calling thread has acquired a lock that another had before: from now on its slot is in this thread's cell."""
    state = current()
    lock.home = state
    lock.serial = lock.serial + 1 & 0xFFFF
    lock.head = pack_head(layout.HOLD, lock.serial, lock.site, lock.number)
    slot = lock.slots.get(state)
    if slot is None:
        slot = state.reserve_slot(lock)
    lock.slot, lock.since_slot, lock.site_slot = slot, slot + 1, state.site_word(slot)
    lock.ident = state.ident if slot != state.spare_slot else 0


def book(lock: TracedBase, frame: FrameType, may_block: bool = True) -> None:
    """The calling thread has just acquired the lock at `frame`, by a call that `may_block` for ever."""
    state = book_apart(lock, frame)
    if state.held is None:
        state.held = lock.reference
    else:
        nest(lock, state, frame, may_block)


def book_apart(hold: Hold, frame: FrameType) -> ThreadState:
    """As `book`, for what has no place in the order of locks. Returns the calling thread's state."""
    if hold.ident != get_ident():
        move_in(hold)
    if frame.f_lasti != hold.instruction or frame.f_code is not hold.code:
        locate(hold, frame)
    hold.since = clock()
    hold.owner = state = hold.home
    if hold.exact:
        name_hold(hold)
    return state


def unbook(lock: Hold, state: ThreadState | None) -> None:
    """The holder is about to release; `state` is who acquired."""
    if state is None:  # before a fork
        return
    try:
        pack_hold(state.buffer, next(state.offsets), lock.head, lock.since, clock())
    except StopIteration:
        offset = state.refill()
        pack_hold(state.buffer, offset, lock.head, lock.since, clock())
    if state.held is lock.reference:
        state.held = None
    else:
        unnest(lock, state)
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
