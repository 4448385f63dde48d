"""What a manager looks after is waited for, and comes: from another process, which sleeps or computes first; from a
thread; from a timer. Its locks are handed on, its barrier is reached.

verdict: clean
methods: fork, spawn
"""

import multiprocessing
import sys
import threading
import time


def wait(ready, lock, results) -> None:
    ready.wait()
    with lock:
        results.put(1)


def set_later(ready) -> None:
    time.sleep(0.3)
    ready.set()


def compute_first(questions, barrier) -> None:
    until = time.thread_time() + 0.2
    while time.thread_time() < until:
        pass
    questions.put(42)
    barrier.wait()


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    with context.Manager() as manager:
        ready, lock, results = manager.Event(), manager.Lock(), manager.Queue()
        waiting = [context.Process(target=wait, args=(ready, lock, results)) for _ in range(2)]
        setting = context.Process(target=set_later, args=(ready,))
        for process in [*waiting, setting]:
            process.start()
        for _ in waiting:
            results.get()
        for process in [*waiting, setting]:
            process.join()
        questions, barrier = manager.Queue(), manager.Barrier(2)
        computing = context.Process(target=compute_first, args=(questions, barrier))
        computing.start()
        questions.get()
        barrier.wait()
        computing.join()
        late = manager.Event()
        threading.Timer(0.3, late.set).start()
        late.wait()


if __name__ == "__main__":
    main()
