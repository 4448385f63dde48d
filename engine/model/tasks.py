"""Named pieces of work. Times are absolute ns."""

import numpy as np

from engine.model.columns import Table
from engine.model.entities import Task
from engine.recording.schema import TASK_ROW


class TaskStore:
    """All task slices; a task is known when it has ended."""

    def __init__(self) -> None:
        self._table = Table(TASK_ROW)
        self._sorted: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None

    def __len__(self) -> int:
        return len(self._table)

    @property
    def rows(self) -> np.ndarray:
        """All tasks (TASK_ROW) in the order in which they came."""
        return self._table.rows

    def append(self, rows: np.ndarray) -> None:
        """Adds tasks (TASK_ROW)."""
        self._table.append(rows)
        self._sorted = None

    def of_lane(self, lane: int, start_ns: int, end_ns: int) -> list[Task]:
        """The tasks of a lane that overlap a span, by start, outer before inner."""
        if self._sorted is None:
            rows = self._table.rows
            rows = rows[np.lexsort((rows["depth"], rows["start"], rows["lane"]))]
            self._sorted = rows, np.ascontiguousarray(rows["lane"]), rows["start"].astype(np.int64)
        rows, lanes, starts = self._sorted
        low, high = np.searchsorted(lanes, np.array([lane, lane + 1], lanes.dtype))
        high = low + int(np.searchsorted(starts[low:high], end_ns))
        part = rows[low:high]
        part = part[part["end"].astype(np.int64) > start_ns]
        return [Task(*row) for row in part.tolist()]
