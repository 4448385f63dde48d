"""The variants as a table: throughput with its spread, speed-up, efficiency, cost, and where the time went as a bar."""

from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLabel, QStyledItemDelegate, QVBoxLayout, QWidget

from engine.comparison.result import Result, VariantResult
from engine.comparison.trial import WHERE
from engine.model.format import duration, percent, rate, size
from gui.panels.comparison.colours import colour
from gui.theme import ActiveTheme
from gui.widgets.dress_when_seen import DressWhenSeen
from gui.widgets.natural import natural
from gui.widgets.row_table import Column, RowTable, ShareBar

BAR_WIDTH = 190
SPEED_UP_COLUMN, WHERE_COLUMN = 4, 8


class Numbers(QWidget):
    """One row a variant. `opened` tells the recording of its typical trial."""

    opened = Signal(str)

    def __init__(self, themes: ActiveTheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._result: Result | None = None
        columns = (
            Column[VariantResult]("Backend", lambda v: v.name, 150, sort_key=lambda v: natural(v.name), tip=_tip),
            Column[VariantResult]("Python", _version, 78, tip=lambda v: v.python_title),
            Column[VariantResult]("Per second", self._per_s, 78, _median, number=True, explain=_PER_S),
            Column[VariantResult]("Spread", _spread, 112, number=True, explain=_SPREAD),
            Column[VariantResult](
                "Speed-up",
                self._speed_up,
                130,
                _median,
                number=True,
                tip=self._speed_up_tip,
                share=self._share_of_best,
                explain=_SPEED_UP,
            ),
            Column[VariantResult](
                "Efficiency",
                self._efficiency,
                138,
                self._efficiency_of,
                number=True,
                tip=self._efficiency_tip,
                explain="Speed-up over the same Python's serial run (or fewest workers), by worker",
            ),
            Column[VariantResult](
                "Start-up",
                lambda v: duration(v.middle("start_up_ns")) if v.middle("start_up_ns") else "",
                72,
                lambda v: v.middle("start_up_ns"),
                number=True,
                explain="From the start of the first worker until the last one had begun",
            ),
            Column[VariantResult](
                "Memory",
                lambda v: size(used) if (used := self._memory(v)) else "",
                72,
                self._memory,
                number=True,
                explain="All processes at their most: PSS (what they share is divided), RSS when a run was too short",
            ),
            Column[VariantResult]("Where the workers' time went", lambda _v: "", BAR_WIDTH, tip=_where_words),
        )
        self.table: RowTable[VariantResult] = RowTable(
            "Variants", columns, key=lambda v: (v.python, v.backend, v.workers), parent=self
        )
        self.table.setItemDelegateForColumn(WHERE_COLUMN, _WhereBar(themes, self.table))
        self.table.setItemDelegateForColumn(
            SPEED_UP_COLUMN, ShareBar(self.table, lambda: QColor(themes.current.surfaces.accent))
        )
        self.table.horizontalHeader().setSectionResizeMode(WHERE_COLUMN, QHeaderView.ResizeMode.Interactive)
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # how many workers stands at the end
        self.table.make_sortable()
        self.table.row_opened.connect(self._on_opened)
        self._key = QWidget(self)
        self._key_line = QHBoxLayout(self._key)
        self._key_line.setContentsMargins(8, 4, 8, 4)
        self._key_line.setSpacing(12)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.table, 1)
        layout.addWidget(self._key)
        DressWhenSeen(self, themes, self._show_key)
        self._show_key()

    def show_result(self, result: Result | None) -> None:
        self._result = result
        self.table.set_rows(result.variants if result else [])

    def _on_opened(self, variant: VariantResult) -> None:
        if variant.typical is not None:
            self.opened.emit(variant.typical.recording)

    def _show_key(self) -> None:
        while (entry := self._key_line.takeAt(0)) is not None:
            if (widget := entry.widget()) is not None:
                widget.deleteLater()
        for what in WHERE:
            sign = QLabel(f"<span style='color:{colour(self._themes.current, what)}'>■</span> {what}", self._key)
            sign.setProperty("role", "small")
            self._key_line.addWidget(sign)
        self._key_line.addStretch(1)

    def _memory(self, variant: VariantResult) -> float:
        return self._result.memory(variant) if self._result else 0.0

    def _per_s(self, variant: VariantResult) -> str:
        return rate(variant.throughput.median) if variant.throughput else "failed" if variant.error else ""

    def _speed_up(self, variant: VariantResult) -> str:
        if self._result is None or (found := self._result.speed_up(variant)) is None:
            return ""
        return f"{found.median:.2f}{_range(variant, f'{found.least:.2f} – {found.most:.2f}')}"

    def _share_of_best(self, variant: VariantResult) -> float | None:
        best = max((_median(other) for other in self._result.variants), default=0.0) if self._result else 0.0
        return _median(variant) / best if best and variant.good else None

    def _efficiency(self, variant: VariantResult) -> str:
        found = self._result.efficiency(variant) if self._result else None
        if found is None:
            return ""
        return percent(found.median) + _range(variant, f"{100 * found.least:.0f} – {100 * found.most:.0f}")

    def _efficiency_of(self, variant: VariantResult) -> float:
        found = self._result.efficiency(variant) if self._result else None
        return found.median if found else 0.0

    def _speed_up_tip(self, variant: VariantResult) -> str:
        found = self._result.speed_up(variant) if self._result else None
        return f"{found.median:.2f} times as fast, from {found.least:.2f} to {found.most:.2f}" if found else ""

    def _efficiency_tip(self, variant: VariantResult) -> str:
        found = self._result.efficiency(variant) if self._result else None
        return f"{percent(found.median)}, from {percent(found.least)} to {percent(found.most)}" if found else ""


