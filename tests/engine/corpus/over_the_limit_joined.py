"""More jobs are handed over than is recorded. A thread takes two locks in one order before the job is handed over that
takes them in the other: the main thread joins it first, or one that has a job's result lets it begin.

verdict: clean
methods: joined, told
"""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

accounts, audit, gate, till = (threading.Lock() for _ in range(4))
may_begin = threading.Event()


def rest() -> None:
    pass


def debit() -> None:
    with accounts, audit:
        pass


def debit_later() -> None:
    may_begin.wait()
    debit()


def credit() -> None:
    with audit, accounts:
        pass


def main() -> None:
    is_joined = sys.argv[1] == "joined"
    with ThreadPoolExecutor(1) as pool:
        thread = threading.Thread(target=debit if is_joined else debit_later)
        if not is_joined:
            thread.start()
        for _ in range(110):
            with gate, till:
                pass
            pool.submit(rest).result()
        if is_joined:
            thread.start()
            thread.join()
        pool.submit(credit).result()
        may_begin.set()
        if not is_joined:
            thread.join()


if __name__ == "__main__":
    main()
