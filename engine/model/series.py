"""What changes over time beside the lanes: depths of queues, signals, resources of processes. Times are absolute ns."""

import numpy as np

from engine.model.columns import Table
from engine.recording.schema import DEPTH_ROW, RESOURCE_ROW, SIGNAL_ROW


class _ByKey:
    """Rows found by a key and a span of time."""

    def __init__(self, table: Table, key: str) -> None:
        self._table, self._key = table, key
        self._sorted: tuple[int, np.ndarray, np.ndarray, np.ndarray] | None = None

    def rows(self, key: int, start_ns: int, end_ns: int) -> np.ndarray:
        """Rows with this key and start_ns <= time < end_ns, by time."""
        if self._sorted is None or self._sorted[0] != len(self._table):
            rows = self._table.rows
            rows = rows[np.lexsort((rows["time"], rows[self._key]))]
            keys, times = np.ascontiguousarray(rows[self._key]), rows["time"].astype(np.int64)
            self._sorted = len(rows), rows, keys, times
        _, rows, keys, times = self._sorted
        low, high = np.searchsorted(keys, np.array([key, key + 1], keys.dtype))
        first, stop = np.searchsorted(times[low:high], np.array([start_ns, end_ns], np.int64))
        return rows[low + first : low + stop]


class DepthStore:
    """How many items were in which queue."""

    def __init__(self) -> None:
        self._table = Table(DEPTH_ROW)
        self._by_primitive = _ByKey(self._table, "primitive")

    def __len__(self) -> int:
        return len(self._table)

    @property
    def rows(self) -> np.ndarray:
        """All (DEPTH_ROW) in the order in which they came."""
        return self._table.rows

    @property
    def primitives(self) -> list[int]:
        """The queues that have a depth."""
        return [int(number) for number in np.unique(self._table.rows["primitive"])]

    def append(self, rows: np.ndarray) -> None:
        """Adds rows (DEPTH_ROW)."""
        self._table.append(rows)

    def of(self, primitive: int, start_ns: int, end_ns: int) -> tuple[np.ndarray, np.ndarray]:
        """Times (int64) and depths (int64) after each operation within a span, by time."""
        rows = self._by_primitive.rows(primitive, start_ns, end_ns)
        return rows["time"].astype(np.int64), rows["depth"].astype(np.int64)


class SignalStore:
    """Who set, notified, released or passed which primitive."""

    def __init__(self) -> None:
        self._table = Table(SIGNAL_ROW)
        self._by_primitive = _ByKey(self._table, "primitive")

    def __len__(self) -> int:
        return len(self._table)

    @property
    def rows(self) -> np.ndarray:
        """All (SIGNAL_ROW) in the order in which they came."""
        return self._table.rows

    def append(self, rows: np.ndarray) -> None:
        """Adds rows (SIGNAL_ROW)."""
        self._table.append(rows)

    def of(self, primitive: int, start_ns: int, end_ns: int) -> np.ndarray:
        """The signals to a primitive within a span (SIGNAL_ROW), by time."""
        return self._by_primitive.rows(primitive, start_ns, end_ns)


class Resources:
    """CPU time and memory of the processes, as sampled."""

    def __init__(self) -> None:
        self._table = Table(RESOURCE_ROW)
        self._by_process = _ByKey(self._table, "process")

    def __len__(self) -> int:
        return len(self._table)

    def append(self, rows: np.ndarray) -> None:
        """Adds rows (RESOURCE_ROW)."""
        self._table.append(rows)

    def of(self, process: int, start_ns: int, end_ns: int) -> np.ndarray:
        """The samples of a process within a span (RESOURCE_ROW), by time."""
        return self._by_process.rows(process, start_ns, end_ns)

    def cpu_share(self, process: int, start_ns: int, end_ns: int) -> tuple[np.ndarray, np.ndarray]:
        """Times (int64) and the share of one core used since the sample before (float64; above 1 on several cores)."""
        rows = self.of(process, 0, end_ns)
        times, used = rows["time"].astype(np.int64), rows["cpu"].astype(np.int64)
        if len(rows) < 2:
            return np.zeros(0, np.int64), np.zeros(0)
        share = np.diff(used) / np.maximum(np.diff(times), 1)
        inside = times[1:] >= start_ns
        return times[1:][inside], np.maximum(share, 0)[inside]

    def memory(self, process: int, start_ns: int, end_ns: int) -> tuple[np.ndarray, np.ndarray]:
        """Times (int64) and bytes (int64): the process's own memory where the system tells it (USS), else RSS."""
        rows = self.of(process, start_ns, end_ns)
        own = rows["uss"].astype(np.int64)
        return rows["time"].astype(np.int64), np.where(own > 0, own, rows["rss"].astype(np.int64))
