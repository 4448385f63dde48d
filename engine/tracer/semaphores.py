"""Semaphores: who holds how many of their permits, who waits for one.

A semaphore is a lock to some programs and a signal to others. Each permit is booked to the thread that acquired it, as
a lock is, until that thread releases one. A semaphore that somebody releases without holding a permit, or that begins
with none, is a signal: from then on its permits are held by nobody.
"""

from __future__ import annotations

from . import layout
from .follow import gave, got, signal, timed
from .holds import Hold, book_apart, unbook
from .originals import get_frame
from .patching import hide
from .sites import user_site
from .state import ThreadState, current, run
from .waits import begin, finish

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from .follow import Method

DEFERS_SIGNALS = True
PERMITS = "_lanescope_permits"
PARAMETERS = {"blocking", "timeout"}  # of `acquire`; what has others is refused by the original


class Permits:
    """The permits of one semaphore that threads of this process hold. `exact`: cells name them from the first on."""

    __slots__ = ("began_empty", "exact", "free", "held", "is_signal", "number")

    def __init__(self, number: int, initial: int, *, exact: bool = False) -> None:
        self.number = number
        self.began_empty = initial == 0  # nobody gets a permit before one is released
        self.is_signal = self.began_empty
        self.exact = exact
        self.free: list[Hold] = []
        self.held: dict[ThreadState, list[Hold]] = {}

    def acquired(self, frame: FrameType, in_time: int = 0) -> None:
        """The calling thread has a permit more. `in_time`: it would have done without one after a while."""
        if self.began_empty:
            got(self.number, in_time)
        if self.is_signal:
            return
        try:
            permit = self.free.pop()
        except IndexError:
            permit = Hold()
            permit.set_up(self.number)
            permit.exact = self.exact
        state = book_apart(permit, frame)
        try:
            self.held[state].append(permit)
        except KeyError:
            self.held[state] = [permit]

    def released(self, count: int = 1) -> None:
        """The calling thread is about to release so many."""
        signal(self.number, count)
        if self.began_empty:
            gave(self.number)
        if self.is_signal:
            return
        state = current()
        mine = self.held.get(state)
        if mine is None or len(mine) < count:
            self.forget()
            return
        for _ in range(count):
            permit = mine.pop()
            unbook(permit, state)
            self.free.append(permit)
        if not mine:
            del self.held[state]

    def contended(self) -> None:
        """Somebody waits for a permit: from now on cells say who holds them."""
        self.exact = True
        for permit in self.free:
            permit.exact = True

    def forget(self) -> None:
        """It is a signal."""
        self.is_signal = True
        current().ring.texts.write("used-as-signal", self.number)
        held, self.held = self.held, {}
        for state, permits in list(held.items()):  # another thread may still have hold of it
            for permit in permits:
                permit.owner = None
                if state.ring is run.ring:
                    state.words[permit.slot] = 0


def make_acquire(original: Method) -> Method:
    """A semaphore's acquire: a wait only when there is nothing to be had at once."""

    def acquire(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            permits = self.__dict__.get(PERMITS)
            if permits is None or len(args) > 2 or not kwargs.keys() <= PARAMETERS:
                return original(self, *args, **kwargs)
            blocking = args[0] if args else kwargs.get("blocking", True)
            if original(self, False) if blocking else original(self, *args, **kwargs):
                permits.acquired(get_frame(1), not blocking or timed(args, kwargs, 1))
                return True
            if not blocking:
                return False
            frame = get_frame(1)
            state = current()
            permits.contended()
            in_time = timed(args, kwargs, 1)
            outer = begin(state, permits.number, layout.WAIT_OTHER | in_time, user_site(frame))
            flags = layout.WAIT_FAILED
            try:
                result = original(self, *args, **kwargs)
                flags = 0 if result else flags | layout.WAIT_TIMED_OUT
            finally:
                finish(state, outer, flags)
            if result:
                permits.acquired(frame, in_time)
            return result
        except BaseException as error:
            hide(error)
            raise

    return acquire


def make_release(original: Method) -> Method:
    """Who holds permits gives them back; whoever does not, signals."""

    def release(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            permits = self.__dict__.get(PERMITS)
            count = args[0] if args else kwargs.get("n", 1)
            if permits is not None and isinstance(count, int) and 0 < count <= room(self):
                permits.released(count)
            original(self, *args, **kwargs)
        except BaseException as error:
            hide(error)
            raise

    return release


def room(semaphore: Any) -> float:
    """How many permits can be released before the semaphore complains."""
    initial = getattr(semaphore, "_initial_value", None)
    return float("inf") if initial is None else float(initial - semaphore._value)


def follow_permits(semaphore: Any, number: int) -> None:
    """For `making`: the semaphore has its number."""
    semaphore.__dict__[PERMITS] = Permits(number, semaphore._value)
