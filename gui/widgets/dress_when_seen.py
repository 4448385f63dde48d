"""What follows a change of the theme can wait until somebody sees it."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from gui.theme import ActiveTheme


class DressWhenSeen(QObject):
    """Calls `dress` when the theme has changed: where the widget can be seen soon, else when it is shown next.

    Soon is an event of its own: all widgets together would keep the window's thread for long.
    """

    def __init__(self, widget: QWidget, themes: ActiveTheme, dress: Callable[[], object]) -> None:
        super().__init__(widget)
        self._widget, self._dress = widget, dress
        self._followers = themes.followers
        themes.changed.connect(self._on_changed)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Show:
            watched.removeEventFilter(self)
            self._dress()
        return False

    def _on_changed(self) -> None:
        if self._widget.isVisible():
            self._followers.put(self._dress_if_there)
        else:
            self._widget.installEventFilter(self)

    def _dress_if_there(self) -> None:
        if isValid(self._widget):
            self._dress()
