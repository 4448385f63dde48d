"""Two workers take two locks in opposite orders. In this run the second one was told that the first was done; it would
not have waited for that for long, though: a warning, and it can be proven.

verdict: clean
methods: threads, processes
"""

import multiprocessing
import sys
import threading

PATIENCE_S = 0.3


def debit(accounts, audit, done) -> None:
    with accounts, audit:
        pass
    done.set()


def credit(accounts, audit, done) -> None:
    done.wait(PATIENCE_S)
    with audit, accounts:
        pass


def main() -> None:
    module = threading if sys.argv[1] == "threads" else multiprocessing
    worker = threading.Thread if sys.argv[1] == "threads" else multiprocessing.Process
    accounts = module.Lock()
    audit = module.Lock()
    shared = accounts, audit, module.Event()
    workers = [worker(target=work, args=shared, name=work.__name__) for work in (debit, credit)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()


if __name__ == "__main__":
    main()
