"""An event loop rests with a lock that a thread wants, until something wakes it: a timer, a thread, a program's end,
and what comes to a socket.

verdict: clean
"""

import asyncio
import socket
import sys
import threading
import time

LATE_S = 0.4
CHILD = f"import time; time.sleep({LATE_S})"
lock = threading.Lock()


def want() -> None:
    with lock:
        pass


def set_later(loop: asyncio.AbstractEventLoop, word: asyncio.Event) -> None:
    time.sleep(LATE_S)
    loop.call_soon_threadsafe(word.set)


async def timer() -> None:
    await asyncio.sleep(LATE_S)


async def thread() -> None:
    word = asyncio.Event()
    threading.Thread(target=set_later, args=(asyncio.get_running_loop(), word), daemon=True).start()
    await word.wait()


async def program() -> None:
    await (await asyncio.create_subprocess_exec(sys.executable, "-c", CHILD)).wait()


async def message() -> None:
    here, there = socket.socketpair()
    child = f"import socket, time; time.sleep({LATE_S}); socket.socket(fileno={there.fileno()}).send(b'x')"
    program = await asyncio.create_subprocess_exec(sys.executable, "-c", child, pass_fds=[there.fileno()])
    there.close()
    here.setblocking(False)
    assert await asyncio.get_running_loop().sock_recv(here, 1) == b"x"
    here.close()
    await program.wait()


async def main() -> None:
    for wake in (timer, thread, program, message):
        with lock:
            wanting = threading.Thread(target=want)
            wanting.start()
            await wake()
        wanting.join()


asyncio.run(main())
