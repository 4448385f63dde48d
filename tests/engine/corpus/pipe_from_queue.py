"""A process waits for a message from a pipe, one end of which it got from a queue.

verdict: deadlock
cause: process-queue
participants: MainThread, reader
methods: fork, spawn
"""

import multiprocessing
import sys


def read(ends) -> None:
    ends.get().recv()


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    ends = context.SimpleQueue()
    news, mine = context.Pipe(duplex=False)
    reader = context.Process(target=read, args=(ends,), name="reader")
    reader.start()
    ends.put(news)
    reader.join()
    mine.send(None)


if __name__ == "__main__":
    main()
