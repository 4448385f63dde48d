"""Five threads take a lock and the next one of a ring, at different times.

verdict: potential
cause: lock-cycle
participants: diner-0, diner-1, diner-2, diner-3, diner-4
"""

import threading
import time

forks = [threading.RLock() for _ in range(5)]


def dine(number: int) -> None:
    time.sleep(0.05 * number)
    with forks[number], forks[(number + 1) % 5]:
        pass


threads = [threading.Thread(target=dine, args=(number,), name=f"diner-{number}") for number in range(5)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
