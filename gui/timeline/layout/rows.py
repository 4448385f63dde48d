"""The timeline's rows, all equally high: process headers, lanes, one row for the service lanes of a process."""

from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np

from engine.model.entities import Lane, Process
from engine.model.model import Model
from engine.model.statistics import time_in
from engine.recording.schema import State
from gui.state.filters import Filters, Sort
from gui.state.selection import Group
from gui.widgets.natural import natural

SORT_STATES = {
    Sort.WAIT: (State.LOCK_WAIT, State.GIL_WAIT, State.CORE_WAIT, State.WAIT),
    Sort.LOCK_WAIT: (State.LOCK_WAIT,),
}


class RowKind(IntEnum):
    """What a row stands for. Whole numbers, since rows are looked up by the hundred in a paint."""

    PROCESS = 1
    LANE = 2
    SERVICES = 3


class Row(NamedTuple):
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

    @property
    def group(self) -> Group | None:
        """The group this row is the header of."""
        return None if self.kind is RowKind.LANE else Group(self.process, self.kind is RowKind.SERVICES)


class Rows:
    """The rows in order, with what painting needs of them as arrays."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = tuple(rows)
        self.pinned = sum(row.pinned for row in rows)  # they come first
        self.lane_ids = np.full(len(rows), -1, np.int64)
        self._of_lane: dict[int, int] = {}
        self._of_group: dict[Group, int] = {}
        for place, row in enumerate(rows):
            if row.kind is RowKind.LANE:
                lane = self.lane_ids[place] = row.lanes[0]
                self._of_lane[lane] = place
                continue
            group = row.group
            assert group is not None
            self._of_group[group] = place
            for lane in row.lanes:
                self._of_lane.setdefault(lane, place)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def shown(self) -> int:
        """Lanes that are shown, alone or in a summary."""
        return len(self._of_lane)

    def of_lane(self, lane: int) -> int | None:
        """Number of the row that shows a lane, alone or in a summary; None when it is filtered out."""
        return self._of_lane.get(lane)

    def of_group(self, group: Group) -> int | None:
        """Number of a group's header; None when all its lanes are filtered out."""
        return self._of_group.get(group)

    def lanes(self) -> list[int]:
        """Lanes that have a row of their own, from top to bottom."""
        return [int(lane) for lane in self.lane_ids[self.lane_ids >= 0]]


def arrange(model: Model, filters: Filters) -> Rows:
    """The rows of a model under these filters: pinned lanes, sorted among themselves whatever their processes, then
    process by process those that are not.
    """
    by_process: dict[int, list[Lane]] = {process.id: [] for process in model.processes}
    pinned, away = filters.pinned, filters.hidden | filters.pinned
    admits = filters.matcher() if filters.text else None
    for lane in model.lanes:
        process = model.processes[lane.process]
        if lane.id not in away and (admits is None or admits(lane.name, process.name, str(process.pid))):
            by_process[lane.process].append(lane)
    lane_order, process_order = _orders(model, filters.sort)
    on_top = sorted((lane for lane in model.lanes if lane.id in pinned), key=lane_order)
    rows = [Row(RowKind.LANE, lane.process, (lane.id,), pinned=True) for lane in on_top]
    for process in sorted(model.processes, key=process_order):
        rows.extend(_process_rows(process.id, sorted(by_process[process.id], key=lane_order), filters))
    return Rows(rows)


def arranged_for(model: Model) -> tuple[int, int, int, bool]:
    """When this changes, rows may have another order: lanes, processes, later names and launches, the end."""
    return len(model.lanes), len(model.processes), model.renamed, model.finished


def _orders(model: Model, sort: Sort) -> tuple[Callable[[Lane], Any], Callable[[Process], Any]]:
    """What lanes and processes are sorted by. Waits are those up to now; a process counts as much as its worst lane."""
    if sort is Sort.NAME:
        return lambda lane: natural(lane.name.casefold()), lambda process: natural(process.name.casefold())
    if sort is Sort.STARTED:
        # as they were started, not as they came up: under fork that is a matter of chance
        started = {process.id: (process.launched_ns or process.start_ns, process.id) for process in model.processes}
        return lambda lane: (started[lane.process], lane.id), lambda process: started[process.id]
    waited = time_in(model, SORT_STATES[sort])
    worst: dict[int, int] = {}
    for lane in model.lanes:
        worst[lane.process] = max(worst.get(lane.process, 0), waited[lane.id])
    return lambda lane: -waited[lane.id], lambda process: -worst.get(process.id, 0)


def _process_rows(process: int, lanes: list[Lane], filters: Filters) -> Iterable[Row]:
    if not lanes:
        return
    everyone = tuple(lane.id for lane in lanes)
    if process in filters.collapsed:
        yield Row(RowKind.PROCESS, process, everyone)
        return
    yield Row(RowKind.PROCESS, process, (), expanded=True)
    services = tuple(lane.id for lane in lanes if lane.internal)
    for lane in lanes:
        if not lane.internal:
            yield Row(RowKind.LANE, process, (lane.id,))
    if services:
        yield Row(RowKind.SERVICES, process, services, expanded=process in filters.services)
        if process in filters.services:
            yield from (Row(RowKind.LANE, process, (lane,)) for lane in services)
