"""Five threads in a circle, each holds what its neighbour wants.

verdict: deadlock
cause: lock-cycle
participants: diner-0, diner-1, diner-2, diner-3, diner-4
"""

import threading

forks = [threading.Lock() for _ in range(5)]
seated = threading.Barrier(5)


def dine(seat: int) -> None:
    with forks[seat]:
        seated.wait()
        with forks[(seat + 1) % 5]:
            pass


for seat in range(5):
    threading.Thread(target=dine, args=(seat,), name=f"diner-{seat}").start()
