"""Measuring between two points, telling times in other ways, going on and back, stepping within a state."""

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent
from pytestqt.qtbot import QtBot

from gui.state.arrangement import Times
from gui.state.selection import Selection
from gui.state.view_window import ViewWindow
from gui.timeline.input.keys import shifted_key
from gui.timeline.layout.ticks import clock_text
from gui.timeline.layout.time_base import time_base
from tests.gui.timeline.conftest import Bench, make_bench
from tests.gui.timeline.key_events import KeyOfLayout
from tests.gui.timeline.recordings import ALICE, BOB, MS, START, by_hand, synthetic

Key = Qt.Key
Shift, Control = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def bench(bench: Bench, qtbot: QtBot) -> Bench:
    """With the keyboard, so that keys of actions count."""
    bench.timeline.activateWindow()
    bench.canvas.setFocus()
    qtbot.waitUntil(bench.canvas.hasFocus)
    return bench


def measured(bench: Bench) -> tuple[float, float]:
    """Both ends, ms since the start."""
    marks = bench.canvas.measure.marks
    assert marks is not None
    return (marks[0].time_ns - START) / MS, (marks[1].time_ns - START) / MS


def test_control_and_drag_measure_from_edge_to_edge(bench: Bench) -> None:
    bench.drag((bench.x(20.4), bench.y(BOB)), (bench.x(59.5), bench.y(BOB)), modifiers=Control)
    assert measured(bench) == (20, 60)
    assert bench.canvas.measure.duration_ns == 40 * MS
    assert not bench.canvas.measure.open
    assert bench.selection.empty
    plain = bench.picture()
    bench.press(Key.Key_Escape)
    assert bench.canvas.measure.marks is None
    assert bench.picture() != plain


def test_what_was_measured_is_told_in_words(bench: Bench, qtbot: QtBot) -> None:
    with qtbot.waitSignal(bench.canvas.remarked) as said:
        bench.drag((bench.x(59.5), bench.y(BOB)), (bench.x(20.4), bench.y(BOB)), modifiers=Control)
    assert said.args[0] == "Measured 40.0 ms, from 0.02000 s to 0.06000 s."


def test_a_click_with_control_measures_nothing(bench: Bench) -> None:
    place = (bench.x(30), bench.y(BOB))
    bench.drag(place, place, modifiers=Control)
    assert bench.canvas.measure.marks is None


def test_a_hold_has_edges_too_and_between_edges_the_time_counts(bench: Bench) -> None:
    bench.drag((bench.x(10.3), bench.y(ALICE, 21)), (bench.x(33), bench.y(ALICE, 21)), modifiers=Control)
    first, last = measured(bench)
    assert first == 10
    assert last == pytest.approx(33, abs=0.1)


def test_the_key_measures_from_the_pointer_until_it_is_pressed_again(bench: Bench) -> None:
    def move(ms: float) -> None:
        bench.mouse(QMouseEvent.Type.MouseMove, (bench.x(ms), bench.y(BOB)), Qt.MouseButton.NoButton)

    move(40.2)
    bench.press(Key.Key_M)
    assert bench.canvas.measure.open
    move(79.8)
    assert measured(bench) == (40, 80)
    bench.press(Key.Key_M)
    move(20)
    assert measured(bench) == (40, 80)
    bench.press(Key.Key_M)
    move(60)
    bench.click((bench.x(60), bench.y(BOB)))  # ends it as well, and selects nothing
    assert measured(bench) == (20, 60)
    assert bench.selection.empty
    assert not bench.canvas.measure.open


def test_slices_are_measured_by_keys_alone(bench: Bench) -> None:
    bench.canvas.point_at(None)
    found = bench.model.states.slice_at(BOB, START + 30 * MS)
    assert found is not None
    bench.selection.select_slice(found)
    bench.press(Key.Key_M)
    assert measured(bench) == (20, 40)
    bench.press(Key.Key_Period)
    bench.press(Key.Key_Period)
    assert measured(bench) == (20, 80)
    bench.press(Key.Key_M)
    bench.press(Key.Key_Comma)
    assert measured(bench) == (20, 80)


def test_without_a_place_to_begin_that_is_said(bench: Bench, qtbot: QtBot) -> None:
    bench.canvas.point_at(None)
    with qtbot.waitSignal(bench.canvas.remarked) as said:
        bench.press(Key.Key_M)
    assert "M measures" in said.args[0]


