"""What `lock_cycle` measures, run in a process of its own: one loop per primitive. Prints ns per cycle as JSON.

CPU time of the process, all its threads together: what others do on the machine hardly counts.

primitive_loops.py plain|traced|viztracer|pydevd
"""

import json
import logging
import mmap
import multiprocessing
import os
import queue
import struct
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

MANY, SOME, FEW = 20_000, 4_000, 300
REPEAT = 5
CLOCK, RECORD = time.perf_counter_ns, struct.Struct("<QQQ").pack_into


class PythonLock:
    """Records nothing, and costs what any lock written in Python does at least. Of its calls a tracer sees all."""

    def __init__(self):
        self._lock = threading._allocate_lock()

    def __enter__(self):
        self._lock.acquire()
        return self

    def __exit__(self, *_):
        self._lock.release()


class LeastRecordingLock:
    """Writes a number and when it was taken and released, nothing else: no recorder written in Python does less."""

    __slots__ = ("_acquire", "_at", "_page", "_release", "_since")

    def __init__(self):
        lock = threading._allocate_lock()
        self._acquire, self._release = lock.acquire, lock.release
        self._page, self._at, self._since = mmap.mmap(-1, 1 << 20), 0, 0

    def __enter__(self):
        self._acquire()
        self._since = CLOCK()
        return self

    def __exit__(self, *_):
        RECORD(self._page, self._at, 7, self._since, CLOCK())
        self._at = (self._at + 24) & 0x7FFFF
        self._release()

    def acquire(self, blocking=True, timeout=-1):
        taken = self._acquire(blocking, timeout)
        self._since = CLOCK()
        return taken

    def release(self):
        RECORD(self._page, self._at, 7, self._since, CLOCK())
        self._at = (self._at + 24) & 0x7FFFF
        self._release()


def loops():  # noqa: PLR0915  (a list)
    """By name: the loop, and how many cycles."""
    lock, rlock, outer, condition = threading.Lock(), threading.RLock(), threading.Lock(), threading.Condition()
    semaphore, event = threading.Semaphore(2), threading.Event()
    items, last, simple = queue.Queue(), queue.LifoQueue(), queue.SimpleQueue()
    seen, recording = PythonLock(), LeastRecordingLock()
    shared = multiprocessing.get_context("fork").Lock()
    null = os.open(os.devnull, os.O_WRONLY)
    log = logging.Logger("benchmark")
    log.addHandler(logging.NullHandler())

    def with_lock(n):
        for _ in range(n):
            with lock:
                pass

    def with_python_lock(n):
        for _ in range(n):
            with seen:
                pass

    def with_least_recording_lock(n):
        for _ in range(n):
            with recording:
                pass

    def acquire_release(n):
        for _ in range(n):
            lock.acquire()
            lock.release()

    def least_recording_acquire_release(n):
        for _ in range(n):
            recording.acquire()
            recording.release()

    def two_sites(n):
        for _ in range(n // 2):
            with lock:
                pass
            with lock:
                pass

    def nested(n):
        for _ in range(n):
            with outer, lock:
                pass

    def create_lock(n):
        for _ in range(n):
            threading.Lock()

    def with_rlock(n):
        for _ in range(n):
            with rlock:
                pass

    def with_semaphore(n):
        for _ in range(n):
            with semaphore:
                pass

    def notify(n):
        for _ in range(n):
            with condition:
                condition.notify()

    def set_and_clear(n):
        for _ in range(n):
            event.set()
            event.clear()

    def queue_put_get(n):
        for _ in range(n):
            items.put(1)
            items.get()

    def lifo_put_get(n):
        for _ in range(n):
            last.put(1)
            last.get()

    def simple_queue(n):
        for _ in range(n):
            simple.put(1)
        for _ in range(n):
            simple.get_nowait()

    def with_process_lock(n):
        for _ in range(n):
            with shared:
                pass

    def log_call(n):
        for _ in range(n):
            log.warning("nothing")

    def write_nothing(n):
        for _ in range(n):
            os.write(null, b"")

    def sleep_nothing(n):
        for _ in range(n):
            time.sleep(0)

    def submit_and_result(n):
        with ThreadPoolExecutor(1) as pool:
            for _ in range(n):
                pool.submit(int).result()

    def start_and_join(n):
        for _ in range(n):
            thread = threading.Thread(target=int)
            thread.start()
            thread.join()

    def hand_off(n):
        ping, pong = threading.Lock(), threading.Lock()
        ping.acquire()
        pong.acquire()

        def other():
            for _ in range(n):
                ping.acquire()
                pong.release()

        thread = threading.Thread(target=other)
        thread.start()
        for _ in range(n):
            ping.release()
            pong.acquire()
        thread.join()

    quick = (
        with_lock, with_python_lock, with_least_recording_lock, acquire_release, least_recording_acquire_release,
        two_sites, nested, with_rlock,
    )  # fmt: skip
    slower = (
        create_lock, with_semaphore, notify, set_and_clear, queue_put_get, lifo_put_get, simple_queue,
        with_process_lock, log_call, write_nothing, sleep_nothing,
    )  # fmt: skip
    slow = submit_and_result, start_and_join, hand_off
    return [*((loop, MANY) for loop in quick), *((loop, SOME) for loop in slower), *((loop, FEW) for loop in slow)]


def best(loop, n):
    found = []
    for _ in range(REPEAT):
        start = time.process_time()
        loop(n)
        found.append((time.process_time() - start) / n * 1e9)
    return min(found)


def main():
    if sys.argv[1] == "viztracer":
        from viztracer import VizTracer

        tracer = VizTracer(tracer_entries=1_000_000, verbose=0)
        tracer.start()
    print(json.dumps({loop.__name__: best(loop, n) for loop, n in loops()}))
    if sys.argv[1] == "viztracer":
        tracer.stop()
        tracer.clear()


if __name__ == "__main__":
    main()
