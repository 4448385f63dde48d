"""Where a thread really blocks. Signal handlers run here at once (see signals)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def run_handlers() -> None:
    """Runs the handlers of signals that came while they were deferred: a function that is entered looks at them.

    Call before a builtin that blocks: it would first look at them once it is interrupted by the next signal.
    """


def wait_slice(acquire: Callable[[bool, Any], bool], seconds: float | None) -> bool:
    """Acquire within that time (None, of a semaphore between processes: however long it takes), or not.

    A loop, not a call: after a call the interpreter may run a signal handler, whose exception would lose the lock just
    acquired; after the step of an iterator it does not.
    """
    for acquired in map(acquire, (True,), (seconds,)):
        return acquired
    return False
