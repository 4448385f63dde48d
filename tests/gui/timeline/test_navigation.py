"""Keys, wheel and pointer do what they should; following, resuming, taking navigation back."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QFocusEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from engine.model import hand_offs
from gui.state.arrangement import FIRST_NAMES_PX as NAMES_PX
from gui.state.filters import Sort
from gui.state.selection import Group
from gui.state.view_window import SHORTEST_NS, ViewWindow
from gui.timeline.input.keys import physical_key
from tests.gui.timeline.conftest import Bench, make_bench
from tests.gui.timeline.key_events import KeyOfLayout
from tests.gui.timeline.recordings import ALICE, BOB, CAROL, FEEDER, LOCK, MS, START, by_hand, synthetic

Key = Qt.Key
Control, Shift, NoModifier = (
    Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier,
)  # fmt: skip


def wheel(bench: Bench, x: float, notches: float, modifiers: Qt.KeyboardModifier = NoModifier) -> None:
    place = QPointF(x, bench.y(ALICE))
    event = QWheelEvent(
        place, bench.canvas.mapToGlobal(place), QPoint(), QPoint(0, round(120 * notches)), Qt.MouseButton.NoButton,
        modifiers, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(bench.canvas, event)


@pytest.mark.parametrize(("key", "grows"), [(Key.Key_W, False), (Key.Key_S, True), (Key.Key_Plus, False)])
def test_w_and_s_zoom(bench: Bench, key: Qt.Key, grows: bool) -> None:
    before = bench.view.span_ns
    bench.press(key)
    assert (bench.view.span_ns > before) is grows


@pytest.mark.parametrize(("key", "sign"), [(Key.Key_A, -1), (Key.Key_D, 1), (Key.Key_Left, -1), (Key.Key_Right, 1)])
def test_a_and_d_pan(bench: Bench, key: Qt.Key, sign: int) -> None:
    start, span = bench.view.start_ns, bench.view.span_ns
    bench.press(key)
    assert (bench.view.start_ns - start) * sign > 0
    assert bench.view.span_ns == span


def test_control_and_wheel_zoom_at_the_pointer(bench: Bench) -> None:
    at = START + 25 * MS
    x = bench.x(25)
    wheel(bench, x, 2, Control)
    assert bench.view.span_ns < 100 * MS
    assert bench.canvas.geometry_now().scale.x(at) == pytest.approx(x, abs=1.5)


def test_shift_and_wheel_pan(bench: Bench) -> None:
    wheel(bench, bench.x(50), -1, Shift)
    assert bench.view.start_ns > START
    assert bench.view.span_ns == pytest.approx(100 * MS)


def test_the_wheel_says_what_else_it_does_when_all_lanes_are_in_view(bench: Bench) -> None:
    remarks: list[str] = []
    bench.canvas.remarked.connect(remarks.append)
    wheel(bench, bench.x(50), -2)
    assert "Ctrl+wheel zooms" in remarks[0]


def test_the_wheel_scrolls_lanes(qtbot: QtBot) -> None:
    bench = make_bench(qtbot, synthetic(lanes=64, slices=3_200))
    start = bench.view.start_ns
    wheel(bench, 600, -2)
    assert bench.canvas.first_row == 6
    wheel(bench, 600, 5)
    assert bench.canvas.first_row == 0
    wheel(bench, 600, -1000)
    geometry = bench.canvas.geometry_now()
    assert bench.canvas.first_row == len(bench.canvas.rows) - geometry.whole_rows
    assert bench.view.start_ns == start


def test_dragging_selects_a_span(bench: Bench) -> None:
    bench.drag((bench.x(20), bench.y(ALICE)), (bench.x(60), bench.y(ALICE)))
    span = bench.selection.span
    assert span is not None
    assert span == pytest.approx((START + 20 * MS, START + 60 * MS), abs=0.2 * MS)
    # alice ran 40 of 80 ms, bob another 20.
    assert bench.canvas.span_note(span).startswith("running 50 %")


def test_the_edges_of_a_span_can_be_dragged(bench: Bench) -> None:
    bench.selection.select_span(START + 20 * MS, START + 60 * MS)
    bench.drag((bench.x(60) + 2, bench.y(BOB)), (bench.x(80), bench.y(BOB)))
    assert bench.selection.span == pytest.approx((START + 20 * MS, START + 80 * MS), abs=0.3 * MS)
    bench.drag((bench.x(20), bench.y(BOB)), (bench.x(90), bench.y(BOB)))  # beyond the other one
    assert bench.selection.span == pytest.approx((START + 80 * MS, START + 90 * MS), abs=0.3 * MS)


@pytest.mark.parametrize(
    ("button", "modifiers"), [(Qt.MouseButton.LeftButton, Shift), (Qt.MouseButton.MiddleButton, NoModifier)]
)
def test_dragging_with_shift_or_the_middle_button_pans(
    bench: Bench, button: Qt.MouseButton, modifiers: Qt.KeyboardModifier
) -> None:
    bench.view.show(START + 40 * MS, START + 60 * MS)
    x, y = bench.x(50), bench.y(ALICE)
    bench.drag((x, y), (x + 100, y), button, modifiers)
    assert bench.view.start_ns == pytest.approx(START + 38 * MS, abs=0.1 * MS)
    assert bench.selection.span is None


def test_a_click_selects_the_slice_and_escape_clears_it(bench: Bench) -> None:
    bench.click((bench.x(30), bench.y(BOB)))
    chosen = bench.selection.slice
    assert chosen is not None
    assert (chosen.lane, chosen.start_ns, chosen.end_ns) == (BOB, START + 20 * MS, START + 40 * MS)
    assert "lock wait" in bench.canvas.accessibleDescription()
    bench.press(Key.Key_Escape)
    assert bench.selection.empty


def test_pointing_at_a_lock_lights_it_up(bench: Bench) -> None:
    bench.canvas.point_at(QPointF(bench.x(20), bench.y(ALICE, 21)))
    assert bench.selection.primitive == LOCK
    assert bench.canvas.hit.hold is not None
    bench.canvas.point_at(QPointF(bench.x(30), bench.y(BOB)))
    assert bench.selection.primitive == LOCK
    bench.canvas.point_at(QPointF(bench.x(70), bench.y(ALICE)))
    assert bench.selection.primitive is None
    bench.canvas.point_at(None)
    assert bench.selection.hover_ns is None


def test_the_tooltip_says_what_is_there(bench: Bench) -> None:
    place = QPointF(bench.x(30), bench.y(BOB))
    assert bench.canvas.tooltip_at(place) == [
        "bob: lock wait", "20.0 ms  from 0.02000 s", "for Lock accounts (bank.py:12)", "at bank.py:40 in transfer",
    ]  # fmt: skip
    assert bench.canvas.tooltip_at(QPointF(bench.x(70), bench.y(BOB)))[0] == "bob: GIL wait, sampled"
    assert (
        bench.canvas.tooltip_at(QPointF(bench.x(20), bench.y(ALICE, 21)))[0]
        == "alice: holds Lock accounts (bank.py:12)"
    )


def test_keys_go_from_slice_to_slice(bench: Bench) -> None:
    bench.click((bench.x(10), bench.y(BOB)))
    starts = []
    for _ in range(2):
        bench.press(Key.Key_Period)
        assert bench.selection.slice is not None
        starts.append((bench.selection.slice.start_ns - START) // MS)
    assert starts == [20, 40]
    bench.press(Key.Key_Comma)
    assert bench.selection.slice.start_ns == START + 20 * MS


def test_brackets_follow_a_hand_off_there_and_back(bench: Bench) -> None:
    bench.click((bench.x(30), bench.y(BOB)))
    bench.press(Key.Key_BracketLeft)
    assert bench.selection.slice is not None
    assert bench.selection.slice.lane == ALICE
    bench.press(Key.Key_BracketRight)
    assert bench.selection.slice.lane == BOB
    assert bench.selection.slice.start_ns == START + 20 * MS


def test_brackets_lead_back_from_a_slice_that_ends_with_its_release(qtbot: QtBot) -> None:
    bench = make_bench(qtbot, synthetic(lanes=16, slices=4_000))
    model = bench.model
    followed = 0
    for lane in range(16):
        chosen = model.states.slice_at(lane, (model.start_ns + model.end_ns) // 2)
        while chosen is not None and hand_offs.into(model, chosen) is None:
            chosen = model.states.slice_at(lane, chosen.end_ns)
        if chosen is None:
            continue
        bench.selection.select_slice(chosen)
        bench.press(Key.Key_BracketLeft)
        giver = bench.selection.slice
        assert giver is not None
        first = hand_offs.out_of(model, giver.lane, giver.start_ns, giver.end_ns)[0]
        bench.press(Key.Key_BracketRight)
        assert bench.selection.slice is not None
        assert bench.selection.slice.lane == first.receiver
        followed += bench.selection.slice == chosen
    assert followed > 3


def test_lanes_can_be_reached_by_keys_alone(bench: Bench) -> None:
    seen = []
    for _ in range(4):
        bench.press(Key.Key_Down)
        seen.append(bench.selection.lane)
    assert seen == [ALICE, BOB, None, None]  # headers: service lanes, the second process
    assert bench.selection.group == Group(1)
    bench.press(Key.Key_Down)
    assert bench.selection.lane == CAROL
    for _ in range(3):
        bench.press(Key.Key_Up)
    assert bench.selection.lane == BOB
    bench.press(Key.Key_Period)
    assert bench.selection.slice is not None
    assert bench.selection.slice.lane == BOB


def test_f_focuses_the_selected_slice(bench: Bench) -> None:
    bench.click((bench.x(30), bench.y(BOB)))
    bench.press(Key.Key_F)
    view = bench.view
    assert view.start_ns < START + 20 * MS < START + 40 * MS < view.end_ns
    assert view.span_ns == pytest.approx(20 * MS / 0.6)


def test_a_hidden_service_lane_is_opened_when_it_is_to_be_shown(bench: Bench) -> None:
    bench.filters.toggle_collapsed(0)
    bench.timeline.reveal_lane(FEEDER)
    row = bench.canvas.rows.of_lane(FEEDER)
    assert row is not None
    assert bench.canvas.rows.rows[row].lane == FEEDER


def test_navigation_is_taken_back_step_by_step(bench: Bench) -> None:
    there = (bench.view.start_ns, bench.view.end_ns)
    bench.view.show(START + 10 * MS, START + 20 * MS)
    here = (bench.view.start_ns, bench.view.end_ns)
    bench.view.show(START + 12 * MS, START + 13 * MS)
    bench.press(Key.Key_Z, Control)
    assert (bench.view.start_ns, bench.view.end_ns) == here
    bench.press(Key.Key_Z, Control)
    assert (bench.view.start_ns, bench.view.end_ns) == there


def test_quick_steps_of_one_kind_are_taken_back_together(qtbot: QtBot) -> None:
    now = [0.0]
    view = ViewWindow(clock=lambda: now[0])
    view.reset(START, START + 100 * MS, live=False)
    before = view.start_ns, view.end_ns
    for _ in range(5):
        view.zoom(0.8)
        now[0] += 0.1
    now[0] += 2
    zoomed = view.start_ns, view.end_ns
    view.zoom(0.8)
    assert view.go_back()
    assert (view.start_ns, view.end_ns) == zoomed
    assert view.go_back()
    assert (view.start_ns, view.end_ns) == before
    assert not view.go_back()


def test_what_moves_nothing_is_no_step_to_take_back(qtbot: QtBot) -> None:
    view = ViewWindow()
    view.reset(START, START + 100 * MS, live=False)
    view.fit_all()
    assert not view.can_go_back
    view.show(START + 80 * MS, START + 90 * MS)
    view.resume_following()
    assert not view.following, "nothing will come"
    assert view.start_ns < START + 100 * MS < view.end_ns
    there = view.start_ns
    view.resume_following()
    for _ in range(30):
        view.pan(view.span_ns)
    assert view.go_back()
    assert view.start_ns == there, "the end was reached once"


def test_the_view_stays_on_the_recording(qtbot: QtBot) -> None:
    view = ViewWindow()
    view.reset(START, START + 100 * MS, live=False)
    for _ in range(100):
        view.pan(-view.span_ns)
    assert view.end_ns > START
    for _ in range(100):
        view.zoom(0.01)
    assert view.span_ns == SHORTEST_NS
    for _ in range(100):
        view.zoom(100)
    assert view.start_ns <= START
    assert view.end_ns >= START + 100 * MS


def test_a_live_view_follows_until_it_is_panned_and_resumes(qtbot: QtBot) -> None:
    bench = make_bench(qtbot, by_hand(finished=False), live=True)
    resume = bench.timeline.resume_button
    assert bench.view.following
    assert bench.view.end_ns >= bench.model.end_ns
    assert not resume.isVisible()
    bench.model.end_ns += 10_000 * MS
    bench.timeline.refresh()
    assert bench.view.end_ns >= bench.model.end_ns
    bench.press(Key.Key_A)
    assert not bench.view.following
    assert resume.isVisible()
    place = bench.view.start_ns
    bench.model.end_ns += 1_000 * MS
    bench.timeline.refresh()
    assert bench.view.start_ns == place
    resume.click()
    assert bench.view.following
    assert not resume.isVisible()
    assert bench.view.end_ns >= bench.model.end_ns


def test_a_live_view_stays_with_what_one_goes_to(qtbot: QtBot) -> None:
    bench = make_bench(qtbot, by_hand(finished=False), live=True)
    chosen = bench.model.states.slice_at(BOB, START + 30 * MS)
    assert chosen is not None
    place = bench.view.start_ns
    bench.canvas.selection.select_slice(chosen)
    assert bench.view.following, "looking at something is not going there"
    bench.press(Key.Key_Period)
    assert not bench.view.following
    assert bench.view.start_ns == place, "it was in view"
    assert bench.timeline.resume_button.isVisible()
    bench.view.resume_following()
    bench.view.center_on((bench.view.start_ns + bench.view.end_ns) / 2)
    assert not bench.view.following
    bench.view.go_back()
    assert bench.view.following, "one step back is one"
    bench.view.fit_all()
    bench.view.stay()
    assert bench.view.following, "a view of everything leaves nothing behind"


def test_zooming_while_following_keeps_the_newest_data_in_view(qtbot: QtBot) -> None:
    bench = make_bench(qtbot, by_hand(finished=False), live=True)
    bench.press(Key.Key_W)
    assert bench.view.following
    assert bench.view.start_ns < bench.model.end_ns <= bench.view.end_ns


def test_fit_all_shows_everything(bench: Bench) -> None:
    bench.view.show(START + 10 * MS, START + 11 * MS)
    bench.timeline.fit_button.click()
    assert bench.view.start_ns <= START
    assert bench.view.end_ns >= START + 100 * MS


def test_the_window_in_the_overview_can_be_dragged(bench: Bench, qtbot: QtBot) -> None:
    bench.view.show(START + 10 * MS, START + 30 * MS)
    overview = bench.timeline.overview
    scale = overview.scale()
    at, to = (QPoint(round(scale.x(START + ms * MS)), 20) for ms in (20, 70))
    qtbot.mousePress(overview, Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseMove(overview, to)
    qtbot.mouseRelease(overview, Qt.MouseButton.LeftButton, pos=to)
    assert bench.view.start_ns + bench.view.span_ns / 2 == pytest.approx(START + 70 * MS, abs=0.5 * MS)
    assert bench.view.span_ns == pytest.approx(20 * MS)


def test_the_overview_shows_all_there_is(bench: Bench) -> None:
    """Also when it was painted after data had come in and before the view knew."""
    model, overview = bench.model, bench.timeline.overview
    theme = bench.themes.current
    model.end_ns = START + 1_000 * MS
    model.version += 1
    overview.grab()
    bench.timeline.refresh()
    picture = overview.grab().toImage()
    y = overview.height() - 10
    early, late = (round(overview.scale().x(START + ms * MS)) for ms in (30, 600))
    assert picture.pixelColor(early, y) != picture.pixelColor(late, y)
    assert theme.surfaces.lane not in picture.pixelColor(early, y).name()


def test_a_lane_has_a_menu(bench: Bench) -> None:
    at = (40.0, bench.y(BOB))
    bench.mouse(QMouseEvent.Type.MouseButtonPress, at, Qt.MouseButton.RightButton)
    menu = bench.timeline.findChild(QMenu)
    assert isinstance(menu, QMenu)
    actions = {action.text(): action for action in menu.actions()}
    actions["Hide"].trigger()
    assert BOB not in bench.canvas.rows.lanes()
    actions["Sort by name"].trigger()
    assert bench.filters.sort is Sort.NAME
    menu.close()


def test_the_keyboard_alone_reaches_the_timeline(bench: Bench) -> None:
    plain = bench.picture()
    bench.canvas.setFocus(Qt.FocusReason.TabFocusReason)
    QApplication.sendEvent(bench.canvas, QFocusEvent(QFocusEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason))
    assert bench.picture().pixelColor(0, 100) != plain.pixelColor(0, 100)


def test_names_select_lanes(bench: Bench) -> None:
    bench.click((NAMES_PX - 60, bench.y(CAROL)))
    assert bench.selection.lane == CAROL
    assert bench.selection.slice is None


def test_letters_count_by_their_place_on_the_keyboard() -> None:
    azerty_z_key = KeyOfLayout(Key.Key_Z, 25)
    assert physical_key(azerty_z_key) == Key.Key_W.value  # type: ignore[arg-type]
    assert physical_key(KeyOfLayout(Key.Key_W, 0)) == Key.Key_W.value  # type: ignore[arg-type]


def test_the_keyboard_focus_is_a_frame_and_covers_nothing(bench: Bench) -> None:
    slice_of_bob = bench.model.states.slice_at(BOB, START + 50 * MS)
    assert slice_of_bob is not None
    bench.selection.select_slice(slice_of_bob)  # with the arrow of a hand-off, whose head is filled
    inside = bench.picture().copy(2, 2, 1100, 300)
    QApplication.sendEvent(bench.canvas, QFocusEvent(QFocusEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason))
    assert bench.picture().copy(2, 2, 1100, 300) == inside


def test_what_is_under_the_pointer_is_known_anew_when_the_view_moves(bench: Bench) -> None:
    bench.mouse(QMouseEvent.Type.MouseMove, (bench.x(30), bench.y(BOB)), Qt.MouseButton.NoButton)
    waiting = bench.canvas.hit.slice
    bench.view.show(START + 20 * MS, START + 120 * MS)
    assert bench.canvas.hit.slice != waiting


def test_a_slice_that_is_stepped_to_is_wholly_in_view(bench: Bench) -> None:
    bench.view.show(START + 5 * MS, START + 55 * MS)
    found = bench.model.states.slice_at(BOB, START + 50 * MS)
    assert found is not None
    bench.selection.select_slice(found)
    bench.press(Key.Key_Period)
    stepped = bench.selection.slice
    assert stepped is not None
    assert bench.view.start_ns <= stepped.start_ns < stepped.end_ns <= bench.view.end_ns


def test_no_hand_off_to_follow_is_said(bench: Bench, qtbot: QtBot) -> None:
    with qtbot.waitSignal(bench.canvas.remarked) as said:
        bench.press(Key.Key_BracketLeft)
    assert "Select a slice" in said.args[0]
    bench.selection.select_slice(bench.model.states.slice_at(CAROL, START + 75 * MS))
    with qtbot.waitSignal(bench.canvas.remarked) as said:
        bench.press(Key.Key_BracketLeft)
    assert "No hand-off" in said.args[0]


def test_going_to_a_moment_keeps_the_recording_in_the_whole_view() -> None:
    view = ViewWindow()
    view.reset(0, 100 * MS, live=False)
    view.show(40 * MS, 80 * MS)
    view.center_on(1 * MS)
    assert view.start_ns >= -1 * MS
    view.center_on(99 * MS)
    assert view.end_ns <= 101 * MS


def test_the_button_to_resume_covers_no_lane(qtbot: QtBot) -> None:
    bench = make_bench(qtbot, by_hand(finished=False), live=True)
    bench.press(Key.Key_A)
    bench.timeline.refresh()
    button = bench.timeline.resume_button
    assert button.isVisible()
    assert button.geometry().bottom() < bench.canvas.geometry_now().row_top(0)
    assert button.geometry().right() == bench.canvas.width() - 1, "no piece of a time shows beside it"
