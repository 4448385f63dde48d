"""Statistics: of the whole recording, lane by lane; of a selected span, its locks and concurrency too."""

from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.model.format import duration, percent
from engine.model.model import Model
from engine.model.span import SpanPrimitive, SpanStatistics, running_words
from gui.panels.statistics.lanes import LaneRow, in_order, lane_rows, lane_table
from gui.panels.statistics.span import AtOnceRow, at_once_rows, at_once_table, primitive_table
from gui.state.span_state import SpanState
from gui.theme import ActiveTheme
from gui.widgets.elided_text import ElidedText
from gui.widgets.panel import Panel
from gui.widgets.progress_bar import ProgressBar
from gui.widgets.row_table import RowTable

LANES_AT_ONCE = 128  # whose times are added up in one go
PAGES = ("Lanes", "Locks", "Running at once")


class SpanStrip(QWidget):
    """Which figures of a span are shown, what it comes to in words, and how far it has been counted."""

    page_chosen = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.buttons = QButtonGroup(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.setSpacing(4)
        for number, title in enumerate(PAGES):
            button = QToolButton(self)
            button.setText(title)
            button.setCheckable(True)
            button.setChecked(number == 0)
            self.buttons.addButton(button, number)
            layout.addWidget(button)
        self.words = ElidedText(1, self)
        self.words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.progress = ProgressBar(self)
        self.progress.setFormat("counting")
        self.progress.setMaximumWidth(120)
        self.progress.setAccessibleName("Counting the span")
        self.cancel = QPushButton("Cancel", self)
        self.clear = QPushButton("Whole recording", self)
        self.clear.setToolTip("Select nothing: show the whole recording's statistics (Esc in the timeline)")
        layout.addSpacing(8)
        for part in (self.words, self.progress, self.cancel, self.clear):
            layout.addWidget(part)
        self.buttons.idClicked.connect(self.page_chosen)

    def show_span(self, span: SpanStatistics, *, busy: bool, cancelled: bool) -> None:
        partly = f", counted in part: ≈ is estimated from {percent(span.progress)}" if cancelled else ""
        self.words.show_text(f"Span of {duration(span.duration_ns)}: {running_words(span)}{partly}")
        self.progress.show_share(span.progress)
        self.progress.setVisible(busy)
        self.cancel.setVisible(busy)


class StatisticsPanel(Panel):
    """One row a lane; of a span, also one row a lock, and one for each number of lanes that ran at once."""

    lane_chosen = Signal(int)
    primitive_chosen = Signal(int)
    whole_wanted = Signal()

    def __init__(self, themes: ActiveTheme, spans: SpanState, parent: QWidget | None = None) -> None:
        super().__init__("Time per state appears here for each lane as soon as something runs.", parent)
        self._spans = spans
        self._rows: list[LaneRow] = []
        self._span: SpanStatistics | None = None  # that the rows are of; None: the whole recording
        self.strip = SpanStrip(self)
        self.table: RowTable[LaneRow] = lane_table(themes, self)
        self.locks: RowTable[SpanPrimitive] = primitive_table(self)
        self.at_once: RowTable[AtOnceRow] = at_once_table(themes, self)
        self._pages = QStackedWidget(self)
        for table in (self.table, self.locks, self.at_once):
            self._pages.addWidget(table)
        body = QWidget(self)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.strip)
        layout.addWidget(self._pages, 1)
        self.set_body(body)
        self.table.row_chosen.connect(lambda row: self.lane_chosen.emit(row.lane.id))
        self.locks.row_chosen.connect(lambda row: self.primitive_chosen.emit(row.primitive.id))
        self.strip.page_chosen.connect(self._pages.setCurrentIndex)
        self.strip.cancel.clicked.connect(spans.cancel)
        self.strip.clear.clicked.connect(self.whole_wanted)
        spans.changed.connect(self._on_span_changed)

    def forget(self) -> None:
        for table in (self.table, self.locks, self.at_once):
            table.set_rows([])

    def prepare(self, model: Model) -> Iterator[None]:
        span = self._spans.statistics
        lanes = np.arange(len(model.lanes)) if span is None else span.lanes
        start, end = model.start_ns, model.end_ns
        rows: list[LaneRow] = []
        for first in range(0, len(lanes), LANES_AT_ONCE):
            some = lanes[first : first + LANES_AT_ONCE]
            if span is None:
                totals, sampled = model.states.totals(some, start, end), model.states.sampled(some, start, end)
            else:
                totals, sampled = (part[first : first + len(some)] for part in (span.totals, span.sampled))
            rows += lane_rows(model, some, totals, sampled)
            yield
        self._span, self._rows = span, in_order(rows)

    def update_body(self, _model: Model) -> bool:
        span = self._span
        if span is None and self._spans.busy:
            return True  # what is shown stays for the moment that a span takes to begin
        self.strip.setVisible(span is not None)
        self.table.set_rows(self._rows)
        if span is None:
            self._pages.setCurrentIndex(0)
            return bool(self._rows)
        self.strip.show_span(span, busy=self._spans.busy, cancelled=self._spans.cancelled)
        self._pages.setCurrentIndex(self.strip.buttons.checkedId())
        self.locks.set_rows(span.primitives())
        self.at_once.set_rows(at_once_rows(span))
        return True

    def _on_span_changed(self) -> None:
        """A span that is being dragged is shown at leisure, what has been counted of it soon, all of it at once."""
        if self.isVisible() and not self._spans.busy:
            self.refresh_anew()
        elif self._spans.statistics is not None:
            self.refresh_soon()
        else:
            self._seen_version = -1
