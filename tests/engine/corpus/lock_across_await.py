"""A coroutine awaits a job under a lock that the job wants: its event loop rests with the lock.

verdict: deadlock
cause: mixed
participants: MainThread, worker_0
"""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

cache: dict[str, int] = {}
cache_lock = threading.Lock()
pool = ThreadPoolExecutor(2, thread_name_prefix="worker")


def load(key: str) -> None:
    with cache_lock:
        cache[key] = len(key)


async def main() -> None:
    with cache_lock:
        await asyncio.get_running_loop().run_in_executor(pool, load, "answer")


asyncio.run(main())
