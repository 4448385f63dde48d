"""Two processes take two locks of a manager in opposite orders: the manager's threads that serve them wait.

verdict: deadlock
cause: process-lock-cycle
participants: debit, credit
methods: fork, spawn
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
    with context.Manager() as manager:
        accounts = manager.Lock()
        audit = manager.Lock()
        both = context.Barrier(2)
        debit = context.Process(target=transfer, args=(accounts, audit, both), name="debit")
        credit = context.Process(target=transfer, args=(audit, accounts, both), name="credit")
        debit.start()
        credit.start()
        debit.join()
        credit.join()


if __name__ == "__main__":
    main()
