"""Nobody of a program could wake its event loop, but a signal that the loop handles.

verdict: clean
"""

import asyncio
import os
import signal


async def main() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
    os.system(f"(sleep 0.5; kill -INT {os.getpid()}) &")
    await stop.wait()


asyncio.run(main())
