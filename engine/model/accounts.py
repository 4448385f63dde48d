"""The system's own accounts: CPU time, run queue and context switches of threads, use of cores, shared memory."""

from typing import NamedTuple

import numpy as np

from engine.model.columns import distinct
from engine.model.keyed import EVER, KeyedRows
from engine.recording.schema import ACCOUNT_ROW, CORE_ROW, MEMORY_ROW


class ThreadAccounts(NamedTuple):
    """What one lane used within a span: CPU time and time in the run queue (ns), context switches of either kind."""

    cpu_ns: int
    queue_ns: int
    voluntary: int
    involuntary: int
    start_ns: int  # of the span that the accounts are of
    end_ns: int


class AccountStore:
    """Of lanes. Cumulative figures, told a few times a second while they change."""

    def __init__(self) -> None:
        self._rows = KeyedRows(ACCOUNT_ROW, "time", "time")

    def __len__(self) -> int:
        return len(self._rows)

    def append(self, rows: np.ndarray) -> None:
        """Adds rows (ACCOUNT_ROW)."""
        self._rows.append(rows)

    def of_lane(self, lane: int, start_ns: int = 0, end_ns: int = EVER) -> np.ndarray:
        """The rows of a lane within a span, by time."""
        return self._rows.find(start_ns, end_ns, "lane", lane)

    def between(self, lane: int, start_ns: int = 0, end_ns: int = EVER) -> ThreadAccounts | None:
        """What a lane used between the first and the last row within a span; None with fewer than two."""
        rows = self.of_lane(lane, start_ns, end_ns)
        if len(rows) < 2:
            return None
        first, last = rows[0], rows[-1]
        cpu, queue, voluntary, involuntary = (
            int(last[name]) - int(first[name]) for name in ("cpu", "queue", "voluntary", "involuntary")
        )
        return ThreadAccounts(cpu, queue, voluntary, involuntary, int(first["time"]), int(last["time"]))

    def switches(self, lane: int) -> tuple[int, int] | None:
        """Context switches of a lane since its start, voluntary and involuntary; None: not known."""
        rows = self.of_lane(lane)
        return (int(rows["voluntary"][-1]), int(rows["involuntary"][-1])) if len(rows) else None


class CoreStore:
    """How busy each core of the machine was, whoever used it."""

    def __init__(self) -> None:
        self._rows = KeyedRows(CORE_ROW, "time", "time")
        self._cores: set[int] = set()

    def append(self, rows: np.ndarray) -> None:
        """Adds rows (CORE_ROW)."""
        self._rows.append(rows)
        self._cores.update(distinct(rows["core"]).tolist())

    def cores(self) -> list[int]:
        """Those of which anything is known."""
        return sorted(self._cores)

    def share(self, core: int, start_ns: float, ns_per_column: float, columns: int) -> np.ndarray:
        """Part of each column in which a core was busy: float64 (columns,), NaN where unknown."""
        rows = self._rows.find(0, EVER, "core", core)
        if len(rows) < 2:
            return np.full(columns, np.nan)
        edges = start_ns + np.arange(columns + 1) * ns_per_column
        times = rows["time"].astype(float)
        used = np.interp(edges, times, rows["busy"].astype(float) - float(rows["busy"][0]))
        share = np.clip(np.diff(used) / ns_per_column, 0.0, 1.0)
        return np.where((edges[1:] > times[0]) & (edges[:-1] < times[-1]), share, np.nan)

    def mean(self, core: int, start_ns: int, end_ns: int) -> float | None:
        """Part of a span in which a core was busy; None: not known."""
        value = float(self.share(core, start_ns, max(1, end_ns - start_ns), 1)[0])
        return None if np.isnan(value) else value


class MemoryStore:
    """Memory of processes with what they share divided among them (PSS)."""

    def __init__(self) -> None:
        self._rows = KeyedRows(MEMORY_ROW, "time", "time")

    def append(self, rows: np.ndarray) -> None:
        """Adds rows (MEMORY_ROW)."""
        self._rows.append(rows)

    def most(self, process: int) -> int | None:
        """Most bytes that were told of a process; None: never told."""
        rows = self._rows.find(0, EVER, "process", process)
        return int(rows["pss"].max()) if len(rows) else None

    def pss(self, process: int, time_ns: int = EVER - 1) -> int | None:
        """Bytes as last told up to a time; None: not known."""
        rows = self._rows.find(0, time_ns + 1, "process", process)
        return int(rows["pss"][-1]) if len(rows) else None
