"""How the timeline is laid out, as its reader likes it: width of names, height of rows, what times are told from."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

from PySide6.QtCore import QObject, Signal

FIRST_NAMES_PX = 200
LEAST_NAMES_PX = 120
MOST_NAMES_PX = 480


class Times(Enum):
    """What the times on screen are told from."""

    START = "since the start"
    SELECTION = "since the selection's start"
    CLOCK = "time of day"


class Arrangement(QObject):
    """Holds for every recording, and from one launch to the next. Sizes are logical px.

    Invariant: LEAST_NAMES_PX <= names_px <= MOST_NAMES_PX.
    """

    changed = Signal()

    def __init__(self, kept: Mapping[str, Any] | None = None, parent: QObject | None = None) -> None:
        """`kept` is what `as_json` gave; what is damaged in it is passed over."""
        super().__init__(parent)
        self._names_px = FIRST_NAMES_PX
        self._row_px: int | None = None
        self._times = Times.START
        kept = kept or {}
        names, row, times = kept.get("names_px"), kept.get("row_px"), kept.get("times")
        if isinstance(names, int):
            self.set_names_px(names)
        if isinstance(row, int):
            self.set_row_px(row)
        if isinstance(times, str) and times in Times.__members__:
            self.set_times(Times[times])

    @property
    def names_px(self) -> int:
        """Width of the column of names."""
        return self._names_px

    @property
    def row_px(self) -> int | None:
        """Height of a row; None: as high as all of them fit."""
        return self._row_px

    @property
    def times(self) -> Times:
        return self._times

    def set_names_px(self, width_px: int) -> None:
        self._change("_names_px", min(max(width_px, LEAST_NAMES_PX), MOST_NAMES_PX))

    def set_row_px(self, height_px: int | None) -> None:
        self._change("_row_px", height_px)

    def set_times(self, times: Times) -> None:
        self._change("_times", times)

    def next_times(self) -> None:
        """The next way to tell times, in turn."""
        ways = list(Times)
        self.set_times(ways[(ways.index(self._times) + 1) % len(ways)])

    def as_json(self) -> dict[str, Any]:
        return {"names_px": self._names_px, "row_px": self._row_px, "times": self._times.name}

    def _change(self, name: str, value: object) -> None:
        if getattr(self, name) != value:
            setattr(self, name, value)
            self.changed.emit()
