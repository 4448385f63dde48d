"""Two processes wait for each other's message.

verdict: deadlock
cause: process-queue
participants: MainThread, child
methods: fork, spawn
"""

import multiprocessing
import sys


def answer(end) -> None:
    end.send(end.recv() + 1)


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    ours, theirs = context.Pipe()
    child = context.Process(target=answer, args=(theirs,), name="child")
    child.start()
    ours.recv()


if __name__ == "__main__":
    main()
