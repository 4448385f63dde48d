"""Pools whose workers die, tasks that wait for a while, callbacks that submit but do not wait.

verdict: clean
methods: fork, spawn
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool


def crash() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def slow_numbers() -> object:
    for number in range(3):
        time.sleep(0.1)
        yield number


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    with context.Pool(1, maxtasksperchild=1) as pool:
        pool.map(time.sleep, [0.1] * 4, chunksize=1)
        list(pool.imap(abs, slow_numbers()))
        results = []
        pool.apply_async(abs, (-1,), callback=lambda _: results.append(pool.apply_async(abs, (-2,)))).wait()
        while not results:
            time.sleep(0.01)
        results[0].get()
        told = threading.Event()
        pool.apply_async(time.sleep, (0.1,), callback=lambda _: told.set())
        told.wait()
        pool.close()
        pool.join()
    with ProcessPoolExecutor(1, context) as executor:
        futures: list[Future[int]] = []
        executor.submit(abs, -1).add_done_callback(lambda _: futures.append(executor.submit(abs, -2)))
        executor.submit(time.sleep, 0.3).result()
        futures[0].result()
        told.clear()
        executor.submit(time.sleep, 0.1).add_done_callback(lambda _: told.set())
        told.wait()
        with contextlib.suppress(BrokenProcessPool):
            executor.submit(crash).result()


if __name__ == "__main__":
    main()
