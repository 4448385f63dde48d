"""Work that need not be one piece: each part gets a turn of the event loop, and input is handled in between."""

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


class OneByOne(QObject):
    """Does one after another, in the order in which they were asked for; what waits already is not done twice."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._waiting: deque[Callable[[], object]] = deque()
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._do_next)

    @property
    def busy(self) -> bool:
        """Whether something has still to be done."""
        return bool(self._waiting)

    def put(self, do: Callable[[], object]) -> None:
        """Has this done soon."""
        if do not in self._waiting:
            self._waiting.append(do)
            self._timer.start()

    def clear(self) -> None:
        """What waits is not wanted any more."""
        self._waiting.clear()
        self._timer.stop()

    def _do_next(self) -> None:
        do = self._waiting.popleft()
        if not self._waiting:
            self._timer.stop()
        do()
