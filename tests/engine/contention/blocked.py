"""Locks held while their holder sleeps, does I/O or waits; and the same where it costs nobody anything.

lock-held-while-blocked: asleep threads, asleep fork, socket threads, queue threads, file threads
nothing: outside threads, outside fork, own threads, own fork, condition threads, condition fork, once threads
nothing: alone threads, turns threads, tried threads, kept fork
"""

import os
import queue
import socket
import tempfile
import threading
import time

import crew


def sleep_inside(lock) -> None:
    for _ in range(20):
        with lock:
            time.sleep(0.01)
        time.sleep(0.002)


def sleep_outside(lock) -> None:
    for _ in range(40):
        time.sleep(0.01)
        with lock:
            crew.compute(0.05)


def write(lock, folder: str) -> None:
    for _ in range(20):
        with lock, open(os.path.join(folder, "journal"), "ab") as file:
            file.write(bytes(1 << 16))
            file.flush()
            os.fsync(file.fileno())
        time.sleep(0.0005)


def ask(lock, connection: socket.socket) -> None:
    for _ in range(15):
        with lock:
            connection.sendall(b"?")
            connection.recv(1)
        crew.compute(0.1)


def answer(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        while connection.recv(1):
            time.sleep(0.01)
            connection.sendall(b"!")


def order(lock, orders: queue.Queue, results: queue.Queue) -> None:
    for _ in range(15):
        with lock:
            orders.put(1)
            results.get()


def deliver(orders: queue.Queue, results: queue.Queue) -> None:
    while orders.get():
        time.sleep(0.01)
        results.put(1)


def await_news(condition, over) -> None:
    with condition:
        while not over.is_set():
            condition.wait(0.5)


def tell_news(condition, over) -> None:
    for number in range(21):
        time.sleep(0.02)
        if number == 20:
            over.set()
        with condition:
            condition.notify_all()


def look_up(lock, cache: dict) -> None:
    for _ in range(20):
        with lock:
            if "it" not in cache:
                time.sleep(0.3)
                cache["it"] = 1
        time.sleep(0.01)


def take_turns(lock, work: queue.Queue) -> None:
    while True:
        with lock:
            item = work.get()
        if item is None:
            return
        crew.compute(0.2)


def give_work(lock) -> None:
    """To daemons, one of which at a time waits for it, the others for their turn."""
    work: queue.Queue = queue.Queue()
    workers = [threading.Thread(target=take_turns, args=(lock, work), daemon=True) for _ in range(3)]
    for worker in workers:
        worker.start()
    for number in range(43):
        time.sleep(0.01)
        work.put(1 if number < 40 else None)
    for worker in workers:
        worker.join()


def take_work(lock) -> None:
    while True:
        with lock:
            pass
        time.sleep(0.01)


def keep_from_work(kit, lock) -> None:
    """Before workers are ended, as pools do."""
    workers = [kit.Worker(target=take_work, args=(lock,), daemon=True) for _ in range(2)]
    for worker in workers:
        worker.start()
    time.sleep(0.1)
    lock.acquire()
    time.sleep(0.3)


def try_to_take(lock) -> None:
    for _ in range(20):
        if lock.acquire(blocking=False):
            time.sleep(0.01)
            lock.release()
        time.sleep(0.01)


def main() -> None:
    kit = crew.kit()
    lock = kit.Lock()
    if crew.FORM == "asleep":
        crew.run(kit, *[(sleep_inside, (lock,))] * 3)
    elif crew.FORM == "file":
        with tempfile.TemporaryDirectory() as folder:
            crew.run(kit, *[(write, (lock, folder))] * 4)
    elif crew.FORM == "socket":
        server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=answer, args=(server,), daemon=True).start()
        with socket.create_connection(server.getsockname()) as connection:
            crew.run(kit, *[(ask, (lock, connection))] * 3)
    elif crew.FORM == "queue":
        queues = queue.Queue(), queue.Queue()
        threading.Thread(target=deliver, args=queues, daemon=True).start()
        crew.run(kit, *[(order, (lock, *queues))] * 3)
    elif crew.FORM == "outside":
        crew.run(kit, *[(sleep_outside, (lock,))] * 3)
    elif crew.FORM == "own":
        crew.run(kit, *[(sleep_inside, (kit.Lock(),)) for _ in range(3)])
    elif crew.FORM == "condition":
        news = kit.Condition(), kit.Event()
        crew.run(kit, *[(await_news, news)] * 3, (tell_news, news))
    elif crew.FORM == "once":
        cache: dict = {}
        crew.run(kit, *[(look_up, (lock, cache))] * 4)
    elif crew.FORM == "alone":
        crew.run(kit, (sleep_inside, (lock,)), *[(time.sleep, (0.25,))] * 2)
    elif crew.FORM == "turns":
        give_work(lock)
    elif crew.FORM == "tried":
        crew.run(kit, *[(try_to_take, (lock,))] * 3)
    elif crew.FORM == "kept":
        keep_from_work(kit, lock)


if __name__ == "__main__":
    main()
