"""A process is joined before what it put into a queue is read.

verdict: deadlock
cause: process-queue
participants: MainThread, worker
methods: fork, spawn, forkserver
"""

import multiprocessing
import sys


def work(results) -> None:
    results.put(bytes(1 << 20))


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    results = context.Queue()
    worker = context.Process(target=work, args=(results,), name="worker")
    worker.start()
    worker.join()
    results.get()


if __name__ == "__main__":
    main()
