"""A JoinableQueue is joined whose reader in another process never says that it is done.

verdict: deadlock
cause: process-queue
participants: MainThread, worker
methods: fork, spawn
"""

import multiprocessing
import sys


def work(tasks) -> None:
    while True:
        tasks.get()


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    tasks = context.JoinableQueue()
    context.Process(target=work, args=(tasks,), name="worker", daemon=True).start()
    tasks.put(1)
    tasks.join()


if __name__ == "__main__":
    main()
