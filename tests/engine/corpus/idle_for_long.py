"""Threads that wait for long as they should: for work, for a word, for another's end. None of them is a long wait.

verdict: clean
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

LONG_S = 2.4
wake = threading.Lock()  # a signal: whoever has work releases it
told = threading.Lock()
opened = threading.Event()
state = threading.Lock()
never = threading.Event()


def sleeper() -> None:
    while True:
        with wake:
            pass


def keeper() -> None:
    with state:
        never.wait()


def visitor() -> None:
    with state:
        pass


def work() -> None:
    time.sleep(LONG_S)
    opened.set()
    told.release()


wake.acquire()
told.acquire()
for daemon in (sleeper, keeper, visitor):
    threading.Thread(target=daemon, daemon=True).start()
worker = threading.Thread(target=work)
waiter = threading.Thread(target=opened.wait)
listener = threading.Thread(target=told.acquire)
with ThreadPoolExecutor(2) as pool:
    pool.submit(int).result()
    for thread in (worker, waiter, listener):
        thread.start()
    worker.join()
    waiter.join()
    listener.join()
