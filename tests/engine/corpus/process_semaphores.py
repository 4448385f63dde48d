"""Two processes take two semaphores of one permit in opposite orders.

verdict: deadlock
cause: semaphore
participants: debit, credit
methods: fork, spawn
"""

import multiprocessing
import sys


def use(first, second, both) -> None:
    with first:
        both.wait()
        with second:
            pass


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    printer, scanner, both = context.Semaphore(1), context.BoundedSemaphore(1), context.Barrier(2)
    workers = [
        context.Process(target=use, args=(printer, scanner, both), name="debit"),
        context.Process(target=use, args=(scanner, printer, both), name="credit"),
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main()
