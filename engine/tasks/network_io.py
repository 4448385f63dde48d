"""Network I/O over the loopback interface: requests to a small server, which a thread of the same process runs."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from engine.tasks.parameters import Parameter
from engine.tasks.task_type import Step, TaskType, Values


def receive_exactly(connection: socket.socket, size: int) -> bytes:
    """The next `size` bytes; ConnectionError when the other side hangs up before."""
    received = bytearray()
    while len(received) < size:
        part = connection.recv(min(size - len(received), 65_536))
        if not part:
            raise ConnectionError(f"the connection ended after {len(received)} of {size} bytes")
        received += part
    return bytes(received)


def answer(server: socket.socket, size: int, latency_s: float) -> None:
    """Serves one client: echoes every request of `size` bytes, `latency_s` after it has arrived."""
    connection, _ = server.accept()
    with connection, suppress(ConnectionError):  # the client hangs up when it is done
        while True:
            request = receive_exactly(connection, size)
            time.sleep(latency_s)
            connection.sendall(request)


@contextmanager
def open_task(values: Values) -> Iterator[Step]:
    size = int(values["size_kib"]) * 1024
    latency_s = float(values["latency_ms"]) / 1000
    request = bytes(size)
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(
            target=answer, args=(server, size, latency_s), name=f"{threading.current_thread().name}-server", daemon=True
        )
        thread.start()
        try:
            with socket.create_connection(server.getsockname()) as client:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

                def step() -> None:
                    client.sendall(request)
                    receive_exactly(client, size)

                yield step
        finally:
            thread.join()


TASK = TaskType(
    name="network-io",
    title="Loopback network I/O",
    explanation="Sends requests over a TCP connection to a server on this machine and waits for the answers.",
    parameters=(
        Parameter("size_kib", "Size of a request", "int", 16, 1, 1024, unit="KiB"),
        Parameter("latency_ms", "Latency of the server", "float", 10.0, 0.0, 10_000.0, unit="ms"),
    ),
    open=open_task,
)
