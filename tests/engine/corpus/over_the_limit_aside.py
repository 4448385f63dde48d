"""More jobs are handed over than is recorded. Meanwhile two threads that have nothing to do with them take two locks in
opposite orders, one after the other as it happens.

verdict: potential
cause: lock-cycle
participants: debit, credit
methods: orders, submits
"""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

accounts, audit, gate, till = (threading.Lock() for _ in range(4))
is_over_the_limit = threading.Event()
is_debited = [False]


def rest() -> None:
    pass


def debit() -> None:
    is_over_the_limit.wait()
    with accounts, audit:
        is_debited[0] = True


def credit() -> None:
    is_over_the_limit.wait()
    while not is_debited[0]:
        pass
    with audit, accounts:
        pass


def main() -> None:
    threads = [threading.Thread(target=each, name=each.__name__) for each in (debit, credit)]
    for thread in threads:
        thread.start()
    with ThreadPoolExecutor(1) as pool:
        with gate, till:
            pass
        for _ in range(110 if sys.argv[1] == "orders" else 2100):
            if sys.argv[1] == "orders":
                with gate, till:
                    pass
            pool.submit(rest).result()
        is_over_the_limit.set()
        for _ in range(10):
            pool.submit(rest).result()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main()
