"""A job of an executor's only worker that nobody can begin is waited for until another thread cancels it, which shows
in no attribute of that name.

verdict: clean
"""

import contextlib
import threading
from concurrent.futures import CancelledError, ThreadPoolExecutor

LATE_S = 0.5
METHOD = "cancel"


def submit_and_wait() -> None:
    future = pool.submit(print, "never")
    threading.Timer(LATE_S, getattr(future, METHOD)).start()
    with contextlib.suppress(CancelledError):
        future.result()


with ThreadPoolExecutor(1) as pool:
    pool.submit(submit_and_wait).result()
