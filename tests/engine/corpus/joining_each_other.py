"""Two threads wait for each other's end.

verdict: deadlock
cause: join-cycle
participants: first, second
"""

import threading

started = threading.Barrier(2)
threads = []


def work(other: int) -> None:
    started.wait()
    threads[other].join()


threads += [
    threading.Thread(target=work, args=(1,), name="first"),
    threading.Thread(target=work, args=(0,), name="second"),
]
for thread in threads:
    thread.start()
