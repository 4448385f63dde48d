"""Ways through the real window over a recording: finding lanes, reading a span, what is remembered."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from engine.recording.schema import State
from engine.recording.synthetic import write_synthetic
from gui.action_table import ACTIONS, LANES_MENU
from gui.main_window import MainWindow
from gui.state.arrangement import Times
from gui.state.filters import Sort
from gui.state.selection import Group
from gui.window.overlays.chooser import Choice
from gui.window.runs.recordings import sample_recording
from tests.gui.opening import shown_whole

Wait = Callable[[Callable[[], object]], None]
Key = Qt.Key
NoModifier, Control, Shift = (
    Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier,
)  # fmt: skip


def open_sample(window: MainWindow, wait_for: Wait) -> MainWindow:
    sample = sample_recording()
    assert sample is not None
    window.open(sample)
    wait_for(lambda: shown_whole(window))
    wait_for(window.timeline.canvas.isVisible)
    window.activateWindow()
    window.timeline.canvas.setFocus()
    wait_for(window.timeline.canvas.hasFocus)
    return window


@pytest.fixture
def opened(window: MainWindow, wait_for: Wait) -> MainWindow:
    return open_sample(window, wait_for)


def lane_called(window: MainWindow, name: str) -> int:
    assert window.bridge.model is not None
    return next(lane.id for lane in window.bridge.model.lanes if lane.name == name)


def drag(window: MainWindow, name: str, shares: tuple[float, float], modifiers: Qt.KeyboardModifier) -> None:
    """Drags over a lane's row, from one share of the width to another."""
    canvas = window.timeline.canvas
    row = canvas.rows.of_lane(lane_called(window, name))
    assert row is not None
    geometry = canvas.geometry_now()
    y = geometry.row_top(row) + geometry.row_px // 2
    at, to = (QPoint(round(geometry.names_px + share * (geometry.width - geometry.names_px)), y) for share in shares)
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, modifiers, at)
    QTest.mouseMove(canvas, (at + to) / 2)
    QTest.mouseMove(canvas, to)
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, modifiers, to)


def test_a_lane_is_found_by_a_few_letters_wherever_it_is(opened: MainWindow) -> None:
    canvas, finder = opened.timeline.canvas, opened.find_lane
    wanted = lane_called(opened, "worker-4")
    opened.filters.hide(wanted)
    opened.filters.collapse([0])
    QTest.keyClick(canvas, Key.Key_F, Control)
    assert finder.isVisible()
    QTest.keyClicks(finder.input, "wk4")
    assert finder.list.topLevelItemCount() == 1
    QTest.keyClick(finder.input, Key.Key_Return)
    assert not finder.isVisible()
    assert opened.selection.lane == wanted
    assert wanted in canvas.rows.lanes()
    assert canvas.hasFocus()


def test_of_lanes_that_match_those_by_name_alone_come_first(opened: MainWindow) -> None:
    finder = opened.find_lane
    place = "Process-2 4715"
    finder.ask([Choice(n, f"worker-{n}", place, also_searched=place) for n in (40, 41, 42)], lambda _lane: None)
    QTest.keyClicks(finder.input, "wk42")
    first = finder.list.topLevelItem(0)
    assert first is not None
    assert first.text(0) == "worker-42"
    assert finder.list.topLevelItemCount() == 3
    finder.dismiss()


def test_letters_that_no_lane_has_are_answered_and_esc_goes_back(opened: MainWindow) -> None:
    finder = opened.find_lane
    QTest.keyClick(opened.timeline.canvas, Key.Key_F, Control)
    QTest.keyClick(finder.input, Key.Key_Down)
    assert finder.list.currentIndex().row() == 1
    QTest.keyClicks(finder.input, "zzz")
    assert finder.more.text() == "No lane matches."
    QTest.keyClick(finder.input, Key.Key_Return)
    assert opened.selection.empty
    QTest.keyClick(finder.input, Key.Key_Escape)
    assert opened.timeline.canvas.hasFocus()


def test_a_span_is_selected_read_and_left(opened: MainWindow, wait_for: Wait) -> None:
    model = opened.bridge.model
    assert model is not None
    opened.docks.bring_up("statistics")
    drag(opened, "worker-2", (0.4, 0.6), NoModifier)
    assert opened.selection.span is not None
    wait_for(lambda: not opened.spans.busy and opened.statistics.strip.isVisible())
    lanes = {row.lane.name: row for row in opened.statistics.table.row_model.rows}
    start, end = opened.selection.span
    expected = model.states.totals(np.array([lane_called(opened, "worker-2")]), int(start), int(end))[0]
    assert lanes["worker-2"].totals[State.LOCK_WAIT] == expected[State.LOCK_WAIT] > 0
    lock = opened.statistics.locks.row_model.rows[0]
    assert lock.primitive.name == "journal"
    wait_for(lambda: "journal" in opened.details.browser.toPlainText())
    opened.statistics.locks.row_chosen.emit(lock)
    assert opened.selection.primitive == lock.primitive.id
    QTest.keyClick(opened.timeline.canvas, Key.Key_Escape)
    assert opened.selection.empty
    wait_for(opened.statistics.strip.isHidden)


