"""The timeline's rows, all equally high: process headers, lanes, one row for the service lanes of a process."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from engine.model.entities import Lane, Process
from engine.model.model import Model
from gui.state.filters import Filters, Sort


class RowKind(Enum):
    """What a row stands for."""

    PROCESS = 1
    LANE = 2
    SERVICES = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `lanes` is the lane itself, or all it summarises (none for an expanded process)."""

    kind: RowKind
    process: int
    lanes: tuple[int, ...]
    pinned: bool = False
    expanded: bool = False

    @property
    def lane(self) -> int | None:
        """The lane this row shows alone."""
        return self.lanes[0] if self.kind is RowKind.LANE else None


class Rows:
    """The rows in order, with what painting needs of them as arrays."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = tuple(rows)
        self.lane_ids = np.array([-1 if row.lane is None else row.lane for row in rows], dtype=np.int64)
        self._of_lane: dict[int, int] = {}
        for place, row in enumerate(rows):
            for lane in row.lanes:
                if row.kind is RowKind.LANE or lane not in self._of_lane:
                    self._of_lane[lane] = place

    def __len__(self) -> int:
        return len(self.rows)

    def of_lane(self, lane: int) -> int | None:
        """Number of the row that shows a lane, alone or in a summary; None when it is filtered out."""
        return self._of_lane.get(lane)

    def lanes(self) -> list[int]:
        """Lanes that have a row of their own, from top to bottom."""
        return [int(lane) for lane in self.lane_ids[self.lane_ids >= 0]]


def arrange(model: Model, filters: Filters) -> Rows:
    """The rows of a model under these filters: pinned lanes, then process by process."""
    by_process: dict[int, list[Lane]] = {process.id: [] for process in model.processes}
    for lane in model.lanes:
        if lane.id not in filters.hidden and _admitted(lane, model.processes[lane.process], filters):
            by_process[lane.process].append(lane)
    rows = [
        Row(RowKind.LANE, lane.process, (lane.id,), pinned=True) for lane in model.lanes if lane.id in filters.pinned
    ]
    for process in model.processes:
        rows.extend(_process_rows(process.id, by_process[process.id], filters))
    return Rows(rows)


def _process_rows(process: int, lanes: list[Lane], filters: Filters) -> Iterable[Row]:
    if not lanes:
        return
    everyone = tuple(lane.id for lane in lanes)
    if process in filters.collapsed:
        yield Row(RowKind.PROCESS, process, everyone)
        return
    yield Row(RowKind.PROCESS, process, (), expanded=True)
    if filters.sort is Sort.NAME:
        lanes = sorted(lanes, key=lambda lane: (lane.name.casefold(), lane.id))
    services = tuple(lane.id for lane in lanes if lane.internal)
    for lane in lanes:
        if not lane.internal:
            yield Row(RowKind.LANE, process, (lane.id,))
    if services:
        yield Row(RowKind.SERVICES, process, services, expanded=process in filters.services)
        if process in filters.services:
            yield from (Row(RowKind.LANE, process, (lane,)) for lane in services)


def _admitted(lane: Lane, process: Process, filters: Filters) -> bool:
    return not filters.text or filters.admits(lane.name, process.name, str(process.pid))
