"""An executor's only worker waits for a job of its own; a thread that goes on looks after a timer and a loop's tasks,
which it may cancel, and a process, which it may end.

verdict: deadlock
cause: executor
participants: worker_0
"""

import asyncio
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

ENDLESS_S = 1000

alarm = threading.Timer(ENDLESS_S, print)


def submit_and_wait() -> None:
    pool.submit(print, "never").result()


async def look_after(child: int) -> None:
    tasks = [asyncio.create_task(asyncio.sleep(ENDLESS_S)) for _ in range(3)]
    while all(not task.done() for task in tasks):
        await asyncio.sleep(0.05)
    for task in tasks:
        task.cancel()
    alarm.cancel()
    os.kill(child, signal.SIGTERM)


threading.Thread(target=asyncio.run, args=(look_after(0),), name="looks-after", daemon=True).start()
with ThreadPoolExecutor(1, "worker") as pool:
    pool.submit(submit_and_wait).result()
