"""Where things are in the timeline: its areas, the rows in view, the columns of pixels; and what lies at a point."""

import math
from dataclasses import dataclass

from gui.state.arrangement import FIRST_NAMES_PX
from gui.timeline.layout.row_shape import ROW_PX, RowShape
from gui.timeline.layout.time_scale import TimeScale

RULER_PX = 32


@dataclass(frozen=True)
class Geometry:
    """The layout of one frame. Sizes are logical px unless they say device px.

    Columns are device pixels on a grid anchored to time zero: a slice keeps its columns while panning.
    """

    width: int
    height: int
    ratio: float
    first_row: int
    rows: int
    first_column: int
    ns_per_column: float
    shape: RowShape
    names_px: int = FIRST_NAMES_PX

    @classmethod
    def of(
        cls,
        size: tuple[int, int],
        ratio: float,
        rows: tuple[int, int],
        times_ns: tuple[float, float],
        row_px: int = ROW_PX,
        names_px: int = FIRST_NAMES_PX,
    ) -> "Geometry":
        """The layout of a widget of this size that shows these times, from row `rows[0]` of `rows[1]` on."""
        width, height = size
        columns = max(round(max(width - names_px, 1) * ratio), 1)
        ns_per_column = (times_ns[1] - times_ns[0]) / columns
        first = math.floor(times_ns[0] / ns_per_column)
        return cls(width, height, ratio, rows[0], rows[1], first, ns_per_column, RowShape(row_px), names_px)

    @property
    def columns(self) -> int:
        """Device pixels of the lanes' area, from left to right."""
        return max(round(max(self.width - self.names_px, 1) * self.ratio), 1)

    @property
    def start_ns(self) -> float:
        """Time of the first column's left edge."""
        return self.first_column * self.ns_per_column

    @property
    def end_ns(self) -> float:
        return self.start_ns + self.columns * self.ns_per_column

    @property
    def scale(self) -> TimeScale:
        return TimeScale(self.start_ns, self.ns_per_column * self.ratio, self.names_px)

    @property
    def row_px(self) -> int:
        return self.shape.height

    @property
    def rows_in_view(self) -> int:
        """Rows that are at least partly in view."""
        fitting = math.ceil(max(self.height - RULER_PX, 0) / self.row_px)
        return max(0, min(fitting, self.rows - self.first_row))

    @property
    def whole_rows(self) -> int:
        """Rows that fit the widget's height completely."""
        return max(1, (self.height - RULER_PX) // self.row_px)

    def row_top(self, row: int) -> int:
        """y of a row's upper edge; outside of the widget when it is not in view."""
        return RULER_PX + (row - self.first_row) * self.row_px

    def row_at(self, y: float) -> int | None:
        """The row at a height; None over the ruler and below the last row."""
        if y < RULER_PX:
            return None
        row = self.first_row + int((y - RULER_PX) // self.row_px)
        return row if row < self.rows else None

    def shows_row(self, row: int) -> bool:
        return self.first_row <= row < self.first_row + self.rows_in_view
