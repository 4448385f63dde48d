"""Parent and child wait for an event that the other would set afterwards.

verdict: deadlock
cause: condition
participants: MainThread, child
methods: fork, spawn, forkserver
"""

import multiprocessing
import sys


def work(awaited, own) -> None:
    awaited.wait()
    own.set()


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    ours, theirs = context.Event(), context.Event()
    context.Process(target=work, args=(ours, theirs), name="child").start()
    work(theirs, ours)


if __name__ == "__main__":
    main()
