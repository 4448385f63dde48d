"""The order in which Tab goes through a window: as its parts stand on screen, however they have been moved."""

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QMainWindow, QTabBar, QWidget

from gui.widgets.tab_stops import shown, stops_in


def tab_stops(window: QMainWindow) -> list[QWidget]:
    """What takes the focus by Tab: tool bar, left, centre, right and bottom panels, as laid out."""
    middle = window.centralWidget()
    centre = middle.geometry() if middle is not None else QRect()
    parts = sorted(shown(window), key=lambda part: (_zone(part.geometry(), centre), part.y(), part.x()))
    # Qt keeps tab bars that it has no use for behind the menu bar.
    parts = [part for part in parts if not (isinstance(part, QTabBar) and part.geometry().bottom() < centre.top())]
    return [stop for part in parts for stop in stops_in(part)]


def _zone(part: QRect, centre: QRect) -> int:
    if part.bottom() < centre.top():
        return 0
    if part.right() < centre.left():
        return 1
    if part.top() > centre.bottom():
        return 4
    return 3 if part.left() > centre.right() else 2
