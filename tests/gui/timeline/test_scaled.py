"""On a scaled screen: what has come about in a series of paints is what one paint makes of it, and sharp."""

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage, QRegion
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from engine.model.model import Model
from engine.recording.schema import State
from gui.state.filters import Sort
from gui.timeline.pixels.raster import pixel
from tests.gui.timeline.conftest import Bench, make_bench
from tests.gui.timeline.recordings import synthetic

RATIOS = (1.25, 1.5, 2.0)
STEPS: dict[str, Callable[[Bench], object]] = {
    "scroll": lambda bench: bench.canvas.scroll_to(7),
    "sort": lambda bench: bench.filters.set_sort(Sort.NAME),
    "filter": lambda bench: bench.filters.set_text("1"),
    "state": lambda bench: bench.filters.show_states({State.RUNNING}),
    "height": lambda bench: bench.canvas.set_row_height(44),
    "theme": lambda bench: bench.themes.choose(dark=False),
    "zoom": lambda bench: bench.view.zoom(0.1),
    "pan": lambda bench: bench.view.pan(bench.view.span_ns / 7),
}


@pytest.fixture(scope="module")
def model() -> Model:
    return synthetic(lanes=60, slices=20_000)


def scaled_bench(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, model: Model, ratio: float) -> Bench:
    bench = make_bench(qtbot, model)
    monkeypatch.setattr(bench.canvas, "devicePixelRatioF", lambda: ratio)
    return bench


def paint(bench: Bench, ratio: float) -> QImage:
    """One paint onto a screen of this ratio."""
    QApplication.processEvents()
    canvas = bench.canvas
    screen = QImage(round(canvas.width() * ratio), round(canvas.height() * ratio), QImage.Format.Format_RGB32)
    screen.setDevicePixelRatio(ratio)
    canvas.render(screen, QPoint(), QRegion(), QWidget.RenderFlag.DrawWindowBackground)  # not what lies over it
    return screen


@pytest.mark.parametrize("ratio", RATIOS)
def test_a_series_of_paints_ends_in_what_one_makes(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, model: Model, ratio: float
) -> None:
    bench = scaled_bench(qtbot, monkeypatch, model, ratio)
    paint(bench, ratio)
    for name, step in STEPS.items():
        step(bench)
        for _ in range(3):
            paint(bench, ratio)
        bench.canvas.settle()
        found = paint(bench, ratio)
        fresh = scaled_bench(qtbot, monkeypatch, model, ratio)
        for former in STEPS.values():
            former(fresh)
            if former is step:
                break
        fresh.canvas.scroll_to(bench.canvas.first_row)
        fresh.canvas.settle()
        assert paint(fresh, ratio) == found, name


@pytest.mark.parametrize("ratio", RATIOS)
def test_bars_are_sharp(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, model: Model, ratio: float) -> None:
    """The line of holds and the one above a lane have colours of the theme and no others: nothing is stretched."""
    bench = scaled_bench(qtbot, monkeypatch, model, ratio)
    bench.canvas.settle()
    screen = paint(bench, ratio)
    pixels = np.frombuffer(screen.constBits(), np.uint32).reshape(screen.height(), screen.width())
    geometry = bench.canvas.geometry_now()
    row = bench.canvas.rows.of_lane(0)
    assert row is not None
    theme, shape = bench.themes.current, geometry.shape
    left = round(geometry.names_px * ratio)
    ended = pixel(theme.surfaces.accent)  # where the recording does
    holds = pixels[round((geometry.row_top(row) + shape.hold_top) * ratio), left:]
    assert set(np.unique(holds).tolist()) == {pixel(theme.hold), pixel(theme.surfaces.lane), ended}
    above = pixels[round(geometry.row_top(row) * ratio), left:]
    assert set(np.unique(above).tolist()) == {pixel(theme.surfaces.lane), ended}
