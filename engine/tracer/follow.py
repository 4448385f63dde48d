"""The shapes that most patched methods have: a wait around the original, a signal after it."""

from __future__ import annotations

from . import layout
from .originals import clock, get_frame
from .patching import hidden, hide
from .primitives import ATTRIBUTE, define, define_shared
from .signal_order import GAVE, GOT, GOT_IN_TIME, tell
from .sites import is_user_code, user_site
from .state import current
from .waits import begin, expect, finish

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    Method = Callable[..., Any]

# Names of what is raised when a timeout is over: by futures, queues, pools and `subprocess`.
TIMEOUTS = frozenset({"TimeoutError", "Empty", "Full", "TimeoutExpired"})


def timed(args: tuple[Any, ...], kwargs: dict[str, Any], position: int) -> int:
    """WAIT_TIMED when a call has a timeout: its argument at that position, or by its name."""
    timeout = args[position] if len(args) > position else kwargs.get("timeout")
    return 0 if timeout is None else layout.WAIT_TIMED


def in_vain(kind: int) -> int:
    """Flags of such a wait that what was waited for did not end: its timeout did, if it has one."""
    return layout.WAIT_FAILED | (layout.WAIT_TIMED_OUT if kind & layout.WAIT_TIMED else 0)


def waiting(
    original: Method,
    *,
    timeout_at: int = 0,
    detail: int = layout.WAIT_OTHER,
    ready: Callable[..., bool] | None = None,
    owner: Callable[[Any], int] | None = None,
    failed: Callable[..., bool] | None = None,
    raised: Callable[[Any, BaseException], None] | None = None,
    gets: Callable[[Any], bool] | None = None,
    reads: Callable[[Any, bool], None] | None = None,
    receives: bool = False,
) -> Method:
    """A method that waits, on the object's primitive, unless `ready(self, *args)` says that it will not.

    `owner(self)` gives the serial of the thread that will end the wait, `failed(self, result)` whether it ended by its
    timeout (otherwise: whether the result is False). `raised(self, error)` is told what the original raises.
    `gets(self)`: nobody gets through before another has let it. `reads(self, sure)` is told that it has got through,
    waiting or not; not sure: it might not have waited for ever. `receives`: what it waits for are bytes.
    """

    def get_through(self: Any, number: int, in_time: int) -> None:
        if gets is not None and gets(self):
            got(number, in_time)
        if reads is not None:
            reads(self, not in_time)

    tells = gets is not None or reads is not None

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            number = self.__dict__.get(ATTRIBUTE, 0)
            if not number or (ready is not None and ready(self, *args, **kwargs)):
                result = original(self, *args, **kwargs)
                if number and tells:
                    get_through(self, number, timed(args, kwargs, timeout_at))
                return result
            state = current()
            if state.wait is not None and state.wait[0] == number:  # one of this object's methods calls another
                return original(self, *args, **kwargs)
            kind = detail | timed(args, kwargs, timeout_at)
            outer = begin(state, number, kind, user_site(get_frame(1)), owner(self) if owner is not None else 0)
            if receives:
                expect(state, outer)
            flags = layout.WAIT_FAILED
            try:
                result = original(self, *args, **kwargs)
                flags = in_vain(kind) if (result is False if failed is None else failed(self, result)) else 0
            except BaseException as error:
                if type(error).__name__ in TIMEOUTS:
                    flags = in_vain(kind)
                raise
            finally:
                if flags and ready is not None and ready(self, *args, **kwargs):
                    flags = 0  # raised, but not for want of what was waited for
                finish(state, outer, flags)
            if tells and not flags:
                get_through(self, number, kind & layout.WAIT_TIMED)
            return result
        except BaseException as error:
            if raised is not None:
                raised(self, error)
            hide(error)
            raise
        finally:
            del self, args, kwargs  # the error's traceback keeps this frame, and a future keeps its error

    return method


def always(_: Any) -> bool:
    """For `gets` and `gives`."""
    return True


def signalling(
    original: Method, how_many: Callable[..., int] | None = None, *, gives: Callable[[Any], bool] | None = None
) -> Method:
    """A method that lets others go on: `how_many(self, *args)` of them, none: no signal. `gives(self)`: some could not
    go on before.
    """

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            number = self.__dict__.get(ATTRIBUTE, 0)
            if number:
                waiters = how_many(self, *args, **kwargs) if how_many is not None else 1
                if waiters > 0:
                    signal(number, waiters)
                    if gives is not None and gives(self):
                        gave(number)
            return original(self, *args, **kwargs)
        except BaseException as error:
            hide(error)
            raise

    return method


def signal(number: int, how_many: int = 1) -> None:
    """The calling thread has set, notified, released or passed a primitive."""
    now = clock()
    current().record(layout.SIGNAL, min(how_many, 0xFFFF), 0, number, now, now)


def depth(number: int, operation: int, items: int) -> None:
    """The calling thread has put into a queue, or got from it; so many items are in it now."""
    now = clock()
    state = current()
    state.record(layout.DEPTH, operation, items if items > 0 else 0, number, now, now)
    what = GAVE if operation == layout.QUEUE_PUT else GOT
    if not state.told.get(number, 0) & what:
        tell(state, number, what)


def gave(number: int) -> None:
    """The calling thread is about to let others go on, who could not before."""
    state = current()
    if not state.told.get(number, 0) & GAVE:
        tell(state, number, GAVE)


def got(number: int, in_time: int) -> None:
    """The calling thread goes on because another has let it. `in_time`: it would have done so after a while anyway."""
    state = current()
    what = GOT_IN_TIME if in_time else GOT
    if not state.told.get(number, 0) & what:
        tell(state, number, what)


def making(
    original: Method,
    kind: str | Callable[[Any], str],
    *,
    capacity: Callable[[Any], int | None] | None = None,
    shared: bool = False,
    after: Callable[[Any, int], None] | None = None,
) -> Method:
    """An `__init__` that gives objects made by user code a number. `after(self, number)` runs once they have it."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        with hidden:
            original(self, *args, **kwargs)
            frame = maker(get_frame(1))
            if frame is not None and ATTRIBUTE not in self.__dict__:
                number = (define_shared if shared else define)(
                    kind if isinstance(kind, str) else kind(self),
                    frame,
                    capacity=capacity(self) if capacity is not None else None,
                )
                self.__dict__[ATTRIBUTE] = number
                if after is not None:
                    after(self, number)

    return __init__


# Make what user code asks them for.
GO_BETWEENS = (
    "multiprocessing.context",
    "multiprocessing",
    "multiprocessing.sharedctypes",
    "multiprocessing.managers",
)


def maker(frame: FrameType | None) -> FrameType | None:
    """The frame that makes a primitive, when it is user code's, or a manager's that makes it for somebody else."""
    while frame is not None and frame.f_globals.get("__name__") in GO_BETWEENS:
        if frame.f_code.co_qualname == "Server.create":
            return frame
        frame = frame.f_back
    return frame if frame is not None and is_user_code(frame) else None
