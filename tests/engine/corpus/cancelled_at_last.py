"""Waits that only a job could end which nobody can begin, and of an event loop's thread for its own loop; threads that
look after them cancel them all at last.

verdict: clean
"""

import asyncio
import contextlib
import threading
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor

LATE_S = 0.5


def wait(future: Future) -> None:
    threading.Timer(LATE_S, future.cancel).start()
    with contextlib.suppress(CancelledError):
        future.result()


def submit_and_wait() -> None:
    wait(pool.submit(print, "never"))


async def ask_and_wait() -> None:
    wait(asyncio.run_coroutine_threadsafe(asyncio.sleep(0), asyncio.get_running_loop()))


with ThreadPoolExecutor(1) as pool:
    pool.submit(submit_and_wait).result()
asyncio.run(ask_and_wait())
