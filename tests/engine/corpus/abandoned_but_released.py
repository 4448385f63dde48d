"""Threads end while they hold a lock, which another thread releases for the one that waits.

verdict: clean
"""

import threading

gate = threading.Lock()
tickets = threading.Semaphore(1)


def enter() -> None:
    gate.acquire()
    tickets.acquire()


def go_on() -> None:
    with gate, tickets:
        pass


first = threading.Thread(target=enter, name="first")
first.start()
first.join()
second = threading.Thread(target=go_on, name="second")
second.start()
second.join(2.2)
gate.release()
second.join(0.3)
tickets.release()
second.join()
