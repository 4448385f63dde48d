"""An event loop rests with a lock that a thread wants until somebody connects to its server.

verdict: clean
"""

import asyncio
import subprocess
import sys
import threading

LATE_S = 2.5  # so long a wait is told
lock = threading.Lock()


def want() -> None:
    with lock:
        pass


async def main() -> None:
    come = asyncio.Event()
    server = await asyncio.start_server(lambda *_: come.set(), "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    child = f"import socket, time; time.sleep({LATE_S}); socket.create_connection({address})"
    with lock:
        wanting = threading.Thread(target=want, name="worker")
        wanting.start()
        program = subprocess.Popen([sys.executable, "-c", child])
        await come.wait()
    wanting.join()
    program.wait()
    server.close()


asyncio.run(main())
