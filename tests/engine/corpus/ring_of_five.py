"""Five threads take a lock and the next one of a ring, one thread after the other.

verdict: potential
cause: lock-cycle
participants: diner-0, diner-1, diner-2, diner-3, diner-4
"""

import threading

forks = [threading.RLock() for _ in range(5)]
turns = [threading.Event() for _ in range(6)]


def dine(number: int) -> None:
    turns[number].wait()
    with forks[number], forks[(number + 1) % 5]:
        pass
    turns[number + 1].set()


threads = [threading.Thread(target=dine, args=(number,), name=f"diner-{number}") for number in range(5)]
for thread in threads:
    thread.start()
turns[0].set()
for thread in threads:
    thread.join()
