"""A thread's event loop rests until it is asked, for long, as does the main thread until that one is over.

verdict: clean
"""

import asyncio
import socket
import subprocess
import sys
import threading

LATE_S = 2.5  # so long a wait would be told


async def answer(here: socket.socket) -> None:
    reader, writer = await asyncio.open_connection(sock=here)
    await reader.read()
    writer.close()


def serve(here: socket.socket) -> None:
    asyncio.run(answer(here))


here, there = socket.socketpair()
client = subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({LATE_S})"], pass_fds=[there.fileno()])
there.close()
service = threading.Thread(target=serve, args=(here,), name="service")
service.start()
service.join()
client.wait()
