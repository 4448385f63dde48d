"""Everything that one frame shows, handed to whatever paints a part of it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.model.model import Model
from gui.timeline.layout.geometry import Geometry
from gui.timeline.layout.rows import Row, Rows
from gui.timeline.layout.time_base import TimeBase


class Scene(NamedTuple):
    """A model, laid out. `deadlocked`: lanes in a deadlock, each with a time at which it was stuck.

    What has been made of it stays while `version` is the same, though the model may have grown: `told_version` is the
    one at which the canvas was told so last; None: the model's own.
    """

    geometry: Geometry
    rows: Rows
    model: Model
    deadlocked: dict[int, int]
    times: TimeBase
    told_version: int | None = None

    @property
    def version(self) -> int:
        """Of the model, as far as this shows it."""
        return self.model.version if self.told_version is None else self.told_version

    @property
    def opening(self) -> bool:
        """Whether more of a saved recording is to be taken in."""
        return self.model.loaded < 1

    @property
    def rows_in_view(self) -> tuple[Row, ...]:
        """By place, those that are at least partly in view."""
        pinned, others = self._in_view
        return self.rows.rows[pinned] + self.rows.rows[others]

    @property
    def lane_ids_in_view(self) -> NDArray[np.int64]:
        """By place, the lane that the row shows alone; -1: none."""
        pinned, others = self._in_view
        ids = self.rows.lane_ids
        return np.concatenate([ids[pinned], ids[others]]) if self.geometry.pinned else ids[others]

    @property
    def _in_view(self) -> tuple[slice, slice]:
        """The pinned rows, and those below them."""
        geometry = self.geometry
        first = geometry.first_row
        return slice(geometry.pinned), slice(first + geometry.pinned, first + geometry.rows_in_view)

    def row_in_view(self, lane: int) -> int | None:
        """The row that shows a lane; None when it is filtered out or scrolled away."""
        row = self.rows.of_lane(lane)
        return row if row is not None and self.geometry.shows_row(row) else None


def deadlocked_lanes(model: Model) -> dict[int, int]:
    """Lanes of deadlocks that were observed and are not resolved, each with a time at which it was stuck."""
    return {
        lane: min(int(finding.get("end_ns") or model.end_ns), model.end_ns) - 1
        for finding in model.findings.values()
        if finding.get("kind") == "deadlock" and finding.get("resolved_ns") is None
        for lane in finding.get("lanes", ())
    }
