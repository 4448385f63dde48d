"""Who has got a message waits for something else while it unpickles it, for long: no longer for a message.

verdict: clean
methods: fork
"""

import multiprocessing
import socket
import time
from typing import Any

incoming, outgoing = socket.socketpair()


class Stuck:
    """Waits for a byte whenever it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[()]]:
        return receive, ()


def receive() -> bytes:
    return incoming.recv(1)


def answer(get: Any, put: Any) -> None:
    put(get())


def main() -> None:
    context = multiprocessing.get_context("fork")
    questions, answers = context.Queue(), context.SimpleQueue()
    mine, other = context.Pipe()
    for get, put, ask, hear in (
        (questions.get, answers.put, questions.put, answers.get),
        (other.recv, other.send, mine.send, mine.recv),
    ):
        process = context.Process(target=answer, args=(get, put))
        process.start()
        ask(Stuck())
        timer = context.Process(target=free)
        timer.start()
        hear()
        process.join()
        timer.join()


def free() -> None:
    time.sleep(0.2)
    outgoing.send(b".")


if __name__ == "__main__":
    main()
