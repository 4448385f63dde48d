"""A thread's event loop rests until it is asked, for long, as does the main thread until it is to stop.

verdict: clean
"""

import asyncio
import socket
import threading
import time

LATE_S = 2.5  # so long a wait would be told
here, there = socket.socketpair()


def stop() -> None:
    time.sleep(LATE_S)
    there.close()


def serve() -> None:
    asyncio.run(answer())


async def answer() -> None:
    reader, writer = await asyncio.open_connection(sock=here)
    await reader.read()
    writer.close()


service = threading.Thread(target=serve, name="service")
service.start()
threading.Thread(target=stop, daemon=True).start()
service.join()
