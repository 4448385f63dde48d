"""The middle of the window: the lanes, below them the plots, and how much room these get."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QWidget

PLOTS_SHARE = 0.3  # of the height: enough, in a full HD window, for a line of values below each name


class Centre(QSplitter):
    """Gives the plots the height that was chosen by dragging the border, whatever the window's; else a share of it."""

    def __init__(self, lanes: QWidget, plots: QWidget, chosen_px: int | None, keep: Callable[[int], object]) -> None:
        """`keep` is given the plots' height when another is chosen."""
        super().__init__(Qt.Orientation.Vertical)
        self._plots_px, self._keep = chosen_px, keep
        self.setChildrenCollapsible(False)
        self.addWidget(lanes)
        self.addWidget(plots)
        self.splitterMoved.connect(self._on_moved)

    def forget(self) -> None:
        """No height has been chosen."""
        self._plots_px = None
        self.place()

    def place(self) -> None:
        """Divides the room anew. What does not fit is cut by Qt to what both need at least."""
        room = self.height() - self.handleWidth()
        plots_px = self._plots_px if self._plots_px is not None else round(room * PLOTS_SHARE)
        self.setSizes([max(room - plots_px, 0), plots_px])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.place()

    def _on_moved(self) -> None:
        self._plots_px = self.sizes()[1]
        self._keep(self._plots_px)
