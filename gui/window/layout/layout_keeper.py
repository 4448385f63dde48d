"""Notices that the window's parts have been moved or resized, so that their places are kept soon after."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

REST_MS = 1000  # of quiet, until places are kept: dragging a border moves things many times a second
MOVES = frozenset({QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.ShowToParent, QEvent.Type.HideToParent})


class LayoutKeeper(QObject):
    """Calls `keep` once the watched widgets have come to rest after a change."""

    def __init__(self, watched: Sequence[QWidget], keep: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent)
        self._stopped = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REST_MS)
        self._timer.timeout.connect(keep)
        for widget in watched:
            widget.installEventFilter(self)

    def stop(self) -> None:
        """Nothing is kept from now on."""
        self._stopped = True
        self._timer.stop()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() in MOVES and not self._stopped:
            self._timer.start()
        return False
