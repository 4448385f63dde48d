"""What the first picture does not need is made once it stands, before anybody asks for it."""

from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, QTimer

DELAY_MS = 400  # the window is painted before, and the plots' library has begun to load
REST_MS = 30  # between two of them


class Later(QObject):
    """Does one after another, while the window goes on. Each does nothing when it has been done meanwhile."""

    def __init__(self, makers: Iterable[Callable[[], object]], parent: QObject) -> None:
        super().__init__(parent)
        self._makers = iter(makers)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._make_next)
        self._timer.start(DELAY_MS)

    def stop(self) -> None:
        """What has not been made by now is not wanted any more."""
        self._timer.stop()

    def _make_next(self) -> None:
        self._timer.setInterval(REST_MS)
        maker = next(self._makers, None)
        if maker is None:
            self._timer.stop()
        else:
            maker()
