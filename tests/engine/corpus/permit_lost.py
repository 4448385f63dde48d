"""Threads end with all permits of a semaphore; the next one and who joins it wait for ever.

verdict: deadlock
cause: semaphore
participants: third
"""

import threading

seats = threading.Semaphore(2)
ready = threading.Event()


def take() -> None:
    seats.acquire()
    ready.wait()


def enter() -> None:
    ready.set()
    for thread in takers:
        thread.join()
    with seats:
        pass


takers = [threading.Thread(target=take, name=name) for name in ("first", "second")]
for taker in takers:
    taker.start()
third = threading.Thread(target=enter, name="third")
third.start()
third.join()
