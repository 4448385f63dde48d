"""Two processes wait at a barrier of three.

verdict: deadlock
cause: barrier
participants: first, second
methods: fork, spawn
"""

import multiprocessing
import sys


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    phase = context.Barrier(3)
    workers = [context.Process(target=phase.wait, name=name) for name in ("first", "second")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main()
