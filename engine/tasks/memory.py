"""Memory: allocates a block, touches every page of it, keeps it for a while, and gives it back."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from engine.tasks.parameters import Parameter
from engine.tasks.task_type import Step, TaskType, Values

PAGE_SIZE = 4096  # bytes; on systems with larger pages, some are touched more than once


@contextmanager
def open_task(values: Values) -> Iterator[Step]:
    size = int(values["size_mib"]) * 1024 * 1024
    pages = size // PAGE_SIZE
    keep_s = float(values["keep_ms"]) / 1000

    def step() -> None:
        block = bytearray(size)
        block[::PAGE_SIZE] = b"\x01" * pages  # the system hands out a page when it is first written
        time.sleep(keep_s)

    yield step


TASK = TaskType(
    name="memory",
    title="Memory",
    explanation="Allocates a block of memory, writes to each of its pages, keeps it for a while, and frees it.",
    parameters=(
        Parameter("size_mib", "Size of the block", "int", 8, 1, 1024, unit="MiB"),
        Parameter("keep_ms", "Keep it for", "float", 10.0, 0.0, 60_000.0, unit="ms"),
    ),
    open=open_task,
)
