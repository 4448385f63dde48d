"""The place of the plots' chart, which comes once the window stands: its library takes long to load.

PySide makes a class when it is first touched, and pyqtgraph touches them all as it is imported. So they are touched
beforehand, a few at a time, which leaves the import itself less than half of its work.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from PySide6 import QtCore, QtGui, QtSvg, QtWidgets
from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gui.panels.plots.series import Line
from gui.theme import ActiveTheme

if TYPE_CHECKING:
    from gui.panels.plots.chart import Chart

PIECE_S = 0.002  # of thread CPU time
REST_MS = 8  # between two pieces
DELAY_MS = 150  # the timeline is painted before


class ChartPlace(QWidget):
    """Looks like an empty chart until the chart is there."""

    arrived = Signal(QWidget)  # what the chart is painted on

    def __init__(
        self, on_pointer: Callable[[float | None], None], themes: ActiveTheme, parent: QWidget | None = None
    ) -> None:
        """`on_pointer` is given the pointer's x in px, None when it leaves."""
        super().__init__(parent)
        self._on_pointer, self._themes = on_pointer, themes
        self._chart: Chart | None = None
        self.setBackgroundRole(QPalette.ColorRole.Shadow)  # which has the colour of the canvas
        self.setAutoFillBackground(True)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._classes = touch_classes()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._go_on)
        themes.changed.connect(self._dress)

    @property
    def here(self) -> bool:
        """Whether the chart has arrived."""
        return self._chart is not None

    def call(self) -> None:
        """Has the chart come soon."""
        if not self.here and not self._timer.isActive():
            self._timer.start(DELAY_MS)

    def fetch(self) -> None:
        """Has the chart come at once."""
        if self._chart is None:
            from gui.panels.plots.chart import Chart

            gc.freeze()  # a library stays: the garbage collector need not look through it, which takes a frame's time
            self._timer.stop()
            self._chart = Chart(self._on_pointer, self)
            self._layout.addWidget(self._chart)
            self._dress()
            self.arrived.emit(self._chart.viewport())

    def show_lines(self, columns: int, lines: Sequence[Line], floors: Sequence[float]) -> None:
        """What the chart is to show, if it is there; see Chart."""
        if self._chart is not None:
            self._chart.show_lines(columns, lines, floors)

    def show_view(self, first: float, columns: float) -> None:
        if self._chart is not None:
            self._chart.show_view(first, columns)

    def show_cursor(self, column: float | None) -> None:
        if self._chart is not None:
            self._chart.show_cursor(column)

    def _dress(self) -> None:
        theme = self._themes.current
        if self._chart is not None:
            self._chart.dress(theme.color("canvas"), theme.color("border"), theme.color("text_dim"))

    def _go_on(self) -> None:
        self._timer.setInterval(REST_MS)
        begun = time.thread_time()
        for _ in self._classes:
            if time.thread_time() - begun >= PIECE_S:
                return
        self.fetch()


def touch_classes() -> Iterator[None]:
    """Has PySide make its classes, one at a time."""
    for module in (QtCore, QtGui, QtWidgets, QtSvg):
        for name in dir(module):
            getattr(module, name)
            yield
