"""Two processes hold a lock each and want the other's.

verdict: deadlock
cause: process-lock-cycle
participants: debit, credit
methods: fork, spawn, forkserver
"""

import multiprocessing
import sys


def transfer(first, second, both) -> None:
    with first:
        both.wait()
        with second:
            pass


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    accounts, audit, both = context.Lock(), context.RLock(), context.Barrier(2)
    workers = [
        context.Process(target=transfer, args=(accounts, audit, both), name="debit"),
        context.Process(target=transfer, args=(audit, accounts, both), name="credit"),
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main()
