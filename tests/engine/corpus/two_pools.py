"""Tasks of two pools wait for each other's.

verdict: deadlock
cause: executor
participants: left_0, right_0
"""

import threading
from concurrent.futures import ThreadPoolExecutor

left = ThreadPoolExecutor(1, thread_name_prefix="left")
right = ThreadPoolExecutor(1, thread_name_prefix="right")
both = threading.Barrier(2)


def ask(other: ThreadPoolExecutor) -> None:
    both.wait()
    other.submit(int).result()


futures = [left.submit(ask, right), right.submit(ask, left)]
for future in futures:
    future.result()
