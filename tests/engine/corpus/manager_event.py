"""Two processes wait for an event of a manager that nobody sets; the main one waits for them.

verdict: deadlock
cause: condition
participants: reader, writer
methods: fork, spawn
"""

import multiprocessing
import sys


def wait(ready) -> None:
    ready.wait()


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    with context.Manager() as manager:
        ready = manager.Event()
        workers = [context.Process(target=wait, args=(ready,), name=name) for name in ("reader", "writer")]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()


if __name__ == "__main__":
    main()
