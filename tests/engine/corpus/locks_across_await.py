"""Threads that run an event loop each hold the lock that the other's job wants.

verdict: deadlock
cause: mixed
participants: 4
"""

import asyncio
import threading

both = threading.Barrier(2)
accounts, audit = threading.Lock(), threading.Lock()


def note(lock: threading.Lock) -> None:
    with lock:
        pass


async def transfer(mine: threading.Lock, other: threading.Lock) -> None:
    with mine:
        both.wait()
        await asyncio.to_thread(note, other)


def run(mine: threading.Lock, other: threading.Lock) -> None:
    asyncio.run(transfer(mine, other))


threads = [
    threading.Thread(target=run, args=(accounts, audit), name="first"),
    threading.Thread(target=run, args=(audit, accounts), name="second"),
]
for each in threads:
    each.start()
for each in threads:
    each.join()
