"""`threading.RLock` as user code gets it: one HOLD record from the first acquire to the last release.

See locks, whose fast path this one follows, and holds.
"""

from __future__ import annotations

from .contention import acquire_contended, is_aborted
from .holds import (
    LockType,
    TracedBase,
    book,
    locate,
    move_in,
    name_hold,
    pack_hold,
    pretend_to_be,
    refuse_to_pickle,
    unbook,
)
from .nesting import nest, unnest
from .originals import RawRLock, clock, get_frame, get_ident, sys_get_frame
from .patching import hidden, hide
from .primitives import define, is_reached
from .sites import code_of
from .state import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, NoReturn

DEFERS_SIGNALS = True


class TracedRLock(TracedBase, metaclass=LockType):
    """A reentrant lock made by user code."""

    __slots__ = ("depth",)
    depth: int
    raw_type: Any = RawRLock
    factory: Any = None  # code of `threading.RLock`, a function that makes one for its caller

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if (args or kwargs) and cls is TracedRLock:  # those of a subclass are for its `__init__`
            with hidden:
                RawRLock(*args, **kwargs)
        frame = get_frame(1)
        if frame.f_code is cls.factory and frame.f_back is not None:
            frame = frame.f_back
        if code_of(frame).is_user:
            return make_rlock(frame, cls)
        return make_rlock(frame, cls, internal=True) if is_reached(frame) else RawRLock()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:  # noqa: PLR0912  (the fast path is one function)
        """As the raw lock's."""
        if timeout != -1 or (blocking is not True and blocking is not False):
            with hidden:
                RawRLock().acquire(blocking, timeout)  # for its error
        try:
            acquired = self.try_raw(False)
        except AttributeError:  # not one of ours: the original knows what it is
            acquired = False
        if not acquired:
            try:
                if not issubclass(type(self), TracedRLock):
                    return bool(TracedRLock.raw_type.acquire(self, blocking, timeout))
                if blocking and acquire_contended(self, get_frame(1), timeout):
                    self.depth = 1
                    return True
            except BaseException as error:
                hide(error)
                raise
            return False
        if self.depth:
            self.depth += 1
            return True
        self.depth = 1
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

    def release(self) -> None:
        """As the raw lock's."""
        try:
            is_owned = self.raw._is_owned()
        except AttributeError:
            is_owned = False
        if not is_owned:
            try:
                if not issubclass(type(self), TracedRLock):
                    TracedRLock.raw_type.release(self)
                    return
                if is_aborted(current()):  # it gave up taking it
                    return
                self.release_raw()  # for its error
            except BaseException as error:
                hide(error)
                raise
        if self.depth == 1:
            unbook(self, self.owner)
        self.depth -= 1
        self.release_raw()

    def __exit__(self, kind: object = None, error: object = None, traceback: object = None) -> None:
        try:
            state = self.owner
        except AttributeError:
            state = None
        if state is None or self.depth != 1:
            if state is None and not issubclass(type(self), TracedRLock):
                with hidden:
                    TracedRLock.raw_type.__exit__(self, kind, error, traceback)
            else:
                self.release()
            return
        self.depth = 0
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

    __enter__ = acquire

    def _is_owned(self) -> bool:
        return bool(self.raw._is_owned())

    def _recursion_count(self) -> int:
        return self.depth if self.raw._is_owned() else 0

    def _release_save(self) -> Any:
        if self.raw._is_owned():
            self.depth = 0
            unbook(self, self.owner)
        return self.raw._release_save()

    def _acquire_restore(self, *args: Any, **kwargs: Any) -> None:
        try:
            TracedRLock.raw_type()._acquire_restore(*args, **kwargs)  # for its error
        except TypeError as error:
            hide(error)
            raise
        frame = get_frame(1)
        (saved,) = args
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


pretend_to_be(TracedRLock, RawRLock)
if not hasattr(RawRLock, "locked"):
    del TracedRLock.locked


def make_rlock(frame: FrameType, cls: type[TracedRLock] = TracedRLock, *, internal: bool = False) -> TracedRLock:
    """A traced reentrant lock made by the code in `frame`."""
    self = object.__new__(cls)
    self.wrap(RawRLock(), define("RLock", frame, internal=internal))
    self.depth = 0
    return self
