"""Python signal handlers, delayed while a lock is being booked.

A handler that raises between a raw acquire and the end of its bookkeeping would leave the lock held for ever, which
the raw lock never does. So handlers are wrapped: one that finds itself called inside code that DEFERS_SIGNALS trips its
signal again and returns; the interpreter calls it once more as soon as it looks at its signals the next time, and so on
until that code is left. Nothing is paid for it in the fast path, and a blocking acquire (see slices) defers nothing.
"""

from __future__ import annotations

from _signal import SIGINT, default_int_handler  # type: ignore[import-not-found]
from _thread import interrupt_main

from .originals import get_frame
from .patching import Builtin, hidden, hide, replace_builtins
from .sites import is_user_code
from .state import current_ring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType, ModuleType
    from typing import Any

DEFERS_SIGNALS = True
GIVES_UP = ("pytest_timeout",)  # modules whose handlers do nothing but end a test by raising


class Signal(int):
    """A signal's number. Reading `tripped` trips it.

    An attribute rather than a call: after a call the interpreter looks at its signals at once, here, for ever.
    """

    tripped = property(interrupt_main)


class Handler:
    """Stands for a signal handler."""

    __slots__ = ("handler", "signal")

    def __init__(self, number: int, handler: Any) -> None:
        self.signal = Signal(number)
        self.handler = handler

    def __call__(self, number: int, frame: FrameType | None) -> Any:
        if frame is not None and "DEFERS_SIGNALS" in frame.f_globals:
            return self.signal.tripped
        try:
            return self.handler(number, frame)
        except BaseException as error:
            hide(error)
            raise


class SetHandler(Builtin):
    """`_signal.signal`, which `signal.signal` calls."""

    __slots__ = ("ours",)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """As the original, which returns the handler there was."""
        if len(args) != 2 or kwargs:
            with hidden:
                return self.original(*args, **kwargs)  # for its error
        number, handler = args
        caller: FrameType | None = get_frame(1)
        if caller is not None and caller.f_globals.get("__name__") == "signal":
            caller = caller.f_back
        # The standard library's own handlers (asyncio's) raise nothing that could leave a lock held.
        if callable(handler) and caller is not None and is_user_code(caller):
            handler = Handler(number, handler)
        try:
            former = self.original(number, handler)
            if type(handler) is Handler and may_act(handler.handler, number):
                tell("signal-handler", int(number))
            return unwrap(former)
        except BaseException as error:
            hide(error)
            raise


class GetHandler(Builtin):
    """`_signal.getsignal`."""

    __slots__ = ()

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """As the original: the handler that the program set."""
        with hidden:
            return unwrap(self.original(*args, **kwargs))


class Register(Builtin):
    """`faulthandler.register`."""

    __slots__ = ()

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """As the original; what writes tracebacks ends nobody's wait."""
        with hidden:
            self.original(*args, **kwargs)
        tell("signal-traceback", int(args[0] if args else kwargs["signum"]))


_told: set[tuple[str, int]] = set()


def tell(what: str, number: int) -> None:
    """That is so of a signal: told once, a forked child's parent's tellings included."""
    if (what, number) not in _told:
        _told.add((what, number))
        current_ring().texts.write("parameter", what, number)


def may_act(handler: Any, number: int) -> bool:
    """Whether this handler may do what somebody waits for, or let him go on by raising: as that of SIGINT does always,
    and what ends a test.
    """
    is_usual = handler is default_int_handler and number == SIGINT
    return not is_usual and getattr(handler, "__module__", None) not in GIVES_UP


def unwrap(handler: Any) -> Any:
    """The handler that the program knows."""
    return handler.handler if type(handler) is Handler else handler


def patch_signals(signals: ModuleType) -> None:
    """`_signal`, and the handler that raises KeyboardInterrupt."""
    if signals.getsignal(SIGINT) is default_int_handler:
        try:
            signals.signal(SIGINT, Handler(SIGINT, default_int_handler))
        except ValueError:  # not the main thread
            return
    replace_builtins(signals, SetHandler, "signal")
    replace_builtins(signals, GetHandler, "getsignal")


def patch_faulthandler(faulthandler: ModuleType) -> None:
    """What it writes at signals."""
    replace_builtins(faulthandler, Register, "register")
