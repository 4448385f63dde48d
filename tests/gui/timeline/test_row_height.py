"""Rows are as high as they fit, within bounds; the user's own choice wins."""

import pytest
from pytestqt.qtbot import QtBot

from gui.timeline.layout.geometry import RULER_PX
from gui.timeline.layout.row_shape import HEIGHTS_PX, ROW_PX, RowShape, fitting_height
from tests.gui.timeline.conftest import Bench, make_bench
from tests.gui.timeline.recordings import BOB, synthetic


@pytest.mark.parametrize(("rows", "free", "height"), [(5, 1000, 44), (20, 600, 28), (28, 600, 20), (40, 600, ROW_PX)])
def test_all_rows_fit_when_they_can(rows: int, free: int, height: int) -> None:
    assert fitting_height(rows, free) == height


@pytest.mark.parametrize("height", HEIGHTS_PX)
def test_parts_of_a_row_lie_one_below_the_other(height: int) -> None:
    shape = RowShape(height)
    bounds = [shape.bar_top, *(bottom for _, bottom, _ in shape.bands), shape.hold_top, shape.hold_bottom, height]
    assert bounds == sorted(bounds)
    assert shape.bands[-1][1] == shape.bar_bottom
    assert all(above[1] == below[0] < below[1] for above, below in zip(shape.bands, shape.bands[1:], strict=False))


def test_rows_adapt_to_the_free_height(bench: Bench) -> None:
    canvas = bench.canvas
    canvas.set_row_height(None)
    assert canvas.row_px == fitting_height(len(canvas.rows), canvas.height() - RULER_PX) > ROW_PX
    assert canvas.hit_at(canvas.rect().center().toPointF()).row is not None
    bench.timeline.resize(bench.timeline.width(), 240)
    assert canvas.row_px < 44
    assert canvas.geometry_now().whole_rows >= len(canvas.rows)


def test_own_height_wins(bench: Bench) -> None:
    bench.canvas.resize_rows(1)
    assert bench.canvas.row_px == 28
    bench.timeline.resize(bench.timeline.width(), 900)
    assert bench.canvas.row_px == 28
    colour = bench.colour(10, BOB, down=14).name()
    bench.canvas.resize_rows(1)
    assert bench.colour(10, BOB, down=18).name() == colour


def test_many_lanes_scroll_at_the_usual_height(qtbot: QtBot) -> None:
    bench = make_bench(qtbot, synthetic(lanes=64, slices=640))
    bench.canvas.set_row_height(None)
    assert bench.canvas.row_px == ROW_PX