def test_navigation_goes_back_and_on_again(bench: Bench) -> None:
    places = [(bench.view.start_ns, bench.view.end_ns)]
    for start, end in ((10, 50), (12, 20), (60, 80)):
        bench.view.show(START + start * MS, START + end * MS)
        places.append((bench.view.start_ns, bench.view.end_ns))
    for place in places[-2::-1]:
        bench.press(Key.Key_Z, Control)
        assert (bench.view.start_ns, bench.view.end_ns) == place
    for place in places[1:]:
        bench.press(Key.Key_Z, Control | Shift)
        assert (bench.view.start_ns, bench.view.end_ns) == place
    assert not bench.view.can_go_forward


def test_a_new_way_ends_what_could_be_gone_on_to() -> None:
    view = ViewWindow()
    view.reset(START, START + 100 * MS, live=False)
    view.show(START, START + 10 * MS)
    view.go_back()
    view.show(START + 20 * MS, START + 30 * MS)
    assert not view.go_forward()


def test_shift_steps_within_the_same_state(qtbot: QtBot) -> None:
    bench = make_bench(qtbot, synthetic(lanes=4, slices=4_000))
    lane = bench.canvas.rows.lanes()[0]
    chosen = bench.model.states.slice_at(lane, bench.model.start_ns + 10 * MS)
    assert chosen is not None
    bench.selection.select_slice(chosen)
    bench.press(Key.Key_Greater, Shift)
    after = bench.selection.slice
    assert after is not None
    assert after.state is chosen.state
    assert after.start_ns >= chosen.end_ns
    bench.press(Key.Key_Less, Shift)
    assert bench.selection.slice == chosen


def test_no_further_slice_of_that_state_is_said(bench: Bench, qtbot: QtBot) -> None:
    found = bench.model.states.slice_at(BOB, START + 30 * MS)
    assert found is not None
    bench.selection.select_slice(found)
    with qtbot.waitSignal(bench.canvas.remarked) as said:
        bench.press(Key.Key_Greater, Shift)
    assert said.args[0] == "No later lock wait on this lane."


def test_dot_and_comma_count_by_their_place_with_shift_too() -> None:
    german_colon = KeyOfLayout(Key.Key_Colon, 60)
    assert shifted_key(german_colon) == Key.Key_Period.value  # type: ignore[arg-type]
    assert shifted_key(KeyOfLayout(Key.Key_Less, 0)) == Key.Key_Comma.value  # type: ignore[arg-type]


def test_times_are_told_in_turn_from_start_selection_and_clock(bench: Bench) -> None:
    bench.model.header["created"] = "2026-11-22T15:04:05.250+00:00"
    found = bench.model.states.slice_at(BOB, START + 30 * MS)
    assert found is not None
    bench.selection.select_slice(found)
    canvas = bench.canvas

    def told(ms: float) -> str:
        return canvas.times(bench.model).text(START + ms * MS, 1e6)

    pictures = [bench.picture()]
    assert told(30) == "0.030 s"
    bench.press(Key.Key_T)
    assert told(30) == "+0.010 s"
    assert told(10) == "-0.010 s"
    pictures.append(bench.picture())
    bench.press(Key.Key_T)
    assert told(30).endswith(":04:05.280")
    pictures.append(bench.picture())
    ruler = [picture.copy(200, 0, 1000, 30) for picture in pictures]
    assert ruler[0] != ruler[1] != ruler[2]
    assert "from" in canvas.tooltip_at(QPointF(bench.x(30), bench.y(BOB)))[1]
    bench.press(Key.Key_T)
    assert bench.timeline.arrangement.times is Times.START


def test_without_a_selection_or_a_clock_times_are_since_the_start() -> None:
    model = by_hand()
    for times in Times:
        assert time_base(times, model, Selection()).times is Times.START


@pytest.mark.parametrize(
    ("time_ns", "resolution_ns", "text"),
    [
        (0, 1e9, "00:00:00"),
        (15 * 3600e9 + 4 * 60e9 + 5.25e9, 1e7, "15:04:05.25"),
        (59.9996e9, 1e6, "00:01:00.000"),
        (86_399.5e9, 1e8, "23:59:59.5"),
        (86_400e9, 1e9, "00:00:00"),
    ],
)
def test_clock_texts(time_ns: float, resolution_ns: float, text: str) -> None:
    assert clock_text(time_ns, resolution_ns) == text


def test_what_is_in_view_can_be_selected(bench: Bench) -> None:
    bench.view.show(START + 20 * MS, START + 60 * MS)
    bench.press(Key.Key_V)
    assert bench.selection.span == pytest.approx((START + 20 * MS, START + 60 * MS), abs=0.1 * MS)
