"""What is on screen follows the model: colours at known places."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QRect
from PySide6.QtGui import QColor, QPaintEvent
from pytestqt.qtbot import QtBot

from engine.recording.schema import DEADLOCKED, SAMPLED, State
from gui.theme import StatePalette, make_theme
from gui.timeline.drawing.labels import wide_runs
from gui.timeline.drawing.names import process_note
from gui.timeline.layout.row_shape import ROW_PX
from gui.timeline.layout.rows import RowKind
from gui.timeline.pixels.raster import MERGED, Raster, pixel
from tests.gui.timeline.conftest import Bench, make_bench
from tests.gui.timeline.recordings import ALICE, BOB, CAROL, FEEDER, LOCK, MS, START, by_hand, synthetic


def named(colour: QColor) -> str:
    return colour.name()


@pytest.mark.parametrize(
    ("ms", "lane", "state"),
    [(5, ALICE, State.RUNNING), (95, ALICE, State.RUNNING), (39, BOB, State.LOCK_WAIT), (59, BOB, State.RUNNING),
     (99, BOB, State.SLEEP), (99, CAROL, State.IO)],
)  # fmt: skip
def test_states_have_their_colour(bench: Bench, ms: float, lane: int, state: State) -> None:
    assert named(bench.colour(ms, lane, down=13)) == bench.themes.current.states[state]


def test_slices_begin_and_end_at_their_pixel(bench: Bench) -> None:
    theme = bench.themes.current
    picture, y = bench.picture(), round(bench.y(BOB, 13))
    for ms, before, after in ((20, State.RUNNING, State.LOCK_WAIT), (40, State.LOCK_WAIT, State.RUNNING)):
        x = round(bench.x(ms))
        assert named(picture.pixelColor(x - 2, y)) == theme.states[before]
        assert named(picture.pixelColor(x + 2, y)) == theme.states[after]


def test_a_held_lock_is_underlined(bench: Bench) -> None:
    theme = bench.themes.current
    assert named(bench.colour(11, ALICE, down=21)) == theme.hold
    assert named(bench.colour(9, ALICE, down=21)) == theme.surfaces.lane
    assert named(bench.colour(30, BOB, down=21)) == theme.surfaces.lane
    assert named(bench.colour(50, BOB, down=21)) == theme.hold


def test_waits_are_lower_than_running(bench: Bench) -> None:
    theme = bench.themes.current
    assert named(bench.colour(59, BOB, down=3)) == theme.states[State.RUNNING]
    assert named(bench.colour(39, BOB, down=3)) not in (theme.states[State.LOCK_WAIT], theme.surfaces.lane)
    assert named(bench.colour(99, BOB, down=3)) == theme.surfaces.lane


def test_unknown_is_hatched(bench: Bench) -> None:
    picture, y = bench.picture(), round(bench.y(CAROL, 8))
    left = round(bench.x(30))
    assert len({picture.pixelColor(left + offset, y).rgb() for offset in range(8)}) == 2


def test_sampled_states_have_darker_lines(bench: Bench) -> None:
    picture, x = bench.picture(), round(bench.x(79))
    lines = {picture.pixelColor(x, round(bench.y(BOB, down))).name() for down in (7, 8, 9)}
    assert bench.themes.current.states[State.GIL_WAIT] in lines
    assert len(lines) == 2


def test_service_lanes_are_one_row_until_opened(bench: Bench) -> None:
    kinds = [row.kind for row in bench.canvas.rows.rows]
    assert kinds == [RowKind.PROCESS, RowKind.LANE, RowKind.LANE, RowKind.SERVICES, RowKind.PROCESS, RowKind.LANE]
    assert bench.canvas.rows.rows[3].lanes == (FEEDER,)
    bench.click((40, bench.y(FEEDER)))
    row = bench.canvas.rows.of_lane(FEEDER)
    assert row is not None
    assert bench.canvas.rows.rows[row].kind is RowKind.LANE


def test_a_collapsed_process_is_summarised(bench: Bench) -> None:
    bench.click((40, bench.canvas.geometry_now().row_top(0) + 10))
    assert [row.kind for row in bench.canvas.rows.rows] == [RowKind.PROCESS, RowKind.PROCESS, RowKind.LANE]
    top = bench.canvas.geometry_now().row_top(0)
    picture, x = bench.picture(), round(bench.x(30))
    column = [picture.pixelColor(x, top + y).name() for y in range(ROW_PX)]
    theme = bench.themes.current
    # One of three lanes each: bob's lock wait on top, alice running, the idle feeder below.
    assert column[4] == theme.states[State.LOCK_WAIT]
    assert column[12] == theme.states[State.RUNNING]
    assert column[20] == theme.states[State.IDLE]


def test_the_theme_can_be_switched(bench: Bench) -> None:
    bench.themes.choose(dark=False)
    light = make_theme(dark=False)
    assert named(bench.colour(39, BOB, down=13)) == light.states[State.LOCK_WAIT]
    bench.themes.choose(palette=StatePalette.COLOUR_BLIND)
    blind = make_theme(dark=False, palette=StatePalette.COLOUR_BLIND)
    assert named(bench.colour(39, BOB, down=13)) == blind.states[State.LOCK_WAIT]


def test_a_state_filter_dims_all_others(bench: Bench) -> None:
    theme = bench.themes.current
    bench.filters.show_states({State.LOCK_WAIT})
    assert named(bench.colour(39, BOB, down=13)) == theme.states[State.LOCK_WAIT]
    assert named(bench.colour(5, ALICE, down=13)) != theme.states[State.RUNNING]


def test_filters_leave_lanes_out(bench: Bench) -> None:
    bench.filters.set_text("bob, carol")
    assert bench.canvas.rows.lanes() == [BOB, CAROL]
    bench.filters.set_text("-bob")
    assert bench.canvas.rows.lanes() == [ALICE, CAROL]
    bench.filters.set_text("")
    bench.filters.toggle_pinned(CAROL)
    assert bench.canvas.rows.lanes()[0] == CAROL


def test_deadlocked_lanes_are_marked(qtbot: QtBot) -> None:
    bench = make_bench(qtbot, synthetic(lanes=16, slices=800, deadlock=True))
    end = bench.model.end_ns
    bench.view.show(end - 10 * MS, end + MS)
    picture = bench.picture()
    y, theme = round(bench.y(0, 9)), bench.themes.current
    x = round(bench.canvas.geometry_now().scale.x(end - 2 * MS))
    hatch = {picture.pixelColor(x + offset, y).name() for offset in range(8)}
    assert theme.deadlock in hatch
    assert len(hatch) == 2
    assert picture.pixelColor(1, y).name() == theme.deadlock
    assert picture.pixelColor(1, round(bench.y(1, 9))).name() != theme.deadlock


def test_holds_and_waits_of_a_lit_lock_are_framed_in_every_lane(bench: Bench) -> None:
    plain = bench.picture()
    bench.selection.select_primitive(LOCK)
    lit = bench.picture()
    for ms, lane in ((25, ALICE), (50, BOB), (30, BOB)):
        x, y = round(bench.x(ms)), round(bench.y(lane))
        column = [lit.pixelColor(x, y + d) != plain.pixelColor(x, y + d) for d in range(-10, 13)]
        assert any(column), (ms, lane)
    x, y = round(bench.x(70)), round(bench.y(ALICE))
    assert lit.pixelColor(x, y) == plain.pixelColor(x, y)


def test_a_span_has_edges_only_where_they_are(bench: Bench) -> None:
    accent, first = bench.themes.current.surfaces.accent, bench.canvas.geometry_now().names_px

    def edges() -> list[int]:
        picture, y = bench.picture(), round(bench.y(BOB, 1))
        return [x for x in range(first, picture.width()) if named(picture.pixelColor(x, y)) == accent]

    bench.canvas.selection.select_span(START + 40 * MS, START + 50 * MS)
    assert edges() == [pytest.approx(bench.x(40), abs=1), pytest.approx(bench.x(50), abs=1)]
    for start, end, shown in ((45, 55, [50]), (35, 45, [40]), (60, 70, []), (10, 20, [])):
        bench.view.show(START + start * MS, START + end * MS)
        assert edges() == [pytest.approx(bench.x(ms), abs=1) for ms in shown]


def test_nothing_recorded_says_what_will_appear(qtbot: QtBot) -> None:
    bench = make_bench(qtbot, by_hand())
    bench.timeline.show_model(None)
    bench.timeline.set_empty_text("Nothing here", "Press Run.")
    assert bench.picture().pixelColor(2, 2).name() == bench.themes.current.surfaces.canvas


def test_the_worst_state_shows_through_merged_columns() -> None:
    theme = make_theme(dark=True)
    raster = Raster(theme)
    dominant = np.full((1, 4), State.RUNNING | MERGED, np.uint8)
    worst = np.array([[State.RUNNING, State.LOCK_WAIT, State.LOCK_WAIT | DEADLOCKED, State.IO]], np.uint8)
    rows = np.zeros((1, raster.row_height, 4), np.uint32)
    raster.fill_lanes(rows, dominant, worst, np.zeros((1, 4), np.uint8), 0)
    edge = [
        pixel(theme.states[State.RUNNING]),
        pixel(theme.states[State.LOCK_WAIT]),
        pixel(theme.deadlock),
        pixel(theme.states[State.IO]),
    ]
    assert rows[0, 3].tolist() == edge
    assert set(rows[0, 10].tolist()) == {pixel(theme.states[State.RUNNING])}


def test_patterns_stay_with_their_time() -> None:
    raster = Raster(make_theme(dark=True))
    codes = np.full((1, 64), State.GIL_WAIT | SAMPLED, np.uint8)
    none = np.zeros_like(codes)
    first, later = (np.zeros((1, raster.row_height, 64), np.uint32) for _ in range(2))
    raster.fill_lanes(first, codes, none, none, 1_000)
    raster.fill_lanes(later, codes, none, none, 1_003)
    assert np.array_equal(first[:, :, 3:], later[:, :, :-3])


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
def test_frames_are_sharp_at_every_pixel_ratio(ratio: float) -> None:
    raster = Raster(make_theme(dark=True), ratio)
    codes = np.full((2, 8), State.RUNNING, np.uint8)
    rows = np.zeros((2, raster.row_height, 8), np.uint32)
    raster.fill_lanes(rows, codes, codes, np.ones_like(codes), 0)
    bar = (rows[0, :, 0] == pixel(make_theme(dark=True).states[State.RUNNING])).sum()
    assert bar == round(19 * ratio) - round(2 * ratio)


def test_runs_never_cross_rows_and_leave_merged_columns_out() -> None:
    codes = np.array([[4, 4, 4, 0x84, 9, 9], [9, 9, 9, 9, 0, 0]], np.uint8)
    runs = wide_runs(codes, 2)
    found = list(zip(runs.rows.tolist(), runs.firsts.tolist(), runs.lasts.tolist(), runs.codes.tolist(), strict=True))
    assert found == [(0, 0, 3, 4), (0, 4, 6, 9), (1, 0, 4, 9)]


def test_headers_tell_how_a_process_ended() -> None:
    process = by_hand().processes[1]
    assert process_note(process, over=False) == ""
    assert process_note(replace(process, role="service"), over=False) == "service"
    process.end_ns, process.exit_status = START, -11
    assert process_note(process, over=True) == "signal 11"


class Painted(QObject):
    """Notes which parts of a widget are painted."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[QRect] = []

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self.parts.append(event.rect())
        return False


def test_what_is_made_while_only_a_field_over_the_lanes_is_painted_comes_on_screen(bench: Bench, qtbot: QtBot) -> None:
    canvas, painted = bench.canvas, Painted()
    canvas.installEventFilter(painted)
    for _ in range(20):
        bench.view.zoom(0.9)
        painted.parts.clear()
        qtbot.waitUntil(lambda: canvas.rect() in painted.parts)
        if canvas.unfinished:
            break
    assert canvas.unfinished
    for _ in range(50):
        canvas.repaint(0, 0, 40, 20)
    assert not canvas.unfinished
    painted.parts.clear()
    qtbot.waitUntil(lambda: canvas.rect() in painted.parts)
