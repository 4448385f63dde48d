"""File I/O: writes a file, asks the system to bring it to the disk, and reads it back."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.tasks.native_cpu import sample_data
from engine.tasks.parameters import Parameter
from engine.tasks.task_type import Step, TaskType, Values


@contextmanager
def open_task(values: Values) -> Iterator[Step]:
    data = sample_data(int(values["size_kib"]) * 1024)
    with tempfile.TemporaryDirectory(prefix="file-io-") as folder:
        path = Path(folder) / "data"

        def step() -> None:
            with path.open("wb") as file:
                file.write(data)
                file.flush()
                if values["sync"]:
                    os.fsync(file.fileno())
            if path.read_bytes() != data:
                raise OSError(f"{path} does not hold what was written to it")

        yield step


TASK = TaskType(
    name="file-io",
    title="File I/O",
    explanation="Writes a temporary file, waits until it is on the disk if so wanted, reads it back, and compares.",
    parameters=(
        Parameter("size_kib", "Size of the file", "int", 256, 1, 262_144, unit="KiB"),
        Parameter("sync", "Wait for the disk", "bool", True, help="Calls os.fsync after writing."),
    ),
    open=open_task,
)
