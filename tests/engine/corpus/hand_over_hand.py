"""Threads walk along a chain of locks hand over hand, in one direction; the last lets go of all.

verdict: clean
"""

import itertools
import threading

links = [threading.Lock() for _ in range(6)]


def walk() -> None:
    links[0].acquire()
    for before, after in itertools.pairwise(links):
        after.acquire()
        before.release()
    links[-1].release()


threads = [threading.Thread(target=walk) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
