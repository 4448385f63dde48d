"""Workers bound by several locks, and locks that a thread leaves taken; and those that bind or hinder nobody.

lock-bound: many fork
abandoned-lock: left threads
nothing: few threads, few fork, keys threads, released threads, exits threads
"""

import threading
import time

import crew


def work(locks, first: int, rounds: int, inside_ms: float, outside_s: float) -> None:
    for number in range(rounds):
        with locks[(number * 7 + first) % len(locks)]:
            crew.compute(inside_ms)
        time.sleep(outside_s)


def look_up(locks, cache: dict) -> None:
    for number in range(60):
        key = number % len(locks)
        with locks[key]:
            if key not in cache:
                time.sleep(0.03)
                cache[key] = 1
        time.sleep(0.002)


def leave(lock) -> None:
    lock.acquire()
    time.sleep(0.05)


def want(lock) -> None:
    if lock.acquire(timeout=0.5):
        lock.release()


def main() -> None:
    kit = crew.kit()
    locks = [kit.Lock() for _ in range(5)]
    if crew.FORM == "many":
        crew.run(kit, *[(work, (locks[:3], number * number, 120, 2, 0)) for number in range(6)])
    elif crew.FORM == "few":
        crew.run(kit, *[(work, (locks, number, 60, 0.2, 0.005)) for number in range(3)])
    elif crew.FORM == "keys":
        cache: dict = {}
        crew.run(kit, *[(look_up, (locks, cache))] * 3)
    else:
        daemon = crew.FORM == "exits"
        leaving, wanting = (threading.Thread(target=each, args=(locks[0],), daemon=daemon) for each in (leave, want))
        leaving.start()
        time.sleep(0.02)
        wanting.start()
        if daemon:
            return
        leaving.join()
        if crew.FORM == "released":
            time.sleep(0.05)
            locks[0].release()


if __name__ == "__main__":
    main()
