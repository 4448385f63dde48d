"""A thread waits for what an event loop is to do that nobody runs.

verdict: deadlock
cause: executor
participants: MainThread
"""

import asyncio

loop = asyncio.new_event_loop()
asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result()
