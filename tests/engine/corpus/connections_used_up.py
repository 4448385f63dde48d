"""Two threads have taken all connections of a pool, and each wants another one before it gives its own back.

verdict: deadlock
cause: queue
participants: list, lookup
"""

import contextlib
import queue
import threading
from collections.abc import Iterator

connections: queue.Queue = queue.Queue()
both_have_one = threading.Barrier(2)


@contextlib.contextmanager
def connection() -> Iterator[str]:
    taken = connections.get()
    try:
        yield taken
    finally:
        connections.put(taken)


def handle() -> None:
    with connection():
        both_have_one.wait()
        with connection():
            pass


for number in range(2):
    connections.put(f"connection {number}")
threads = [threading.Thread(target=handle, name=name) for name in ("list", "lookup")]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
