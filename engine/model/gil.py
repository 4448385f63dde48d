"""Who had the GIL of each interpreter, as sampled."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from engine.model.columns import Table, distinct, ranges
from engine.recording.schema import GIL_NOBODY, GIL_ROW, GIL_STRANGER

NOBODY = -1  # no lane had it
STRANGER = -2  # a thread had it that has no lane
UNKNOWN = -3  # nobody looked
MOST_ROWS = 20_000  # that are looked at one by one


@dataclass(frozen=True)
class Gil:
    """One interpreter's. `interpreter`: 0 is the main one; `inferred`: who had it follows from who ran."""

    id: int
    process: int
    interpreter: int
    inferred: bool

    @property
    def label(self) -> str:
        """`GIL`, `GIL of interpreter 2`."""
        return f"GIL of interpreter {self.interpreter}" if self.interpreter else "GIL"


class GilSpan(NamedTuple):
    """A lane (or NOBODY, STRANGER) had the GIL, at that site (0: not known) when it was seen."""

    gil: int
    lane: int
    start_ns: int
    end_ns: int
    site: int
    looks: int


class GilLoad(NamedTuple):
    """Of a span: the part in which the GIL was taken (while no lane runs nobody looks: it is free), the mean number of
    lanes that waited for it when it was looked at, hand-overs between threads; and the looks that this rests on.
    """

    taken: float
    waiting: float
    switches: int
    looks: int


