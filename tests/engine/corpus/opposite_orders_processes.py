"""Two processes take two locks in opposite orders, at different times.

verdict: potential
cause: process-lock-cycle
participants: debit, credit
"""

import multiprocessing
import time


def debit(accounts, audit) -> None:
    with accounts, audit:
        pass


def credit(accounts, audit) -> None:
    time.sleep(0.2)
    with audit, accounts:
        pass


def main() -> None:
    accounts, audit = multiprocessing.Lock(), multiprocessing.Lock()
    workers = [
        multiprocessing.Process(target=work, args=(accounts, audit), name=work.__name__) for work in (debit, credit)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main()
