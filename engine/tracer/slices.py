"""The one place where a thread really blocks on a raw lock. Signal handlers run here at once (see signals)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def wait_slice(acquire: Callable[[bool, float], bool], seconds: float) -> bool:
    """Acquire within that time, or not.

    A loop, not a call: after a call the interpreter may run a signal handler, whose exception would lose the lock just
    acquired; after the step of an iterator it does not.
    """
    for acquired in map(acquire, (True,), (seconds,)):
        return acquired
    return False
