"""A process ends while it holds a lock, which its parent releases for the one that waits.

verdict: clean
methods: fork, spawn
"""

import multiprocessing
import sys
import threading

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    gate = context.Lock()
    first = context.Process(target=gate.acquire, name="first")
    first.start()
    first.join()
    waiter = threading.Thread(target=gate.acquire, name="second")
    waiter.start()
    waiter.join(0.4)
    gate.release()
    waiter.join()
    gate.release()
