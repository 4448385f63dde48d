"""Two threads take two locks in opposite orders, but a barrier lies between: one before it, the other after.

verdict: clean
methods: threads, processes
"""

import multiprocessing
import sys
import threading


def debit(accounts, audit, phase) -> None:
    for _ in range(3):
        with accounts, audit:
            pass
        phase.wait()
        phase.wait()


def credit(accounts, audit, phase) -> None:
    for _ in range(3):
        phase.wait()
        with audit, accounts:
            pass
        phase.wait()


def main() -> None:
    module = threading if sys.argv[1] == "threads" else multiprocessing
    worker = threading.Thread if sys.argv[1] == "threads" else multiprocessing.Process
    accounts = module.Lock()
    audit = module.Lock()
    shared = accounts, audit, module.Barrier(2)
    workers = [worker(target=work, args=shared, name=work.__name__) for work in (debit, credit)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()


if __name__ == "__main__":
    main()
