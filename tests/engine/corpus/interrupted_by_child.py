"""The main thread wants a lock that it holds until the process that it has started interrupts it; then it waits for
what nobody sets, until the next one does.

verdict: clean
methods: fork, spawn, forkserver
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time

LATE_S = 0.5


def interrupt(pid: int) -> None:
    time.sleep(LATE_S)
    os.kill(pid, signal.SIGINT)


if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    accounts = threading.Lock()
    with accounts:
        for wait in (accounts.acquire, threading.Event().wait):
            child = context.Process(target=interrupt, args=(os.getpid(),), name="child")
            with contextlib.suppress(KeyboardInterrupt):
                child.start()
                wait()
            child.join()
