"""What follows a change of the theme can wait until somebody sees it."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

from gui.theme import ActiveTheme


class DressWhenSeen(QObject):
    """Calls `dress` when the theme has changed: where the widget can be seen soon, else when it is shown next.

    Soon is an event of its own: all widgets together would keep the window's thread for long.
    """

    def __init__(self, widget: QWidget, themes: ActiveTheme, dress: Callable[[], object]) -> None:
        super().__init__(widget)
        self._widget, self._dress = widget, dress
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(dress)
        themes.changed.connect(self._on_changed)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Show:
            watched.removeEventFilter(self)
            self._dress()
        return False

    def _on_changed(self) -> None:
        if self._widget.isVisible():
            self._soon.start()
        else:
            self._widget.installEventFilter(self)
