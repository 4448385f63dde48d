"""Named pieces of work. Times are absolute ns."""

import numpy as np

from engine.model.entities import Task
from engine.model.keyed import EVER, KeyedRows
from engine.recording.schema import TASK_ROW


class TaskStore:
    """All task slices; a task is known when it has ended."""

    def __init__(self) -> None:
        self._ended = KeyedRows(TASK_ROW, "start", "end")

    def __len__(self) -> int:
        return len(self._ended)

    @property
    def rows(self) -> np.ndarray:
        """All tasks (TASK_ROW) in the order in which they came: a copy; of many, ask for a `part`."""
        return self._ended.rows

    def part(self, first: int, stop: int) -> np.ndarray:
        """The tasks (TASK_ROW) from first to stop (exclusive), in the order in which they came."""
        return self._ended.part(first, stop)

    @property
    def nbytes(self) -> int:
        """Bytes in use."""
        return self._ended.nbytes

    def append(self, rows: np.ndarray) -> None:
        """Adds tasks (TASK_ROW)."""
        self._ended.append(rows)

    def outermost(self, lane: int) -> np.ndarray:
        """The tasks of a lane that are within no other (TASK_ROW), by start."""
        rows = self._ended.find(0, EVER, "lane", lane)
        return np.asarray(rows[rows["depth"] == 0])

    def of_lane(self, lane: int, start_ns: int, end_ns: int) -> list[Task]:
        """The tasks of a lane that overlap a span, by start, outer before inner."""
        tasks = [Task(*row) for row in self._ended.find(start_ns, end_ns, "lane", lane).tolist()]
        return sorted(tasks, key=lambda task: (task.start_ns, task.depth))
