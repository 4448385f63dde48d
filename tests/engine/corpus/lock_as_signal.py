"""Locks that one thread takes and another releases: signals between the two, and no order of locks.

verdict: clean
"""

import threading

ready = threading.Lock()
finished = threading.Lock()
ready.acquire()
finished.acquire()
shared = threading.Lock()


def serve() -> None:
    for _ in range(3):
        ready.acquire()
        with shared:
            finished.release()


def ask() -> None:
    for _ in range(3):
        with shared:
            ready.release()
        finished.acquire()


threads = [threading.Thread(target=work) for work in (serve, ask)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
