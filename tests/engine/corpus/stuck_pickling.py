"""Who is about to send a message waits for something else while it pickles it: for no room in a queue as yet.

verdict: clean
methods: fork
"""

import contextlib
import multiprocessing
import socket

incoming, _outgoing = socket.socketpair()
incoming.settimeout(0.3)


class Slow:
    """Asks somebody, in vain, whenever it is pickled."""

    def __reduce__(self) -> tuple[object, tuple[()]]:
        with contextlib.suppress(TimeoutError):
            incoming.recv(1)
        return int, ()


def main() -> None:
    numbers = multiprocessing.get_context("fork").SimpleQueue()
    reader = multiprocessing.get_context("fork").Process(target=numbers.get)
    reader.start()
    numbers.put(Slow())
    reader.join()


if __name__ == "__main__":
    main()
