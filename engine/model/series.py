"""What changes over time beside the lanes: depths of queues, signals, resources of processes. Times are absolute ns."""

from collections.abc import Iterator

import numpy as np

from engine.model.keyed import KeyedRows
from engine.recording.schema import DEPTH_ROW, RESOURCE_ROW, SIGNAL_ROW

EVER = 1 << 63


class DepthStore:
    """How many items were in which queue."""

    def __init__(self) -> None:
        self._rows = KeyedRows(DEPTH_ROW, "time", "time")
        self._queues: set[int] = set()

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def rows(self) -> np.ndarray:
        """All (DEPTH_ROW) in the order in which they came."""
        return self._rows.rows

    @property
    def nbytes(self) -> int:
        """Bytes in use."""
        return self._rows.nbytes

    def append(self, rows: np.ndarray) -> None:
        """Adds rows (DEPTH_ROW)."""
        self._rows.append(rows)
        self._queues.update(rows["primitive"].tolist())

    def queues(self) -> list[int]:
        """The primitives that have a depth."""
        return sorted(self._queues)

    def of(self, primitive: int, start_ns: int, end_ns: int) -> np.ndarray:
        """The operations on a queue within a span (DEPTH_ROW), by time."""
        return self._rows.find(start_ns, end_ns, "primitive", primitive)

    def of_lane(self, lane: int, start_ns: int, end_ns: int) -> np.ndarray:
        """The queue operations of a lane within a span (DEPTH_ROW), by time."""
        return self._rows.find(start_ns, end_ns, "lane", lane)

    def at(self, primitive: int, start_ns: float, ns_per_column: float, columns: int) -> np.ndarray:
        """Depth at the end of each column: float64 (columns,), NaN before the first operation."""
        *_, whole = self.more_and_more(primitive, start_ns, ns_per_column, columns)
        return whole

    def more_and_more(
        self, primitive: int, start_ns: float, ns_per_column: float, columns: int
    ) -> Iterator[np.ndarray]:
        """The same, a piece of the rows after the other: what is known after each of them; the last is the whole."""
        ends = start_ns + np.arange(1, columns + 1) * ns_per_column
        depths, times = np.full(columns, np.nan), np.full(columns, -1.0)
        for piece in self._rows.pieces(0, int(ends[-1]) + 1, "primitive", primitive):
            rows = piece[np.argsort(piece["time"], kind="stable")]
            found = _last_known(rows["time"].astype(float), rows["time"].astype(float), ends)
            later = found >= times  # none where it is NaN
            depths[later] = _last_known(rows["time"].astype(float), rows["depth"].astype(float), ends)[later]
            times[later] = found[later]
            yield depths


class SignalStore:
    """Who set, notified, released or passed which primitive."""

    def __init__(self) -> None:
        self._rows = KeyedRows(SIGNAL_ROW, "time", "time")

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def rows(self) -> np.ndarray:
        """All (SIGNAL_ROW) in the order in which they came."""
        return self._rows.rows

    @property
    def nbytes(self) -> int:
        """Bytes in use."""
        return self._rows.nbytes

    def append(self, rows: np.ndarray) -> None:
        """Adds rows (SIGNAL_ROW)."""
        self._rows.append(rows)

    def of(self, primitive: int, start_ns: int, end_ns: int) -> np.ndarray:
        """The signals to a primitive within a span (SIGNAL_ROW), by time."""
        return self._rows.find(start_ns, end_ns, "primitive", primitive)

    def of_lane(self, lane: int, start_ns: int, end_ns: int) -> np.ndarray:
        """The signals that a lane gave within a span (SIGNAL_ROW), by time."""
        return self._rows.find(start_ns, end_ns, "lane", lane)


class ResourceStore:
    """CPU time and memory of the processes, as sampled."""

    def __init__(self) -> None:
        self._rows = KeyedRows(RESOURCE_ROW, "time", "time")
        self._processes: set[int] = set()
        self._ends: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def nbytes(self) -> int:
        """Bytes in use."""
        return self._rows.nbytes

    def append(self, rows: np.ndarray) -> None:
        """Adds samples (RESOURCE_ROW)."""
        self._rows.append(rows)
        self._processes.update(rows["process"].tolist())

    def end_process(self, process: int, time_ns: int) -> None:
        """The process uses nothing from then on."""
        self._ends[process] = time_ns

    def of(self, process: int, start_ns: int, end_ns: int) -> np.ndarray:
        """The samples of a process within a span (RESOURCE_ROW), by time."""
        return self._rows.find(start_ns, end_ns, "process", process)

    def cpu_share(self, start_ns: float, ns_per_column: float, columns: int, process: int | None = None) -> np.ndarray:
        """Cores in use per column (float64; 1.0 is one core), NaN where unknown; of one process or of all together."""
        edges = start_ns + np.arange(columns + 1) * ns_per_column
        total = np.full(columns, np.nan)
        for number in [process] if process is not None else sorted(self._processes):
            rows = self.of(number, 0, EVER)
            if len(rows) < 2:
                continue
            times = rows["time"].astype(float)
            used = np.interp(edges, times, rows["cpu"].astype(float))
            share = np.diff(used) / np.diff(edges)
            known = (edges[1:] > times[0]) & (edges[:-1] < times[-1])
            total = np.where(known, np.where(np.isnan(total), 0.0, total) + share, total)
        return total

    def memory(self, start_ns: float, ns_per_column: float, columns: int, process: int | None = None) -> np.ndarray:
        """Bytes at the end of each column (float64), NaN where unknown; of one process or of all together.

        A process's own memory (USS) where the system tells it, else its RSS.
        """
        ends = start_ns + np.arange(1, columns + 1) * ns_per_column
        total = np.full(columns, np.nan)
        for number in [process] if process is not None else sorted(self._processes):
            rows = self.of(number, 0, EVER)
            if not len(rows):
                continue
            own = np.where(rows["uss"] > 0, rows["uss"], rows["rss"]).astype(float)
            times = rows["time"].astype(float)
            last = self._ends.get(number, times[-1] + 2e9)  # nothing is known of a process long after its last sample
            held = np.where(ends <= last, _last_known(times, own, ends), np.nan)
            total = np.where(np.isnan(held), total, np.where(np.isnan(total), 0.0, total) + held)
        return total


def _last_known(times: np.ndarray, values: np.ndarray, moments: np.ndarray) -> np.ndarray:
    at = np.searchsorted(times, moments, "right") - 1
    return np.where(at >= 0, values[np.maximum(at, 0)], np.nan) if len(values) else np.full(len(moments), np.nan)
