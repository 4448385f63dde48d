"""Pixels that were kept, painted at once, panned there or written straight into the picture are the same; at no pixel
ratio is anything mixed."""

import math

import numpy as np
import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from engine.model.model import Model
from gui.state.arrangement import Times
from gui.state.filters import Filters
from gui.theme import make_theme
from gui.timeline.layout.geometry import Geometry
from gui.timeline.layout.rows import arrange
from gui.timeline.layout.scene import Scene
from gui.timeline.layout.time_base import TimeBase
from gui.timeline.pixels.columns import LaneColumns
from gui.timeline.pixels.lane_pixels import LanePixels
from gui.timeline.pixels.raster import Raster
from tests.gui.timeline.conftest import make_bench
from tests.gui.timeline.recordings import synthetic

WIDTH, HEIGHT = 700, 32 + 8 * 24


@pytest.fixture(scope="module")
def model() -> Model:
    return synthetic(lanes=12, slices=6_000)


class Painter:
    """Lanes painted into an image of a device pixel ratio."""

    def __init__(self, model: Model, ratio: float = 1.0) -> None:
        self.model, self.ratio = model, ratio
        raster = Raster(make_theme(dark=True), ratio)
        self.columns, self.pixels = LaneColumns(raster), LanePixels(raster)
        self.rows = arrange(model, Filters())
        self.format = QImage.Format.Format_RGB32

    def paint(
        self, start_ns: float, span_ns: float, down: float = 0.0, budget_s: float = math.inf, *, free: bool = False
    ) -> np.ndarray:
        """The pixels, `down` logical px from the image's upper edge. `free`: in the upper half of it, nothing clips."""
        place = (0, len(self.rows))
        geometry = Geometry.of((WIDTH, HEIGHT), self.ratio, place, (start_ns, start_ns + span_ns))
        scene = Scene(geometry, self.rows, self.model, {}, TimeBase(Times.START, self.model.start_ns))
        self.columns.update(scene, budget_s)
        image = QImage(geometry.columns, round(HEIGHT * self.ratio), self.format)
        image.fill(0xFF123456)
        image.setDevicePixelRatio(self.ratio)
        painter = QPainter(image)
        painter.translate(0, down)
        painter.scale(1 / self.ratio, 1 / self.ratio)
        room = QRect(0, 0, geometry.columns, image.height() // 2 if free else image.height())
        self.pixels.paint(painter, room, self.columns, free=free)
        painter.end()
        plain = image.convertToFormat(QImage.Format.Format_RGB32)
        return np.frombuffer(plain.constBits(), np.uint32).reshape(image.height(), image.width()).copy()


def test_kept_pixels_are_those_that_are_painted_at_once(model: Model) -> None:
    kept = Painter(model)
    random = np.random.default_rng(2)
    start, span = float(model.start_ns), (model.end_ns - model.start_ns) / 20
    for _ in range(40):
        start += span * random.choice([-0.6, -0.1, -0.01, 0.02, 0.3, 0.9])
        np.testing.assert_array_equal(kept.paint(start, span), Painter(model).paint(start, span))


@pytest.mark.parametrize("ratio", [1.0, 1.25, 2.0])
def test_what_is_all_new_is_written_straight_into_the_picture(model: Model, ratio: float) -> None:
    straight = Painter(model, ratio)
    random = np.random.default_rng(3)
    start, span = float(model.start_ns), (model.end_ns - model.start_ns) / 40
    for _ in range(12):
        start += span * random.choice([1.1, 2.5, -1.2])
        span *= random.choice([0.7, 1.0, 1.6])
        kept, written = Painter(model, ratio).paint(start, span), straight.paint(start, span, free=True)
        half = len(kept) // 2  # which is no whole number of rows
        np.testing.assert_array_equal(written[:half], kept[:half])
        assert (written[half:] == 0xFF123456).all()  # that is not the lanes' place
    assert straight.pixels.held_bytes == 0  # nothing was kept


def test_what_was_written_straight_is_kept_once_it_stays(model: Model) -> None:
    painter, exact = Painter(model), Painter(model)
    middle, span = (model.start_ns + model.end_ns) / 2, 3e6
    for share in (0.0, 0.0, 0.1, 0.2, 1.4, 1.4, 1.3):
        start = middle + share * span
        np.testing.assert_array_equal(
            painter.paint(start, span, free=True)[: HEIGHT // 2], exact.paint(start, span)[: HEIGHT // 2]
        )
    assert painter.pixels.held_bytes > 0


def test_pictures_of_other_kinds_are_painted_as_ever(model: Model) -> None:
    painter = Painter(model)
    middle, span = (model.start_ns + model.end_ns) / 2, 3e6
    expected = Painter(model).paint(middle, span)
    painter.format = QImage.Format.Format_RGB888
    np.testing.assert_array_equal(painter.paint(middle, span, free=True), expected)


@pytest.mark.parametrize("ratio", [1.25, 1.5, 2.0])
def test_no_ratio_mixes_colours(model: Model, ratio: float) -> None:
    painter = Painter(model, ratio)
    middle, span = (model.start_ns + model.end_ns) / 2, 3e6
    plain = painter.paint(middle, span)
    moved = painter.paint(middle, span, down=7)  # which is no whole device pixel at 1.25 and 1.5
    assert set(np.unique(moved)) <= set(np.unique(plain)) | {0xFF123456}
    offset = int(np.flatnonzero(moved[:, 0] != 0xFF123456)[0])
    assert abs(offset - 7 * ratio) <= 0.5
    rows = moved.shape[0] - offset - 1
    np.testing.assert_array_equal(moved[offset : offset + rows], plain[:rows])


@pytest.mark.parametrize("ratio", [1.0, 1.5])
@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_while_being_zoomed_the_picture_is_the_one_before_stretched(model: Model, ratio: float, factor: float) -> None:
    painter = Painter(model, ratio)
    middle, span = (model.start_ns + model.end_ns) / 2, 3e6
    painter.paint(middle - span / 2, span)
    stretched = painter.paint(middle - span * factor / 2, span * factor, budget_s=0.001)
    assert not painter.columns.complete
    exact = Painter(model, ratio).paint(middle - span * factor / 2, span * factor)
    assert (stretched == exact).mean() > 0.97  # edges of slices differ by a pixel at most, and the stripes in them


def test_a_view_that_was_panned_and_zoomed_looks_like_a_fresh_one(qtbot: QtBot, model: Model) -> None:
    moved, fresh = make_bench(qtbot, model), make_bench(qtbot, model)
    start, span = float(model.start_ns), (model.end_ns - model.start_ns) / 8
    moved.view.show(start, start + 3 * span)
    moved.picture()
    for place in (1.0, 1.3, 1.25, 2.0):
        for bench in (moved, fresh) if place == 2.0 else (moved,):
            bench.view.show(start + place * span, start + (place + 1) * span)
        moved.picture()
    assert moved.picture() == fresh.picture()


def test_memory_for_a_great_view_is_given_back_when_the_window_is_small(model: Model) -> None:
    painter = Painter(model)
    while painter.pixels.reserve(3840, 2160):
        pass
    great = painter.pixels.held_bytes
    shown = painter.paint(model.start_ns, 1e9)
    while painter.pixels.reserve(WIDTH, HEIGHT):
        pass
    assert painter.pixels.held_bytes < great / 10
    np.testing.assert_array_equal(painter.paint(model.start_ns, 1e9), shown)
