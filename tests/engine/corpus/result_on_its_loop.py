"""An event loop's own thread waits for what the loop is to do.

verdict: deadlock
cause: executor
participants: MainThread
"""

import asyncio


async def main() -> None:
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), asyncio.get_running_loop()).result()


asyncio.run(main())
