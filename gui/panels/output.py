"""What the program printed, with time and lane."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from engine.model.model import Model
from gui.theme import ActiveTheme
from gui.timeline.layout.time_base import RulerTimes
from gui.widgets.panel import Panel
from gui.widgets.row_table import Column, RowTable

STANDARD_ERROR = 2
RESOLUTION_NS = 1e6


class OutputPanel(Panel):
    """A growing table of lines. It scrolls along until the user scrolls up, and again once at the bottom."""

    time_chosen = Signal(float, object)  # ns, lane or None

    def __init__(self, themes: ActiveTheme, times: RulerTimes, parent: QWidget | None = None) -> None:
        super().__init__("What the program prints appears here, line by line, with its time and lane.", parent)
        self._themes, self._times = themes, times
        self._taken = 0
        self._lines: list[dict[str, Any]] = []
        body = QWidget(self)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 4, 8, 4)
        bar.setSpacing(8)
        self.filter = QLineEdit(body)
        self.filter.setPlaceholderText("Filter lines")
        self.filter.setClearButtonEnabled(True)
        self.filter.setAccessibleName("Filter output")
        self.filter.setMaximumWidth(320)
        self.filter.textChanged.connect(self._on_filter_changed)
        self.shown = QLabel(body)
        self.shown.setProperty("role", "small")
        bar.addWidget(self.filter)
        bar.addWidget(self.shown)
        bar.addStretch(1)
        layout.addLayout(bar)
        self.table: RowTable[dict[str, Any]] = RowTable(
            "Output",
            (
                Column("Time", self._time, 104, number=True),
                Column("Lane", self._lane, 180),
                Column("Text", lambda line: line["text"], colour=self._colour, code=True),
            ),
            key=lambda line: line["number"],
            parent=body,
        )
        times.changed.connect(self.table.row_model.retell)
        self.table.row_chosen.connect(lambda line: self.time_chosen.emit(float(line["time_ns"]), line.get("lane")))
        layout.addWidget(self.table)
        self.set_body(body)

    def forget(self) -> None:
        self._taken = 0
        self._lines = []
        self.table.set_rows([])

    def update_body(self, model: Model) -> bool:
        fresh = model.output[self._taken :]
        self._taken += len(fresh)
        lines = [
            {**line, "text": text, "number": len(self._lines) + number}
            for number, (line, text) in enumerate(
                (line, text) for line in fresh for text in line["text"].rstrip("\n").split("\n")
            )
        ]
        self._lines.extend(lines)
        bar = self.table.verticalScrollBar()
        at_bottom = bar.value() >= bar.maximum() - 2
        self.table.row_model.append_rows([line for line in lines if self._admits(line)])
        if at_bottom:
            self.table.scrollToBottom()
        self._count()
        return bool(self._lines)

    def _on_filter_changed(self) -> None:
        self.table.set_rows([line for line in self._lines if self._admits(line)])
        self._count()

    def _admits(self, line: dict[str, Any]) -> bool:
        wanted = self.filter.text().casefold()
        return not wanted or wanted in str(line["text"]).casefold() or wanted in self._lane(line).casefold()

    def _count(self) -> None:
        shown = len(self.table.row_model.rows)
        lines = "1 line" if len(self._lines) == 1 else f"{len(self._lines)} lines"
        self.shown.setText(f"{shown} of {lines}" if self.filter.text() else lines)

    def _time(self, line: dict[str, Any]) -> str:
        return self._times.text(self.model, line["time_ns"], RESOLUTION_NS) if self.model is not None else ""

    def _lane(self, line: dict[str, Any]) -> str:
        lane = line.get("lane")
        if self.model is None or lane is None:
            return ""
        return self.model.lane_name(int(lane))

    def _colour(self, line: dict[str, Any]) -> str:
        return self._themes.current.surfaces.danger if line["stream"] == STANDARD_ERROR else ""
