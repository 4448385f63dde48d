"""Two processes take two locks in opposite orders, one after the other.

verdict: potential
cause: process-lock-cycle
participants: debit, credit
"""

import multiprocessing


def debit(accounts, audit, done) -> None:
    with accounts, audit:
        pass
    done.set()


def credit(accounts, audit, done) -> None:
    done.wait()
    with audit, accounts:
        pass


def main() -> None:
    accounts, audit, done = multiprocessing.Lock(), multiprocessing.Lock(), multiprocessing.Event()
    workers = [
        multiprocessing.Process(target=work, args=(accounts, audit, done), name=work.__name__)
        for work in (debit, credit)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main()
