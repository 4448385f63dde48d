"""The ruler between two points: where it begins, where it ends, whether its end still follows the pointer."""

from typing import NamedTuple

from PySide6.QtCore import QObject, Signal


class Mark(NamedTuple):
    """One end: a time (absolute ns) and the lane it was taken on; `edge`: exactly where a slice or hold begins."""

    time_ns: float
    lane: int | None = None
    edge: bool = False


class Measure(QObject):
    """At most one ruler. Invariant: `start` and `end` are both there or both not."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._marks: tuple[Mark, Mark] | None = None
        self._open = False

    @property
    def marks(self) -> tuple[Mark, Mark] | None:
        """Both ends, in the order in which they were set; None without a ruler."""
        return self._marks

    @property
    def open(self) -> bool:
        """Whether the second end is still to be set for good."""
        return self._open

    @property
    def duration_ns(self) -> float:
        """From the first end to the second; negative when that is the earlier one, 0 without a ruler."""
        return self._marks[1].time_ns - self._marks[0].time_ns if self._marks else 0.0

    def begin(self, at: Mark) -> None:
        """Sets the first end; the second one is to follow."""
        self._set((at, at), True)

    def move(self, to: Mark) -> None:
        """The second end is there for now; nothing happens to a ruler that is complete."""
        if self._marks is not None and self._open:
            self._set((self._marks[0], to), True)

    def finish(self) -> None:
        """The second end stays where it is."""
        self._set(self._marks, False)

    def clear(self) -> None:
        self._set(None, False)

    def _set(self, marks: tuple[Mark, Mark] | None, opened: bool) -> None:
        if (marks, opened) != (self._marks, self._open):
            self._marks, self._open = marks, opened
            self.changed.emit()
