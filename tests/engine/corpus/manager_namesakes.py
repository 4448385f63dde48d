"""Threads of one process, all of the same name, use a manager: two take two of its locks in opposite orders, the third
goes on.

verdict: deadlock
cause: process-lock-cycle
participants: 2
methods: fork, spawn
"""

import multiprocessing
import sys
import threading
import time


def transfer(first, second, both) -> None:
    with first:
        both.wait()
        with second:
            pass


def look_on(first) -> None:
    first.acquire(False)
    time.sleep(1000)


def main() -> None:
    with multiprocessing.get_context(sys.argv[1]).Manager() as manager:
        accounts, audit = manager.Lock(), manager.Lock()
        both = threading.Barrier(2)
        work = [(transfer, accounts, audit, both), (transfer, audit, accounts, both), (look_on, manager.Lock())]
        threads = [
            threading.Thread(target=target, args=args, name="worker", daemon=target is look_on)
            for target, *args in work
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main()
