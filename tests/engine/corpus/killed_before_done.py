"""A worker is killed with an item of a JoinableQueue: nobody will ever say that it is done.

verdict: deadlock
cause: process-queue
participants: MainThread
methods: fork, spawn
"""

import multiprocessing
import os
import signal
import sys


def work(tasks) -> None:
    tasks.get()
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    tasks = context.JoinableQueue()
    context.Process(target=work, args=(tasks,), name="worker", daemon=True).start()
    tasks.put(1)
    tasks.join()


if __name__ == "__main__":
    main()
