"""A pipe of its own is all that an event loop watches, but a forked child writes to it late.

verdict: clean
"""

import asyncio
import os
import time

LATE_S = 0.4


async def main() -> None:
    loop = asyncio.get_running_loop()
    there, back = os.pipe()
    come = asyncio.Event()
    loop.add_reader(there, come.set)
    child = os.fork()
    if not child:
        time.sleep(LATE_S)
        os.write(back, b"x")
        os._exit(0)
    await come.wait()
    loop.remove_reader(there)
    os.waitpid(child, 0)


asyncio.run(main())
