"""Two threads hold a lock each and want the other's, one of them for so long only: a long wait, and no deadlock.

verdict: clean
"""

import threading

accounts = threading.Lock()
audit = threading.Lock()
both = threading.Barrier(2)


def debit() -> None:
    with accounts:
        both.wait()
        with audit:
            pass


def credit() -> None:
    with audit:
        both.wait()
        if accounts.acquire(timeout=2.5):
            accounts.release()


threads = [threading.Thread(target=work, name=work.__name__) for work in (debit, credit)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
