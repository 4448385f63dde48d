"""Timers whose signals interrupt the main thread: the ring's header says when each comes, while it is set.

Forked children inherit none, as their new rings say.
"""

from __future__ import annotations

from .layout import HEADER_TIMERS, TIMER_OFTEN
from .originals import clock
from .patching import Builtin, hide, replace_builtins
from .state import current_ring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

DEFERS_SIGNALS = True  # or a handler's exception would be taken for one of the call itself
FIRST = HEADER_TIMERS // 8  # its word
ITIMER_REAL, KINDS = 0, 3


class SetTimer(Builtin):
    """`_signal.setitimer`. Told before, as a handler may run at once and set the timer anew."""

    __slots__ = ()

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """As the original, which returns what was set before."""
        word, former, words = 0, 0, current_ring().words
        try:
            which, *times = self.asked(*args)
            if 0 <= which < KINDS:
                word, rings = FIRST + which, when(which, *times)
                former, words[word] = words[word], rings
        except Exception:  # noqa: BLE001  (the original has an error of its own for what cannot be understood)
            pass
        try:
            return self.original(*args, **kwargs)
        except BaseException as error:
            if word:
                words[word] = former
            hide(error)
            raise

    @staticmethod
    def asked(which: int, seconds: float, interval: float = 0.0) -> tuple[int, float, float]:
        """Which timer, and its times."""
        return which, seconds, interval


class Alarm(SetTimer):
    """`_signal.alarm`."""

    __slots__ = ()
    call = SetTimer.call

    @staticmethod
    def asked(seconds: int) -> tuple[int, float, float]:  # type: ignore[override]
        """As above."""
        return ITIMER_REAL, seconds, 0.0


def when(which: int, seconds: float, interval: float) -> int:
    """As the header says it."""
    if not seconds:
        return 0
    if interval or which != ITIMER_REAL:
        return TIMER_OFTEN
    return min(clock() + int(seconds * 1e9), TIMER_OFTEN)


def patch_signals(signals: ModuleType) -> None:
    """`_signal`."""
    replace_builtins(signals, SetTimer, "setitimer")
    replace_builtins(signals, Alarm, "alarm")
