"""An event loop rests for some time with a lock that a thread wants; then it waits for nothing, with a timer set.

verdict: clean
"""

import asyncio
import contextlib
import threading

LATE_S = 2.5  # so long a wait is told
lock = threading.Lock()


def want() -> None:
    with lock:
        pass


async def main() -> None:
    with lock:
        wanting = threading.Thread(target=want, name="worker")
        wanting.start()
        await asyncio.sleep(LATE_S)
    wanting.join()
    with contextlib.suppress(TimeoutError, asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), 0.5)


asyncio.run(main())