def test_a_wait_is_followed_to_its_end_and_measured(opened: MainWindow) -> None:
    canvas, model = opened.timeline.canvas, opened.bridge.model
    assert model is not None
    lane = lane_called(opened, "worker-2")
    columns = model.states.slices(lane, model.start_ns, model.end_ns)
    longest = max(
        range(len(columns.starts)),
        key=lambda at: (columns.codes[at] & 15 == State.LOCK_WAIT) * int(columns.ends[at] - columns.starts[at]),
    )
    chosen = model.states.slice_at(lane, int(columns.starts[longest]))
    assert chosen is not None
    assert chosen.state is State.LOCK_WAIT
    opened.selection.select_slice(chosen)
    QTest.keyClick(canvas, Key.Key_M)
    assert canvas.measure.duration_ns == chosen.duration_ns
    QTest.keyClick(canvas, Key.Key_F)
    assert opened.view.start_ns < chosen.start_ns < chosen.end_ns < opened.view.end_ns
    QTest.keyClick(canvas, Key.Key_BracketLeft)
    giver = opened.selection.slice
    assert giver is not None
    assert giver.lane != lane
    QTest.keyClick(canvas, Key.Key_Z, Control)
    QTest.keyClick(canvas, Key.Key_Z, Control | Shift)
    QTest.keyClick(canvas, Key.Key_Greater, Shift)
    alike = opened.selection.slice
    assert alike is not None
    assert (alike.lane, alike.state) == (giver.lane, giver.state)


def test_how_the_timeline_is_arranged_is_remembered(
    opened: MainWindow, open_window: Callable[[], MainWindow], wait_for: Wait
) -> None:
    canvas = opened.timeline.canvas
    drag_border(opened, 60)
    QTest.keyClick(canvas, Key.Key_Plus, Control)
    height, width = canvas.row_px, opened.arrangement.names_px
    opened.acts["sort-lock-wait"].trigger()
    opened.acts["times-clock"].trigger()
    opened.close_at_once()
    again = open_sample(open_window(), wait_for)
    assert again.timeline.canvas.row_px == height
    assert again.arrangement.names_px == width == again.timeline.canvas.geometry_now().names_px
    assert again.plots.headers[0].width() == width
    assert again.filters.sort is Sort.LOCK_WAIT
    assert again.acts["sort-lock-wait"].isChecked()
    assert again.arrangement.times is Times.CLOCK


def test_pins_come_back_with_their_recording_whoever_opens_it_and_with_no_other(
    opened: MainWindow, open_window: Callable[[], MainWindow], wait_for: Wait, tmp_path: Path
) -> None:
    fourth = lane_called(opened, "worker-4")
    opened.selection.select_lane(fourth)
    QTest.keyClick(opened.timeline.canvas, Key.Key_P)
    assert opened.timeline.canvas.rows.lanes()[0] == fourth
    source = opened.bridge.path
    assert source is not None
    copy = tmp_path / "copy.lane"
    copy.write_bytes(source.read_bytes())
    other = tmp_path / "other.lane"
    write_synthetic(other, lanes=8, slices=400)

    opened.open(other)
    wait_for(lambda: opened.bridge.path == other and shown_whole(opened))
    assert not opened.filters.pinned
    opened.open(copy)
    wait_for(lambda: opened.bridge.path == copy and shown_whole(opened))
    assert opened.timeline.canvas.rows.lanes()[0] == fourth
    assert opened.timeline.canvas.rows.pinned == 1
    opened.close_at_once()

    again = open_sample(open_window(), wait_for)
    assert again.timeline.canvas.rows.lanes()[0] == fourth, "at the next launch, too"
    again.selection.select_lane(fourth)
    QTest.keyClick(again.timeline.canvas, Key.Key_P)
    assert not again.timeline.canvas.rows.pinned
    again.close_at_once()
    assert not open_sample(open_window(), wait_for).timeline.canvas.rows.pinned, "what was let go stays so"


@pytest.mark.parametrize("kept", [{}, [3], [{"recording": 1, "lanes": [1]}], [{"recording": "a", "lanes": ["x"]}]])
def test_damaged_pins_are_passed_over(
    window: MainWindow, open_window: Callable[[], MainWindow], wait_for: Wait, kept: object
) -> None:
    window.settings.put("pinned", kept)
    window.close_at_once()
    again = open_sample(open_window(), wait_for)
    again.selection.select_lane(lane_called(again, "worker-2"))
    QTest.keyClick(again.timeline.canvas, Key.Key_P)
    assert again.timeline.canvas.rows.pinned == 1


def drag_border(window: MainWindow, by_px: int) -> None:
    canvas = window.timeline.canvas
    at = QPoint(window.arrangement.names_px, canvas.height() // 2)
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, NoModifier, at)
    QTest.mouseMove(canvas, at + QPoint(by_px, 0))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, NoModifier, at + QPoint(by_px, 0))


def test_no_action_of_the_lanes_fails_whatever_is_selected(opened: MainWindow) -> None:
    model, selection = opened.bridge.model, opened.selection
    assert model is not None
    found = model.states.slice_at(2, (model.start_ns + model.end_ns) // 2)
    assert found is not None
    for select in (
        selection.clear,
        lambda: selection.select_lane(2),
        lambda: selection.select_group(Group(0)),
        lambda: selection.select_slice(found),
    ):
        for spec in ACTIONS:
            if spec.menu == LANES_MENU:
                opened.filters.show_all_lanes()
                select()
                opened.acts[spec.id].trigger()
                opened.timeline.canvas.grab()
    opened.find_lane.dismiss()
    opened.filters.show_all_lanes()
    assert opened.timeline.canvas.hidden_lanes == 0
