"""An event loop's thread waits for a lock whose holder waits for what the loop is to do for it.

verdict: deadlock
cause: mixed
participants: MainThread, asyncio_0
"""

import asyncio
import threading
import time

lock = threading.Lock()
taken = threading.Event()


def ask(loop: asyncio.AbstractEventLoop) -> None:
    with lock:
        taken.set()
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result()


async def main() -> None:
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()  # goes on, and is not waited for
    asking = asyncio.get_running_loop().run_in_executor(None, ask, asyncio.get_running_loop())
    taken.wait()
    with lock:
        pass
    await asking


asyncio.run(main())
