"""The interpreter's own functions, taken before anything is replaced. Everything in the tracer uses these."""

from __future__ import annotations

import _thread
import itertools
import os
import sys
import time

DEFERS_SIGNALS = True
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

clock: Callable[[], int] = time.perf_counter_ns
cpu_clock: Callable[[], int] = time.thread_time_ns
sleep = time.sleep

get_ident = _thread.get_ident
get_native_id: Callable[[], int] = getattr(_thread, "get_native_id", _thread.get_ident)
sys_get_frame = sys._getframe  # ValueError where there are not so many
allocate_lock: Callable[[], _thread.LockType] = _thread.allocate_lock
RawLock = _thread.LockType
RawRLock = _thread.RLock
start_new_thread = _thread.start_new_thread
ThreadLocal = _thread._local
IS_SUB_INTERPRETER: bool = not getattr(_thread, "_is_main_interpreter", lambda: True)()  # told from 3.12 on

getpid = os.getpid
count = itertools.count

STANDARD_LIBRARY = frozenset(sys.stdlib_module_names)


def get_frame(depth: int) -> FrameType:
    """The frame that is so many calls above the caller's. The caller's own, which is nobody's code, where it has been
    called from C with nothing of Python above (by `atexit`, or as all that a greenlet does).
    """
    try:
        return sys_get_frame(depth + 1)
    except ValueError:
        return sys_get_frame(1)
