"""A producer is killed before it has fed the queue that the others read.

verdict: deadlock
cause: process-queue
participants: MainThread, reader
methods: fork, spawn
"""

import multiprocessing
import os
import signal
import sys


def produce(_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def read(items) -> None:
    while items.get() is not None:
        pass


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    items = context.Queue()
    producer = context.Process(target=produce, args=(items,), name="producer")
    reader = context.Process(target=read, args=(items,), name="reader")
    producer.start()
    reader.start()
    producer.join()
    reader.join()


if __name__ == "__main__":
    main()
