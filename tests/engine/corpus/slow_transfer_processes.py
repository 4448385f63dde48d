"""Two processes take two locks in opposite orders, at different times; nothing but luck keeps them apart.

verdict: potential
cause: process-lock-cycle
participants: debit, credit
methods: fork, spawn
"""

import multiprocessing
import sys
import time


def transfer(source, target, delay_s: float) -> None:
    time.sleep(delay_s)
    with source:
        time.sleep(0.01)
        with target:
            pass


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    accounts = context.Lock()
    audit = context.Lock()
    workers = [
        context.Process(target=transfer, args=(accounts, audit, 0.0), name="debit"),
        context.Process(target=transfer, args=(audit, accounts, 0.2), name="credit"),
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main()