class GilStore:
    """Spans of all GILs of a recording. Those of one GIL come in order and do not overlap."""

    def __init__(self) -> None:
        self._rows: dict[int, Table] = {}
        self._gils: dict[int, Gil] = {}

    def __len__(self) -> int:
        return sum(len(table) for table in self._rows.values())

    def define(self, gil: Gil) -> None:
        """From the recording's text."""
        self._gils[gil.id] = gil

    def append(self, rows: np.ndarray) -> None:
        """Adds rows (GIL_ROW)."""
        for gil in distinct(rows["gil"]).tolist():
            self._rows.setdefault(gil, Table(GIL_ROW)).append(rows[rows["gil"] == gil])

    def of_process(self, process: int) -> list[Gil]:
        """A process's GIL; a further interpreter counts as a process of its own."""
        return sorted(
            (gil for gil in self._gils.values() if gil.process == process), key=lambda gil: (gil.interpreter, gil.id)
        )

    def spans(self, gil: int, start_ns: int, end_ns: int) -> list[GilSpan]:
        """Those that overlap a span, by time."""
        return [
            GilSpan(gil, lane, row["start"], row["end"], row["site"], row["looks"])
            for row, lane in ((_plain(each), _lane(int(each["holder"]))) for each in self._find(gil, start_ns, end_ns))
        ]

    def at(self, gil: int, time_ns: int) -> GilSpan | None:
        """Who had it at a time; None: nobody looked."""
        found = self.spans(gil, time_ns, time_ns + 1)
        return found[-1] if found else None

    def last(self, gil: int, end_ns: int, within_ns: int = 500_000_000) -> GilSpan | None:
        """Who had it when it was last looked at before a time."""
        found = self.spans(gil, end_ns - within_ns, end_ns)
        return found[-1] if found else None

    def holders(self, gil: int, start_ns: int, end_ns: int) -> dict[int, int]:
        """Lane (or NOBODY, STRANGER) → ns within a span, the longest first."""
        rows = self._find(gil, start_ns, end_ns)
        if not len(rows):
            return {}
        step = max(1, len(rows) // MOST_ROWS)
        rows = rows[::step]  # of very many, some tell enough
        holders, places = np.unique(rows["holder"], return_inverse=True)
        spent = np.bincount(places, _overlap(rows, start_ns, end_ns)) * step
        order = np.argsort(-spent, kind="stable")
        return {_lane(int(holders[place])): int(spent[place]) for place in order.tolist()}

    def longest_site(self, gil: int, lane: int, start_ns: int, end_ns: int) -> int:
        """Where a lane was seen with it for the longest within a span; 0: not known."""
        rows = self._find(gil, start_ns, end_ns)
        rows = rows[:: max(1, len(rows) // MOST_ROWS)]
        rows = rows[(rows["holder"] == lane + 1) & (rows["site"] != 0)]
        if not len(rows):
            return 0
        sites, places = np.unique(rows["site"], return_inverse=True)
        return int(sites[np.bincount(places, _overlap(rows, start_ns, end_ns)).argmax()])

    def load(self, gil: int, start_ns: int, end_ns: int) -> GilLoad | None:
        """How busy it was, from when it was first looked at; None: nobody looked. The span ends while it is there."""
        rows = self._find(gil, start_ns, end_ns)
        if not len(rows):
            return None
        inside = _overlap(rows, start_ns, end_ns)
        span = end_ns - max(start_ns, int(self._rows[gil].rows["start"][0]))
        taken = inside[rows["holder"] != GIL_NOBODY].sum()
        looks = int(rows["looks"].sum())
        waiting = float(rows["waiting"].sum()) / max(1, looks)
        return GilLoad(float(taken / max(1, span)), waiting, int(rows["switches"].sum()), looks)

    def columns(self, gil: int, start_ns: float, ns_per_column: float, columns: int) -> tuple[np.ndarray, np.ndarray]:
        """Per column who had it for the longest (i4: lane, NOBODY, STRANGER or UNKNOWN) and the part of it in which it
        was taken (float64). Where there are very many spans, who had it in the middle of each column.
        """
        holders, taken = np.full(columns, UNKNOWN, np.int32), np.zeros(columns)
        rows = self._find(gil, int(start_ns), int(start_ns + columns * ns_per_column) + 1)
        if not len(rows):
            return holders, taken
        lanes = rows["holder"].astype(np.int64) - 1
        lanes[rows["holder"] == GIL_NOBODY] = NOBODY
        lanes[rows["holder"] == GIL_STRANGER] = STRANGER
        if len(rows) > MOST_ROWS:
            middles = (start_ns + (np.arange(columns) + 0.5) * ns_per_column).astype(np.uint64)
            at = np.minimum(np.searchsorted(rows["end"], middles, "right"), len(rows) - 1)
            hit = (rows["start"][at] <= middles) & (middles < rows["end"][at])
            holders[hit] = lanes[at[hit]]
            return holders, ((holders != UNKNOWN) & (holders != NOBODY)).astype(float)
        starts = (rows["start"].astype(float) - start_ns) / ns_per_column
        ends = (rows["end"].astype(float) - start_ns) / ns_per_column
        first = np.clip(np.floor(starts).astype(np.int64), 0, columns - 1)
        last = np.clip(np.ceil(ends).astype(np.int64) - 1, first, columns - 1)
        counts = last - first + 1
        row = np.repeat(np.arange(len(rows)), counts)
        column = ranges(first, counts)
        inside = np.maximum(0.0, np.minimum(ends[row], column + 1) - np.maximum(starts[row], column))
        np.add.at(taken, column[lanes[row] != NOBODY], inside[lanes[row] != NOBODY])
        order = np.lexsort((inside, column))  # the longest of each column last, so that it stays
        holders[column[order]] = lanes[row[order]]
        return holders, np.minimum(taken, 1.0)

    def _find(self, gil: int, start_ns: int, end_ns: int) -> np.ndarray:
        """The rows that overlap a span; a view."""
        if gil not in self._rows:
            return np.empty(0, GIL_ROW)
        rows = self._rows[gil].rows
        low, high = np.uint64(max(0, start_ns)), np.uint64(max(0, end_ns))
        found: np.ndarray = rows[np.searchsorted(rows["end"], low, "right") : np.searchsorted(rows["start"], high)]
        return found


def _lane(holder: int) -> int:
    return STRANGER if holder == GIL_STRANGER else NOBODY if holder == GIL_NOBODY else holder - 1


def _plain(row: np.void) -> dict[str, int]:
    return dict(zip(GIL_ROW.names or (), row.tolist(), strict=True))


def _overlap(rows: np.ndarray, start_ns: int, end_ns: int) -> np.ndarray:
    starts = np.maximum(rows["start"].astype(np.int64), start_ns)
    inside: np.ndarray = np.maximum(0, np.minimum(rows["end"].astype(np.int64), end_ns) - starts)
    return inside
