"""The strip above the lanes: worked by keys, resized at its edges, with markers to go to."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.recording.reader import Batch
from engine.recording.schema import OPEN_STATE_ROW, Layer, State
from gui.frame_budget import FrameBudget
from gui.state.view_window import ViewWindow
from gui.theme import ActiveTheme, make_theme
from gui.timeline.overview import LATEST_S, LIGHT_LATEST_S, Marker, Overview
from gui.timeline.pixels.raster import Raster
from gui.timeline.pixels.strip import Strip, StripPicture
from tests.gui.timeline.conftest import Bench
from tests.gui.timeline.recordings import MS, START, by_hand

Key = Qt.Key


def drag(bench: Bench, from_ms: float, to_ms: float) -> None:
    overview = bench.timeline.overview
    at, to = (QPoint(round(overview.scale().x(START + ms * MS)), 30) for ms in (from_ms, to_ms))
    QTest.mousePress(overview, Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseMove(overview, to)
    QTest.mouseRelease(overview, Qt.MouseButton.LeftButton, pos=to)


def test_its_edges_resize_the_window(bench: Bench) -> None:
    bench.view.show(START + 20 * MS, START + 60 * MS)
    drag(bench, 60, 80)
    assert bench.view.start_ns == pytest.approx(START + 20 * MS)
    assert bench.view.end_ns == pytest.approx(START + 80 * MS, abs=0.5 * MS)
    drag(bench, 20, 40)
    assert bench.view.start_ns == pytest.approx(START + 40 * MS, abs=0.5 * MS)
    assert bench.view.end_ns == pytest.approx(START + 80 * MS, abs=0.5 * MS)


@pytest.mark.parametrize(
    ("key", "moved", "zoomed"),
    [(Key.Key_Right, 1, 0), (Key.Key_Left, -1, 0), (Key.Key_Plus, 1, -1), (Key.Key_Minus, -1, 1)],
)
def test_keys_move_and_zoom_the_window(bench: Bench, key: Qt.Key, moved: int, zoomed: int) -> None:
    bench.view.show(START + 40 * MS, START + 60 * MS)
    start, span = bench.view.start_ns, bench.view.span_ns
    QTest.keyClick(bench.timeline.overview, key)
    assert (bench.view.start_ns - start) * moved > 0
    assert (bench.view.span_ns - span) * zoomed > 0 if zoomed else bench.view.span_ns == pytest.approx(span)


def test_it_is_painted_anew_when_the_window_in_it_has_moved_by_a_pixel_and_not_before(bench: Bench) -> None:
    class Paints(QObject):
        seen = 0

        def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
            self.seen += event.type() == QEvent.Type.Paint
            return False

    overview, paints = bench.timeline.overview, Paints()
    bench.view.show(START + 40 * MS, START + 60 * MS)
    bench.picture()
    overview.installEventFilter(paints)
    ns_per_px = overview.scale().ns_per_px
    for _ in range(40):
        bench.view.pan(0.05 * ns_per_px)
        QApplication.processEvents()
    shown = bench.timeline.window().backingStore().paintDevice()
    assert isinstance(shown, QImage)
    strip = shown.copy(overview.rect().translated(overview.mapTo(bench.timeline.window(), QPoint(0, 0))))
    assert 1 <= paints.seen <= 8, "each edge moves by two pixels"
    assert strip == overview.grab().toImage().convertToFormat(strip.format())


def test_it_shows_that_it_has_the_keyboard(bench: Bench, qtbot: QtBot) -> None:
    overview = bench.timeline.overview
    plain = overview.grab().toImage()
    overview.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(overview.hasFocus)
    assert overview.grab().toImage() != plain


def test_a_marker_can_be_seen_read_and_gone_to(bench: Bench) -> None:
    bench.view.show(START + 10 * MS, START + 20 * MS)
    overview = bench.timeline.overview
    plain = overview.grab().toImage()
    overview.set_markers([Marker(START + 80 * MS, "warning", "the second phase")])
    QApplication.processEvents()
    x = overview.scale().x(START + 80 * MS)
    assert overview.grab().toImage().pixelColor(round(x), 2) != plain.pixelColor(round(x), 2)
    found = overview.marker_at(x + 2)
    assert found is not None
    assert found.tooltip == "the second phase"
    assert overview.marker_at(x + 40) is None
    QTest.mouseClick(overview, Qt.MouseButton.LeftButton, pos=QPointF(x, 2).toPoint())
    assert bench.view.start_ns < START + 80 * MS < bench.view.end_ns
    assert bench.view.span_ns == pytest.approx(10 * MS)


def test_what_was_drawn_stays_at_its_time_while_the_recording_grows(qtbot: QtBot) -> None:
    view = ViewWindow()
    view.reset(START, START + 100 * MS, live=True)
    themes = ActiveTheme(True)
    overview = Overview(view, themes, clock=lambda: 0.0)  # never due to be drawn anew
    qtbot.addWidget(overview)
    overview.resize(1000, 40)
    overview.show_model(by_hand(finished=False))

    def colour(ms: float) -> QColor:
        return overview.grab().toImage().pixelColor(round(overview.scale().x(START + ms * MS)), 20)

    empty = themes.current.color("lane")
    qtbot.waitUntil(lambda: colour(90) != empty)
    late, drawn = colour(90), overview.scale().x(START + 90 * MS)
    view.set_limits(START, START + 200 * MS)
    view.show(START, START + 200 * MS)
    assert overview.scale().x(START + 90 * MS) < drawn - 200
    assert colour(90) == late
    assert colour(190) == empty


def test_few_lanes_are_drawn_soon_even_if_no_frame_has_time_left(qtbot: QtBot) -> None:
    now = [0.0]
    themes, view = ActiveTheme(True), ViewWindow()
    view.reset(START, START + 200 * MS, live=True)
    model = by_hand(finished=False)
    busy = FrameBudget(thread_time=lambda: 1.0, now=lambda: 0.0)
    busy.reserve(1.0)
    overview = Overview(view, themes, budget=busy, clock=lambda: now[0])
    qtbot.addWidget(overview)
    overview.resize(1000, 40)
    overview.show_model(model)
    overview.grab()
    overview.grab()

    def colour(ms: float) -> QColor:
        return overview.grab().toImage().pixelColor(round(overview.scale().x(START + ms * MS)), 20)

    opened = np.array([(lane, START + 100 * MS, int(State.SLEEP), 0) for lane in range(4)], OPEN_STATE_ROW)
    model.take_in(Batch([], {Layer.OPEN_STATES: opened}, START + 190 * MS))
    now[0] = LATEST_S / 2  # no step of many lanes would be overdue yet
    overview.grab()
    now[0] += 2 * LIGHT_LATEST_S
    overview.grab()
    assert colour(180) != themes.current.color("lane")


def test_it_has_the_colours_of_the_theme_while_the_next_picture_is_being_made() -> None:
    model = by_hand()
    strip, (dark, light) = Strip(model.start_ns, 1.0 * MS, 100, 20), (Raster(make_theme(dark=d)) for d in (True, False))
    picture, other = StripPicture(), StripPicture()
    for each, raster in ((picture, dark), (other, light)):
        each.begin(model, strip)
        while each.making:
            each.step(model, raster)
    assert picture.image != other.image
    picture.begin(model, strip)
    picture.colour(light)
    assert picture.image == other.image
