"""Threads wait for what an event loop does for them while it rests; for one that runs only later; and in vain.

verdict: clean
"""

import asyncio
import concurrent.futures
import contextlib
import threading


async def main() -> None:
    loop = asyncio.get_running_loop()
    await asyncio.gather(*(asyncio.to_thread(ask, loop, each) for each in range(3)))


def ask(loop: asyncio.AbstractEventLoop, number: int) -> None:
    answer = asyncio.run_coroutine_threadsafe(asyncio.sleep(0.3, number), loop)
    assert answer.result() == number


asyncio.run(main())
later = asyncio.new_event_loop()
asking = threading.Thread(target=ask, args=(later, 1))
asking.start()
later.call_later(0.6, later.stop)
later.run_forever()
asking.join()
vain = asyncio.run_coroutine_threadsafe(asyncio.sleep(0), later)
with contextlib.suppress(concurrent.futures.CancelledError):
    threading.Timer(0.3, vain.cancel).start()
    vain.result()
later.run_until_complete(asyncio.sleep(0))
later.close()
