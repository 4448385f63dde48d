"""Two threads have a permit each of a semaphore of two and want another.

verdict: deadlock
cause: semaphore
participants: first, second
"""

import threading

buffers = threading.BoundedSemaphore(2)
both = threading.Barrier(2)


def work() -> None:
    with buffers:
        both.wait()
        with buffers:
            pass


threads = [threading.Thread(target=work, name=name) for name in ("first", "second")]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
