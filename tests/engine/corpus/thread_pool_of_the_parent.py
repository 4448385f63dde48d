"""A forked process uses its copy of a thread pool that has room for one more worker: the copy starts one of its own.

verdict: clean
"""

import os
import threading
from concurrent.futures import ThreadPoolExecutor, wait

gate, begun = threading.Event(), threading.Event()


def busy() -> None:
    begun.set()
    gate.wait()


executor = ThreadPoolExecutor(2)
executor.submit(busy)
begun.wait()
if (child := os.fork()) == 0:
    wait([executor.submit(threading.Event().wait, 0.4)])
    os._exit(0)
os.waitpid(child, 0)
gate.set()
executor.shutdown()
