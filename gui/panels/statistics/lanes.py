"""How each lane has spent its time, as figures and as a bar."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget

from engine.model.attribution import WORTH_TELLING, points_in_words
from engine.model.entities import Lane
from engine.model.format import duration
from engine.model.model import Model
from engine.recording.schema import State
from gui.theme import STATE_NAMES, ActiveTheme
from gui.widgets.figures import fixed_percent, unsure_percent
from gui.widgets.natural import natural
from gui.widgets.row_table import Column, RowTable

# The most telling states first: bars and columns keep this order.
STATES = (
    State.RUNNING,
    State.GIL_WAIT,
    State.CORE_WAIT,
    State.LOCK_WAIT,
    State.WAIT,
    State.IO,
    State.SLEEP,
    State.IDLE,
    State.UNKNOWN,
)
BAR_WIDTH = 220
SHARE_PX = 104  # has room for `100 ± 13 %`


@dataclass(frozen=True)
class LaneRow:
    """One lane and the time it spent in each state (ns, by State)."""

    lane: Lane
    process: str
    totals: tuple[int, ...]
    points: tuple[float, ...]  # how far the shares may be off either way, by State
    gil_wait: str  # what that is called: where it cannot be told from core wait, by both names

    @property
    def lifetime(self) -> int:
        return sum(self.totals)

    def name(self, state: State) -> str:
        return self.gil_wait if state is State.GIL_WAIT else STATE_NAMES[state]

    def share(self, state: State) -> float:
        return self.totals[state] / self.lifetime if self.lifetime else 0.0


def lane_table(themes: ActiveTheme, parent: QWidget) -> RowTable[LaneRow]:
    """One row a lane."""
    columns: Sequence[Column[LaneRow]] = (
        Column("Lane", lambda r: r.lane.name, 150, sort_key=lambda r: natural(r.lane.name)),
        Column("Process", lambda r: r.process, 130, sort_key=lambda r: natural(r.process)),
        Column("Time", lambda r: duration(r.lifetime), 104, lambda r: r.lifetime, number=True),
        Column("Shares", lambda _r: "", BAR_WIDTH, lambda r: r.share(State.RUNNING), tip=in_words),
        *(share_column(state) for state in STATES),
        Column("", lambda _r: ""),
    )
    table: RowTable[LaneRow] = RowTable("Statistics of lanes", columns, key=lambda row: row.lane.id, parent=parent)
    table.setItemDelegateForColumn(3, StateBar(themes, table))
    table.make_sortable()
    return table


def lane_rows(model: Model, lanes: np.ndarray, totals: np.ndarray, sampled: np.ndarray) -> list[LaneRow]:
    """Of these lanes, which have spent so much time in each state, so much of it only sampled."""
    processes = {process.id: process.title for process in model.processes}
    spent = totals.copy()
    spent[:, State.ENDED] = 0  # the time before a lane began and after it ended is no time of the lane
    rows = []
    points = 100 * model.attribution.half_widths(spent, sampled) / np.maximum(spent.sum(axis=1, keepdims=True), 1)
    for number, times, doubts in zip(lanes.tolist(), spent.tolist(), points.tolist(), strict=True):
        lane = model.lanes[number]
        gil_wait = model.attribution.state_name(State.GIL_WAIT, lane.process)
        rows.append(LaneRow(lane, processes.get(lane.process, ""), tuple(times), tuple(doubts), gil_wait))
    return rows


def in_order(rows: Sequence[LaneRow]) -> list[LaneRow]:
    """As they are shown at first: service lanes come last."""
    return sorted(rows, key=lambda row: row.lane.internal)


class StateBar(QStyledItemDelegate):
    """Paints a row's shares side by side in the colours of the states."""

    def __init__(self, themes: ActiveTheme, table: RowTable[LaneRow]) -> None:
        super().__init__(table)
        self._themes = themes
        self._table = table

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        row = self._table.row_model.rows[index.row()]
        area: QRect = option.rect.adjusted(4, 5, -4, -5)
        theme = self._themes.current
        left = 0.0
        for state in STATES:
            width = row.share(state) * area.width()
            if width > 0:
                piece = QRect(area.left() + round(left), area.top(), round(left + width) - round(left), area.height())
                painter.fillRect(piece, theme.state_color(state))
                if state is State.UNKNOWN:
                    painter.fillRect(piece, Qt.BrushStyle.BDiagPattern)
            left += width


def share_column(state: State) -> Column[LaneRow]:
    """The share of one state, empty where there was none."""
    return Column(
        STATE_NAMES[state],
        lambda row: figure(row, state),
        SHARE_PX,
        lambda row: row.share(state),
        number=True,
        tip=lambda row: f"{row.name(state)}: {duration(row.totals[state])}{points_in_words(row.points[state])}",
    )


def figure(row: LaneRow, state: State) -> str:
    """`61.0 %`, `61 ± 3 %` where the decimal would pretend; empty where there was none."""
    if not row.totals[state]:
        return ""
    if row.points[state] >= WORTH_TELLING:
        return unsure_percent(row.share(state), row.points[state])
    return fixed_percent(row.share(state))


def in_words(row: LaneRow) -> str:
    """running 61.0 % (± 0.4 points), lock wait 12.0 %."""
    return ", ".join(
        f"{row.name(state)} {100 * row.share(state):.1f} %{points_in_words(row.points[state])}"
        for state in STATES
        if row.totals[state]
    )
