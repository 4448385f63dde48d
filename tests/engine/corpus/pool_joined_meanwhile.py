"""Pools are joined while their workers wait for what a thread sets at last, or for what another of their tasks does.

verdict: clean
"""

import multiprocessing
import threading
from multiprocessing.pool import ThreadPool

LATE_S = 0.5


def wait(event) -> None:
    event.wait()


def wait_for_all() -> None:
    approved.wait()


context = multiprocessing.get_context("fork")
approved = context.Event()
pool = context.Pool(2)
for _ in range(3):
    pool.apply_async(wait_for_all)
threading.Timer(LATE_S, approved.set).start()
pool.close()
pool.join()

for count in (1, 2):
    done = threading.Event()
    threads = ThreadPool(2)
    if count == 1:
        threading.Timer(LATE_S, done.set).start()
    threads.apply_async(wait, (done,))
    if count == 2:
        threads.apply_async(done.set)
    threads.close()
    threads.join()
