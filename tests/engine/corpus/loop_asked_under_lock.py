"""A thread asks an event loop under a lock that the loop's job wants; other idle workers make no difference.

verdict: deadlock
cause: mixed
participants: 3
"""

import asyncio
import threading

lock = threading.Lock()
loop = asyncio.new_event_loop()


async def warm_up() -> None:
    await asyncio.gather(*(asyncio.to_thread(len, "") for _ in range(3)))


def serve() -> None:
    loop.run_until_complete(warm_up())
    loop.run_forever()


def note() -> None:
    with lock:
        pass


threading.Thread(target=serve, name="service", daemon=True).start()
with lock:
    asyncio.run_coroutine_threadsafe(asyncio.to_thread(note), loop).result()
