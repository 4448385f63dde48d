"""The interpreter's own functions, taken before anything is replaced. Everything in the tracer uses these."""

from __future__ import annotations

import _thread
import itertools
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

clock: Callable[[], int] = time.perf_counter_ns
cpu_clock: Callable[[], int] = time.thread_time_ns
sleep = time.sleep

get_ident = _thread.get_ident
get_native_id: Callable[[], int] = getattr(_thread, "get_native_id", _thread.get_ident)
get_frame = sys._getframe
allocate_lock: Callable[[], _thread.LockType] = _thread.allocate_lock
RawLock = _thread.LockType
RawRLock = _thread.RLock
start_new_thread = _thread.start_new_thread
ThreadLocal = _thread._local
IS_SUB_INTERPRETER: bool = not getattr(_thread, "_is_main_interpreter", lambda: True)()  # told from 3.12 on

getpid = os.getpid
count = itertools.count

STANDARD_LIBRARY = frozenset(sys.stdlib_module_names)
