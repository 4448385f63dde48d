"""Where things are in the timeline: its areas, the rows in view, the columns of pixels; and what lies at a point."""

import math
from dataclasses import dataclass
from functools import cached_property

from gui.state.arrangement import FIRST_NAMES_PX
from gui.timeline.layout.row_shape import ROW_PX, RowShape
from gui.timeline.layout.time_scale import TimeScale

RULER_PX = 32


@dataclass(frozen=True)
class Geometry:
    """The layout of one frame. Sizes are logical px unless they say device px.

    The uppermost `pinned` rows stay where they are; of those below them `first_row` are scrolled away. A *place* is a
    row's number from the top of the view. Columns are device pixels on a grid anchored to time zero: a slice keeps its
    columns while panning.
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
    pinned: int = 0

    @classmethod
    def of(
        cls,
        size: tuple[int, int],
        ratio: float,
        rows: tuple[int, int],
        times_ns: tuple[float, float],
        row_px: int = ROW_PX,
        names_px: int = FIRST_NAMES_PX,
        pinned: int = 0,
    ) -> "Geometry":
        """The layout of a widget of this size that shows these times, `rows[0]` of `rows[1]` rows scrolled away.

        Rows that are pinned take half of the height at most; those beyond scroll like others.
        """
        width, height = size
        columns = max(round(max(width - names_px, 1) * ratio), 1)
        ns_per_column = (times_ns[1] - times_ns[0]) / columns
        first = math.floor(times_ns[0] / ns_per_column)
        pinned = min(pinned, max(height - RULER_PX, 0) // (2 * row_px))
        return cls(width, height, ratio, rows[0], rows[1], first, ns_per_column, RowShape(row_px), names_px, pinned)

    @cached_property
    def columns(self) -> int:
        """Device pixels of the lanes' area, from left to right."""
        return max(round(max(self.width - self.names_px, 1) * self.ratio), 1)

    @cached_property
    def start_ns(self) -> float:
        """Time of the first column's left edge."""
        return self.first_column * self.ns_per_column

    @cached_property
    def end_ns(self) -> float:
        return self.start_ns + self.columns * self.ns_per_column

    @cached_property
    def scale(self) -> TimeScale:
        return TimeScale(self.start_ns, self.ns_per_column * self.ratio, self.names_px)

    @property
    def row_px(self) -> int:
        return self.shape.height

    @cached_property
    def rows_in_view(self) -> int:
        """Rows that are at least partly in view."""
        fitting = math.ceil(max(self.height - RULER_PX, 0) / self.row_px)
        return max(0, min(fitting, self.rows - self.first_row))

    @property
    def whole_rows(self) -> int:
        """Rows that fit the widget's height completely."""
        return max(1, (self.height - RULER_PX) // self.row_px)

    def row_of(self, place: int) -> int:
        """The row at a place."""
        return place if place < self.pinned else place + self.first_row

    def place_top(self, place: int) -> int:
        """y of a place's upper edge."""
        return RULER_PX + place * self.row_px

    def row_top(self, row: int) -> int:
        """y of a row's upper edge; outside of the lanes' area when it is not in view."""
        if row < self.pinned:
            return self.place_top(row)
        place = row - self.first_row
        return self.place_top(place if place >= self.pinned else place - self.pinned)

    def row_at(self, y: float) -> int | None:
        """The row at a height; None over the ruler and below the last row."""
        if y < RULER_PX:
            return None
        row = self.row_of(int((y - RULER_PX) // self.row_px))
        return row if row < self.rows else None

    def shows_row(self, row: int) -> bool:
        return row < self.pinned or self.first_row + self.pinned <= row < self.first_row + self.rows_in_view
