"""Lanes are pinned, hidden, filtered, sorted, folded, made higher; their names get more room."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from engine.recording.reader import Batch
from engine.recording.schema import STATE_ROW, Layer, State
from gui.state.arrangement import FIRST_NAMES_PX, LEAST_NAMES_PX, Arrangement, Times
from gui.state.filters import Sort
from gui.state.measure import Mark
from gui.state.selection import Group
from gui.timeline.layout.geometry import RULER_PX
from gui.timeline.layout.row_shape import HEIGHTS_PX, ROW_PX
from tests.gui.timeline.conftest import Bench, make_bench
from tests.gui.timeline.recordings import ALICE, BOB, CAROL, FEEDER, MS, START, by_hand, synthetic

Key = Qt.Key
Shift, Control = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def bench(bench: Bench, qtbot: QtBot) -> Bench:
    """With the keyboard, so that keys of actions count."""
    bench.timeline.activateWindow()
    bench.canvas.setFocus()
    qtbot.waitUntil(bench.canvas.hasFocus)
    return bench


def lanes(bench: Bench) -> list[int]:
    return bench.canvas.rows.lanes()


def menu_texts(bench: Bench) -> list[str]:
    (menu,) = [menu for menu in bench.timeline.findChildren(QMenu) if menu.isVisible()]
    texts = [action.text() for action in menu.actions() if action.text()]
    menu.close()
    return texts


def test_a_pinned_lane_goes_to_the_top_and_back(bench: Bench) -> None:
    bench.selection.select_lane(CAROL)
    bench.press(Key.Key_P)
    assert lanes(bench) == [CAROL, ALICE, BOB]
    assert bench.canvas.rows.rows[0].pinned
    assert bench.acts["pin-lane"].isChecked()
    bench.press(Key.Key_P)
    assert lanes(bench) == [ALICE, BOB, CAROL]


def test_pinned_lanes_stay_in_view_while_the_others_scroll(qtbot: QtBot) -> None:
    bench = make_bench(qtbot, synthetic(lanes=40, slices=4_000))
    canvas = bench.canvas
    bench.timeline.activateWindow()
    canvas.setFocus()
    qtbot.waitUntil(canvas.hasFocus)
    bench.selection.select_lane(30)
    bench.press(Key.Key_P)
    bench.selection.clear()
    names = bench.picture().copy(0, RULER_PX, 100, canvas.row_px)
    canvas.scroll_to(12)
    geometry = canvas.geometry_now()
    assert bench.picture().copy(0, RULER_PX, 100, canvas.row_px) == names
    at = [canvas.hit_at(QPointF(500, geometry.place_top(place) + 5)) for place in range(3)]
    assert [hit.row for hit in at] == [0, 13, 14]
    assert at[0].lane == 30
    assert [geometry.row_top(hit.row or 0) for hit in at] == [geometry.place_top(place) for place in range(3)]
    assert not geometry.shows_row(12)
    assert geometry.row_top(12) < RULER_PX
    canvas.reveal_row(5)
    assert canvas.geometry_now().row_top(5) == geometry.place_top(1), "below the pinned one, not under it"
    canvas.scroll_to(len(canvas.rows))
    assert canvas.geometry_now().shows_row(len(canvas.rows) - 1)
    bench.selection.select_lane(30)
    canvas.scroll_to(0)
    bench.press(Key.Key_P)
    row = canvas.rows.of_lane(30)
    assert row is not None
    assert canvas.geometry_now().shows_row(row), "it is seen where it goes back to"


def test_pinned_lanes_leave_half_of_the_room_to_the_others(qtbot: QtBot) -> None:
    bench = make_bench(qtbot, synthetic(lanes=40, slices=4_000))
    for lane in range(38):
        bench.filters.toggle_pinned(lane)
    geometry = bench.canvas.geometry_now()
    assert 0 < geometry.pinned <= geometry.whole_rows / 2
    bench.canvas.reveal_row(37)
    geometry = bench.canvas.geometry_now()
    assert geometry.shows_row(0)
    assert geometry.shows_row(37)


def test_what_scrolls_below_pinned_lanes_stays_in_view_when_more_of_those_have_room(qtbot: QtBot) -> None:
    bench = make_bench(qtbot, synthetic(lanes=40, slices=4_000))
    canvas = bench.canvas
    canvas.set_row_height(ROW_PX)
    for lane in range(20):
        bench.filters.toggle_pinned(lane)
    canvas.scroll_to(9)
    before = canvas.geometry_now()
    first = before.first_row + before.pinned
    bench.timeline.resize(bench.timeline.width(), bench.timeline.height() + 6 * ROW_PX)
    qtbot.waitUntil(lambda: canvas.geometry_now().height > before.height)
    after = canvas.geometry_now()
    assert after.pinned > before.pinned
    assert canvas.hit_at(QPointF(500, after.place_top(after.pinned) + 5)).row == first
    canvas.scroll_to(0)
    bench.timeline.resize(bench.timeline.width(), bench.timeline.height() - 6 * ROW_PX)
    qtbot.waitUntil(lambda: canvas.geometry_now().height < after.height)
    assert canvas.first_row == 0, "who is at the top stays there"


def test_hidden_lanes_are_counted_and_come_back_with_one_click(bench: Bench) -> None:
    chip = bench.timeline.lane_filter.chip
    assert not chip.isVisible()
    bench.selection.select_lane(BOB)
    bench.press(Key.Key_H)
    assert lanes(bench) == [ALICE, CAROL]
    assert chip.isVisible()
    assert chip.text() == "1 hidden"
    bench.selection.select_group(Group(1))
    bench.press(Key.Key_H)
    assert lanes(bench) == [ALICE]
    assert chip.text() == "2 hidden"
    QTest.mouseClick(chip, Qt.MouseButton.LeftButton)
    assert lanes(bench) == [ALICE, BOB, CAROL]
    assert not chip.isVisible()


def test_all_others_are_hidden_and_shown_again_by_key(bench: Bench) -> None:
    bench.selection.select_lane(CAROL)
    bench.acts["hide-others"].trigger()
    assert lanes(bench) == [CAROL]
    bench.press(Key.Key_H, Shift)
    assert lanes(bench) == [ALICE, BOB, CAROL]


def test_a_hidden_lane_that_is_gone_to_is_shown(bench: Bench) -> None:
    bench.filters.hide(BOB)
    bench.timeline.reveal_lane(BOB)
    assert BOB in lanes(bench)
    bench.filters.set_text("carol")
    bench.timeline.reveal_lane(BOB)
    assert BOB in lanes(bench)


def test_a_pinned_lane_is_gone_to_where_it_is(bench: Bench) -> None:
    bench.filters.toggle_pinned(BOB)
    bench.filters.toggle_collapsed(0)
    bench.timeline.reveal_lane(BOB)
    assert 0 in bench.filters.collapsed
    assert bench.canvas.rows.of_lane(BOB) == 0


def test_lanes_are_filtered_while_one_types(bench: Bench) -> None:
    field = bench.timeline.lane_filter.field
    bench.press(Key.Key_F, Control | Shift)
    assert field.hasFocus()
    QTest.keyClicks(field, "ali, car")
    assert lanes(bench) == [ALICE, CAROL]
    assert bench.timeline.lane_filter.chip.text() == "2 hidden"  # bob and the feeder
    QTest.keyClick(field, Key.Key_Return)
    assert bench.canvas.hasFocus()
    assert field.isVisible()
    QTest.keyClick(field, Key.Key_Escape)
    assert lanes(bench) == [ALICE, BOB, CAROL]
    assert not field.isVisible()


def test_enter_in_the_filter_folds_nothing(bench: Bench) -> None:
    field = bench.timeline.lane_filter.field
    bench.selection.select_lane(ALICE)
    bench.press(Key.Key_F, Control | Shift)
    QTest.keyClicks(field, "ali")
    QTest.keyClick(field, Key.Key_Return)
    assert bench.canvas.hasFocus()
    assert lanes(bench) == [ALICE]
    assert not bench.filters.collapsed


def test_the_filter_has_room_for_what_is_typed_and_gives_it_back(bench: Bench) -> None:
    corner = bench.timeline.lane_filter
    bench.press(Key.Key_F, Control | Shift)
    assert corner.width() > bench.canvas.geometry_now().names_px
    QTest.keyClicks(corner.field, "worker-1, -worker-12")
    text_px = corner.field.fontMetrics().horizontalAdvance(corner.field.text())
    assert corner.field.width() > text_px
    QTest.keyClick(corner.field, Key.Key_Return)
    assert corner.width() < bench.canvas.geometry_now().names_px


def test_that_no_lane_is_shown_is_said(bench: Bench) -> None:
    def written() -> bool:
        image = bench.canvas.grab().toImage()
        middle = image.height() // 2
        places = ((x, y) for y in range(middle - 60, middle + 60, 3) for x in range(300, 1100))
        return any(image.pixelColor(*place) != canvas for place in places)

    canvas = bench.themes.current.color("canvas")
    bench.filters.set_text("nobody")
    assert not len(bench.canvas.rows)
    assert written()
    bench.filters.show_all_lanes()
    bench.filters.hide(ALICE, BOB, FEEDER, CAROL)
    assert written()


def test_letters_typed_into_the_filter_are_no_keys_of_the_timeline(bench: Bench) -> None:
    field = bench.timeline.lane_filter.field
    before = bench.view.start_ns, bench.view.end_ns, bench.timeline.arrangement.times
    bench.press(Key.Key_F, Control | Shift)
    QTest.keyClicks(field, "hpmtvfwasd")
    assert field.text() == "hpmtvfwasd"
    QTest.keyClick(field, Key.Key_Home)
    assert (bench.view.start_ns, bench.view.end_ns, bench.timeline.arrangement.times) == before
    assert not bench.filters.hidden


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (Sort.STARTED, [ALICE, BOB, CAROL]),
        (Sort.NAME, [ALICE, BOB, CAROL]),
        (Sort.WAIT, [BOB, ALICE, CAROL]),
        (Sort.LOCK_WAIT, [BOB, ALICE, CAROL]),
    ],
)
def test_lanes_are_sorted(bench: Bench, sort: Sort, expected: list[int]) -> None:
    name = {Sort.STARTED: "sort-started", Sort.NAME: "sort-name", Sort.WAIT: "sort-wait"}.get(sort, "sort-lock-wait")
    bench.acts[name].trigger()
    assert bench.filters.sort is sort
    assert lanes(bench) == expected
    assert [each.isChecked() for each in (bench.acts["sort-started"], bench.acts[name])] == [sort is Sort.STARTED, True]


def test_pinned_lanes_are_sorted_among_themselves_and_stay_at_the_top(qtbot: QtBot) -> None:
    model = by_hand()
    late, early = model.processes
    late.launched_ns, early.launched_ns = START + 2 * MS, START + MS
    bench = make_bench(qtbot, model)
    for lane in (ALICE, BOB, CAROL):
        bench.filters.toggle_pinned(lane)
    assert lanes(bench) == [CAROL, ALICE, BOB], "as their processes were started"
    bench.acts["sort-name"].trigger()
    assert lanes(bench) == [ALICE, BOB, CAROL]
    bench.acts["sort-lock-wait"].trigger()
    assert lanes(bench) == [BOB, ALICE, CAROL]
    bench.filters.toggle_pinned(BOB)
    assert lanes(bench) == [ALICE, CAROL, BOB], "pinned ones first, whoever waited longest"


def test_processes_stand_in_the_order_of_their_starts(qtbot: QtBot) -> None:
    model = by_hand()
    late, early = model.processes
    late.launched_ns, early.launched_ns = START + 2 * MS, START + MS  # the first to come up was started last
    assert lanes(make_bench(qtbot, model)) == [CAROL, ALICE, BOB]


def test_groups_are_reached_folded_and_unfolded_by_keys(bench: Bench) -> None:
    bench.selection.select_lane(BOB)
    bench.press(Key.Key_Down)
    assert bench.selection.group == Group(0, services=True)
    bench.press(Key.Key_Return)
    assert FEEDER in lanes(bench)
    bench.press(Key.Key_Down)
    assert bench.selection.lane == FEEDER
    bench.press(Key.Key_Return)  # of a lane: its process
    assert lanes(bench) == [CAROL]
    assert bench.selection.group == Group(0)
    bench.press(Key.Key_Return)
    assert ALICE in lanes(bench)
    bench.acts["fold-all"].trigger()
    assert lanes(bench) == []
    bench.acts["unfold-all"].trigger()
    assert lanes(bench) == [ALICE, BOB, FEEDER, CAROL]


def test_a_folded_group_tells_what_its_lanes_do(bench: Bench) -> None:
    bench.filters.toggle_collapsed(0)
    y = bench.canvas.geometry_now().row_top(0) + 10
    assert bench.canvas.tooltip_at(QPointF(bench.x(30), y)) == [
        "python 100: 3 lanes of 3", "idle: 1 lane", "running: 1 lane", "lock wait: 1 lane",
    ]  # fmt: skip


def test_sorting_by_waits_anew_takes_what_was_waited_since(bench: Bench) -> None:
    bench.acts["sort-lock-wait"].trigger()
    assert lanes(bench) == [BOB, ALICE, CAROL]
    rows = np.array([(ALICE, START + 200 * MS, State.LOCK_WAIT, 1)], STATE_ROW)
    bench.model.take_in(Batch([], {Layer.STATES: rows}, START + 200 * MS))
    bench.timeline.refresh()
    assert lanes(bench) == [BOB, ALICE, CAROL]  # nothing jumps by itself
    bench.acts["sort-lock-wait"].trigger()
    assert lanes(bench) == [ALICE, BOB, CAROL]


def test_pointing_survives_rows_that_go(bench: Bench) -> None:
    bench.canvas.point_at(QPointF(bench.x(30), bench.y(CAROL)))
    bench.acts["fold-all"].trigger()
    assert bench.picture().height() == bench.canvas.height()
    assert bench.canvas.hit.row is None


def test_menus_offer_what_applies(bench: Bench) -> None:
    bench.mouse(QMouseEvent.Type.MouseButtonPress, (bench.x(30), bench.y(BOB)), Qt.MouseButton.RightButton)
    assert bench.selection.lane == BOB
    texts = menu_texts(bench)
    assert {"Pin to the top", "Hide", "Hide all others", "Find a lane…", "Higher rows"} <= set(texts)
    assert "Show all lanes" not in texts
    bench.filters.hide(BOB)
    row = bench.canvas.rows.of_group(Group(0))
    assert row is not None
    y = bench.canvas.geometry_now().row_top(row) + 10
    bench.mouse(QMouseEvent.Type.MouseButtonPress, (40, y), Qt.MouseButton.RightButton)
    assert bench.selection.group == Group(0)
    texts = menu_texts(bench)
    assert {"Fold or unfold the process", "Fold all processes", "Show all lanes"} <= set(texts)
    assert "Pin to the top" not in texts
    bench.mouse(QMouseEvent.Type.MouseButtonPress, (bench.x(30), 10), Qt.MouseButton.RightButton)
    assert "Time of day" in menu_texts(bench)


def test_the_menu_key_opens_the_menu_of_the_selected_row(bench: Bench) -> None:
    bench.selection.select_lane(BOB)
    middle = bench.canvas.rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, middle, bench.canvas.mapToGlobal(middle))
    QApplication.sendEvent(bench.canvas, event)
    assert "Pin to the top" in menu_texts(bench)


def test_rows_get_higher_and_that_is_remembered(bench: Bench) -> None:
    place = HEIGHTS_PX.index(ROW_PX)
    bench.press(Key.Key_Plus, Control)
    assert bench.canvas.row_px == HEIGHTS_PX[place + 1]
    bench.press(Key.Key_Minus, Control)
    bench.press(Key.Key_Minus, Control)
    assert bench.canvas.row_px == HEIGHTS_PX[place - 1]
    kept = Arrangement(bench.timeline.arrangement.as_json())
    assert kept.row_px == HEIGHTS_PX[place - 1]
    bench.acts["rows-fit"].trigger()
    assert bench.timeline.arrangement.row_px is None


def test_the_names_get_more_room(bench: Bench) -> None:
    bench.drag((FIRST_NAMES_PX, 200), (FIRST_NAMES_PX + 80, 200))
    assert bench.canvas.geometry_now().names_px == FIRST_NAMES_PX + 80
    assert bench.x(0) == pytest.approx(FIRST_NAMES_PX + 80, abs=1)
    assert Arrangement(bench.timeline.arrangement.as_json()).names_px == FIRST_NAMES_PX + 80
    bench.drag((FIRST_NAMES_PX + 80, 200), (5, 200))
    assert bench.timeline.arrangement.names_px == LEAST_NAMES_PX
    bench.acts["names-wider"].trigger()
    assert bench.timeline.arrangement.names_px > LEAST_NAMES_PX
    bench.mouse(QMouseEvent.Type.MouseButtonDblClick, (bench.timeline.arrangement.names_px, 200))
    assert bench.timeline.arrangement.names_px == FIRST_NAMES_PX


@pytest.mark.parametrize(
    "kept", [{"names_px": "wide", "row_px": [], "times": 3}, {"names_px": 9_999, "times": "?"}, {}]
)
def test_a_damaged_arrangement_is_passed_over(kept: dict[str, object]) -> None:
    made = Arrangement(kept)
    assert LEAST_NAMES_PX <= made.names_px <= 480
    assert made.row_px is None
    assert made.times is Times.START


def test_another_recording_begins_with_all_its_lanes(qtbot: QtBot) -> None:
    bench = make_bench(qtbot, by_hand())
    bench.filters.hide(ALICE)
    bench.canvas.measure.begin(Mark(START))
    bench.timeline.show_model(by_hand(), live=False)
    assert ALICE in lanes(bench)
    assert bench.canvas.measure.marks is None
    assert bench.view.start_ns <= START < START + 100 * MS <= bench.view.end_ns
