"""Two processes send each other more than their pipe takes, before either reads.

verdict: deadlock
cause: process-queue
participants: MainThread, child
methods: fork, spawn
"""

import multiprocessing
import sys

MUCH = bytes(1_000_000)


def exchange(end) -> None:
    end.send_bytes(MUCH)
    end.recv_bytes()


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    ours, theirs = context.Pipe()
    child = context.Process(target=exchange, args=(theirs,), name="child")
    child.start()
    exchange(ours)


if __name__ == "__main__":
    main()
