"""Two threads wait at a condition and nobody is left to notify them.

verdict: deadlock
cause: condition
participants: first, second
"""

import threading

ready = threading.Condition()


def work() -> None:
    with ready:
        ready.wait()


threads = [threading.Thread(target=work, name=name) for name in ("first", "second")]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
