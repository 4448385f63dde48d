"""Cells of a model without a window, and the clock that their budgets are measured with."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from engine.model.model import Model
from gui.state.arrangement import Times
from gui.state.filters import Filters
from gui.theme import make_theme
from gui.timeline.layout.geometry import Geometry
from gui.timeline.layout.rows import Rows, arrange
from gui.timeline.layout.scene import Scene
from gui.timeline.layout.time_base import TimeBase
from gui.timeline.pixels.cells import DOMINANT, HELD, WORST
from gui.timeline.pixels.columns import LaneColumns
from gui.timeline.pixels.raster import Raster
from gui.timeline.pixels.ring import MADE

SIZE = (900, 32 + 12 * 24)
GENEROUS = float("inf")
# Not round: no bucket's middle lies exactly on the border of two columns, where rounding would decide.
LIVE_NS = 40_012_345.678


@dataclass
class Clock:
    """Every look at it takes so long: a piece of making costs one step."""

    step: float = 0.0
    now: float = field(default=0.0)

    def __call__(self) -> float:
        self.now += self.step
        return self.now


@dataclass
class View:
    """Cells of a model without a window."""

    model: Model
    clock: Callable[[], float] = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.columns = LaneColumns(Raster(make_theme(dark=True)), self.clock)
        self.rows: Rows = arrange(self.model, Filters())

    def show(self, start_ns: float, span_ns: float, first_row: int = 0, budget_s: float = GENEROUS) -> None:
        place = (first_row, len(self.rows))
        geometry = Geometry.of(SIZE, 1.0, place, (start_ns, start_ns + span_ns), pinned=self.rows.pinned)
        times = TimeBase(Times.START, self.model.start_ns)
        self.scene = Scene(geometry, self.rows, self.model, {}, times)
        self.columns.update(self.scene, budget_s)

    def shown(self) -> np.ndarray:
        ring = self.columns.ring
        return ring.in_order(ring.codes, self.columns.first, self.columns.last)

    def status(self) -> np.ndarray:
        ring = self.columns.ring
        return ring.in_order(ring.status, self.columns.first, self.columns.last)

    def exact(self) -> np.ndarray:
        geometry = self.scene.geometry
        found = np.zeros((3, geometry.rows_in_view, geometry.columns), np.uint8)
        for place in range(geometry.rows_in_view):
            row = self.rows.rows[geometry.row_of(place)]
            if row.lane is not None:
                asked = (np.array([row.lane]), geometry.start_ns, geometry.ns_per_column, geometry.columns)
                found[DOMINANT, place], found[WORST, place] = (part[0] for part in self.model.states.codes(*asked))
                found[HELD, place] = self.model.holds.covered(*asked)[0]
        return found

    def assert_exact(self) -> None:
        assert self.columns.complete
        assert (self.status() == MADE).all()
        np.testing.assert_array_equal(self.shown(), self.exact())
