"""An event loop wakes up now and then while a task of it waits, with a lock that a thread wants.

verdict: clean
"""

import asyncio
import threading

LATE_S = 2.5  # so long a wait is told
lock = threading.Lock()


def want() -> None:
    with lock:
        pass


async def beat() -> None:
    while True:
        await asyncio.sleep(0.3)


async def main() -> None:
    beating = asyncio.create_task(beat())
    with lock:
        wanting = threading.Thread(target=want, name="worker")
        wanting.start()
        await asyncio.sleep(LATE_S)
    wanting.join()
    beating.cancel()


asyncio.run(main())
