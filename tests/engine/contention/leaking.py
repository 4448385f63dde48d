"""Threads and processes that are started again and again and never end; and those that end, or are so many and no more.

thread-leak: requests threads, executors threads
process-leak: requests fork
nothing: ended threads, ended fork, together threads, together fork, growing threads, kept threads, loop threads
nothing: serving threads, replaced fork, timers threads, joined threads, joined fork
"""

import asyncio
import multiprocessing
import socket
import socketserver
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import crew

MANY = 12
STEP_S = 0.06


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while word := self.request.recv(10):
            self.request.sendall(word)


def serve() -> None:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever).start()
    clients = []
    for _ in range(MANY):
        clients.append(socket.create_connection(server.server_address))
        clients[-1].sendall(b"well?")
        clients[-1].recv(10)
        time.sleep(STEP_S)
    for client in clients:
        client.close()
    server.shutdown()
    server.server_close()


def grow(pool: ThreadPoolExecutor) -> None:
    """It starts its threads as tasks come, one after the other."""
    tasks = []
    for _ in range(MANY):
        tasks.append(pool.submit(time.sleep, 0.7))
        time.sleep(STEP_S)
    for task in tasks:
        task.result()
    time.sleep(0.1)


async def grow_beside_a_loop() -> None:
    async def call(number: int) -> None:
        await asyncio.sleep(number * STEP_S)
        await asyncio.to_thread(time.sleep, 0.9)

    await asyncio.gather(*map(call, range(MANY)))


def main() -> None:  # noqa: PLR0912
    kit = crew.kit()
    stop = kit.Event()
    if crew.FORM == "requests":
        for _ in range(MANY):
            kit.Worker(target=stop.wait, daemon=True).start()
            time.sleep(STEP_S)
        time.sleep(0.1)
    elif crew.FORM == "joined":
        workers = []
        for _ in range(MANY):
            time.sleep(STEP_S)
            workers.append(kit.Worker(target=stop.wait))
            workers[-1].start()
        stop.set()
        for worker in workers:
            worker.join()
    elif crew.FORM == "executors":
        executors = []
        for _ in range(MANY):
            executors.append(ThreadPoolExecutor(4))
            list(executors[-1].map(time.sleep, [0.06] * 4))
    elif crew.FORM == "ended":
        for _ in range(MANY):
            kit.Worker(target=time.sleep, args=(0.05,)).start()
            time.sleep(STEP_S)
    elif crew.FORM == "together":
        workers = [kit.Worker(target=stop.wait) for _ in range(MANY)]
        for worker in workers:
            worker.start()
        time.sleep(MANY * STEP_S)
        stop.set()
    elif crew.FORM == "growing":
        with ThreadPoolExecutor(16) as pool:
            grow(pool)
    elif crew.FORM == "kept":
        grow(ThreadPoolExecutor(16))
    elif crew.FORM == "loop":
        asyncio.run(grow_beside_a_loop())
    elif crew.FORM == "serving":
        serve()
    elif crew.FORM == "replaced":
        with multiprocessing.get_context(crew.METHOD).Pool(2, maxtasksperchild=2) as pool:
            pool.map(time.sleep, [0.05] * 2 * MANY, 1)
    elif crew.FORM == "timers":
        for _ in range(MANY):
            threading.Timer(0.1, print).start()
            time.sleep(STEP_S)


if __name__ == "__main__":
    main()