_PER_S = "Steps a second, as the workers report them: the median of the trials"
_SPREAD = "Slowest and fastest trial; of five or more without the furthest fifth at either end"
_SPEED_UP = "Times the throughput of the yardstick: serial, or the fewest workers"


def _version(variant: VariantResult) -> str:
    """As the programs are called: 3.13.0t is free-threaded."""
    return variant.version + ("t" if variant.free_threaded else "")


def _median(variant: VariantResult) -> float:
    return variant.throughput.median if variant.throughput else 0.0


def _range(variant: VariantResult, words: str) -> str:
    """From where to where the trials leave it; nothing with one trial."""
    return f" ({words})" if len(variant.good) > 1 else ""


def _spread(variant: VariantResult) -> str:
    found = variant.throughput
    if found and len(variant.good) == 1:
        return "one trial"
    return f"{rate(found.least)} – {rate(found.most)}" if found else ""


def _tip(variant: VariantResult) -> str:
    trials = f"{len(variant.good)} of {len(variant.trials)} trials count" if variant.trials else "not run yet"
    more = "; double-click to look at the run" if variant.good else f": {variant.error}" if variant.error else ""
    return f"{variant.name}, {variant.python_title}: {trials}{more}"


def _where_words(variant: VariantResult) -> str:
    parts = sorted(((variant.share(what), what) for what in WHERE), reverse=True)
    return ", ".join(f"{what} {variant.share_in_words(what)}" for share, what in parts if share >= 0.005)


class _WhereBar(QStyledItemDelegate):
    """A stacked bar of WHERE."""

    def __init__(self, themes: ActiveTheme, table: RowTable[VariantResult]) -> None:
        super().__init__(table)
        self._themes = themes
        self._table = table

    def paint(self, painter: QPainter, option: Any, index: QModelIndex | QPersistentModelIndex) -> None:
        super().paint(painter, option, index)
        variant = self._table.row_model.rows[index.row()]
        area = QRectF(option.rect).adjusted(4, 5, -8, -5)
        left = area.left()
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        for what in WHERE:
            width = variant.share(what) * area.width()
            if width > 0:
                painter.fillRect(
                    QRectF(left, area.top(), width, area.height()), QColor(colour(self._themes.current, what))
                )
                left += width
        painter.restore()
