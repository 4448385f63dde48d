"""Everything that one frame shows, handed to whatever paints a part of it."""

from typing import NamedTuple

from engine.model.model import Model
from gui.timeline.geometry import Geometry
from gui.timeline.rows import Rows
from gui.timeline.time_base import TimeBase


class Scene(NamedTuple):
    """A model, laid out. `deadlocked`: lanes in a deadlock, each with a time at which it was stuck."""

    geometry: Geometry
    rows: Rows
    model: Model
    deadlocked: dict[int, int]
    times: TimeBase

    def row_in_view(self, lane: int) -> int | None:
        """The row that shows a lane; None when it is filtered out or scrolled away."""
        row = self.rows.of_lane(lane)
        return row if row is not None and self.geometry.shows_row(row) else None
