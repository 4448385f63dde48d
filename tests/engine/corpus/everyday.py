"""What programs do every day: a pool of connections, a pipeline that ends by its last items, a cache that makes things
once, tasks of one executor that wait for those of another, timers that start the next, and a log kept by a thread.

verdict: clean
"""

import contextlib
import logging
import logging.handlers
import queue
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

THREADS = 3


def run(*works) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def use_connections() -> None:
    free: queue.Queue = queue.Queue()
    for number in range(2):
        free.put(number)

    @contextlib.contextmanager
    def connection() -> Iterator[int]:
        taken = free.get()
        try:
            yield taken
        finally:
            free.put(taken)

    def handle(_: int) -> None:
        with connection():
            time.sleep(0.002)

    with ThreadPoolExecutor(2 * THREADS) as executor:
        list(executor.map(handle, range(20)))


def hand_on() -> None:
    items: queue.Queue = queue.Queue(4)
    results: queue.Queue = queue.Queue(4)

    def produce() -> None:
        for number in [*range(30), *[None] * THREADS]:
            items.put(number)

    def transform() -> None:
        while (item := items.get()) is not None:
            results.put(item * item)
        results.put(None)

    def collect() -> None:
        ended = 0
        while ended < THREADS:
            ended += results.get() is None

    run(produce, collect, *[transform] * THREADS)


def make_once() -> None:
    lock = threading.Lock()
    locks: dict[int, threading.Lock] = {}
    made: dict[int, int] = {}

    def get_all() -> None:
        for key in range(5):
            if key in made:
                continue
            with lock:
                own = locks.setdefault(key, threading.Lock())
            with own:
                if key not in made:
                    time.sleep(0.01)
                    made[key] = key

    run(*[get_all] * THREADS)


def ask_another_executor() -> None:
    with ThreadPoolExecutor(2) as outer, ThreadPoolExecutor(2) as inner:

        def ask(number: int) -> int:
            return inner.submit(pow, number, 2).result()

        for future in [outer.submit(ask, number) for number in range(6)]:
            future.result()


def tick() -> None:
    lock, over = threading.RLock(), threading.Event()
    left = [5]

    def one() -> None:
        with lock:
            left[0] -= 1
            if left[0]:
                threading.Timer(0.01, one).start()
            else:
                over.set()

    one()
    over.wait()


def keep_a_log() -> None:
    lines: queue.Queue = queue.Queue()
    log = logging.getLogger("everyday")
    log.propagate = False
    log.addHandler(logging.handlers.QueueHandler(lines))
    listener = logging.handlers.QueueListener(lines, logging.NullHandler())
    listener.start()
    run(*[lambda: [log.warning("line %d", number) for number in range(20)]] * THREADS)
    listener.stop()


for everyday in (use_connections, hand_on, make_once, ask_another_executor, tick, keep_a_log):
    everyday()
