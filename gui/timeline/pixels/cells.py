"""Cells: what rows show in columns of time. Codes of lanes, and little pictures of the rows that sum up many."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.model.model import Model
from gui.timeline.layout.rows import Row, RowKind
from gui.timeline.pixels.raster import Pixels, Raster

DOMINANT, WORST, HELD = range(3)
Places = NDArray[np.intp]


class Span(NamedTuple):
    """Columns of equal width: number of the first on the grid anchored to time zero, how many, ns of each."""

    first: int
    columns: int
    ns_per_column: float

    @property
    def start_ns(self) -> float:
        return self.first * self.ns_per_column


class Cells(NamedTuple):
    """`codes` (3, rows, columns) u8: dominant, worst, held (0 in rows without a lane of their own). `summaries`: for
    rows that sum up lanes, by index, their pixels (row height, columns)."""

    codes: NDArray[np.uint8]
    summaries: dict[int, Pixels]

    def stretched(self, index: NDArray[np.intp]) -> "Cells":
        """These columns instead, by number within the cells."""
        return Cells(
            np.take(self.codes, index, axis=2),
            {row: np.take(pixels, index, axis=1) for row, pixels in self.summaries.items()},
        )


def make_cells(model: Model, rows: list[Row], span: Span, raster: Raster) -> Cells:
    """The cells of these rows."""
    codes = np.zeros((3, len(rows), span.columns), np.uint8)
    lanes = [(place, row.lanes[0]) for place, row in enumerate(rows) if row.kind is RowKind.LANE]
    asked = (span.start_ns, span.ns_per_column, span.columns)
    if lanes:
        places, ids = np.array(lanes, np.intp).T
        at: slice | Places = slice(None) if len(lanes) == len(rows) else places
        codes[DOMINANT, at], codes[WORST, at] = model.states.codes(ids, *asked)
        codes[HELD, at] = model.holds.covered(ids, *asked)
    summaries = {}
    for place, row in enumerate(rows):
        if row.kind is not RowKind.LANE and row.lanes:
            pixels = summaries[place] = np.empty((raster.row_height, span.columns), np.uint32)
            raster.fill_summary(pixels, model.states.codes(np.array(row.lanes), *asked)[0])
    return Cells(codes, summaries)


def sketch_cells(model: Model, rows: list[Row], span: Span, raster: Raster, coarseness: int) -> Cells:
    """The same roughly, at a cost that depends neither on the number of slices nor much on that of columns."""
    scale = max(coarseness * span.ns_per_column, model.states.summed_ns)
    middles = (span.first + np.arange(span.columns) + 0.5) * (span.ns_per_column / scale)
    numbers = np.floor(middles).astype(np.intp)
    rough = Span(int(numbers[0]), int(numbers[-1] - numbers[0]) + 1, scale)
    return make_cells(model, rows, rough, raster).stretched(numbers - rough.first)
