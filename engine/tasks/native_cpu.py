"""CPU work in C code that lets go of the GIL: hashing and compression."""

import hashlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from engine.tasks.parameters import Parameter
from engine.tasks.task_type import Step, TaskType, Values

# Half of it compresses well: 64 KiB blocks of text-like and of hash-like bytes.
PATTERN = b"Lanes of threads, lanes of processes. " * 1725 + hashlib.shake_256(b"lanes").digest(65_536)


def sample_data(size: int) -> bytes:
    """`size` bytes, always the same ones."""
    return (PATTERN * (size // len(PATTERN) + 1))[:size]


@contextmanager
def open_task(values: Values) -> Iterator[Step]:
    data = sample_data(int(values["size_kib"]) * 1024)

    def hash_data() -> None:
        hashlib.sha256(data).digest()

    def compress_data() -> None:
        zlib.compress(data, 6)

    yield hash_data if values["kind"] == "hashing" else compress_data


TASK = TaskType(
    name="native-cpu",
    title="GIL-releasing CPU",
    explanation="Hashes or compresses a block of memory in C code, without the GIL: threads run side by side.",
    parameters=(
        Parameter("kind", "Work", "choice", "hashing", choices=("hashing", "compression")),
        Parameter("size_kib", "Size of the block", "int", 1024, 1, 262_144, unit="KiB"),
    ),
    open=open_task,
)
