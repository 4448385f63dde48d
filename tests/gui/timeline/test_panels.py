"""Legend, plots and details beside the timeline."""

import itertools
import re
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.recording.schema import State
from gui.frame_budget import FrameBudget
from gui.panels.details import Details
from gui.panels.details.excerpt import excerpt
from gui.panels.legend import Legend
from gui.panels.plots import Plots
from gui.panels.plots.chart import Chart
from gui.panels.plots.series import SERIES, Curve, Grid, lock_waiters, nice_top, running_lanes
from gui.state.arrangement import Arrangement, Times
from gui.state.filters import Filters
from gui.state.selection import Group, Selection
from gui.state.span_state import SpanState
from gui.state.view_window import ViewWindow
from gui.theme import ActiveTheme
from gui.timeline.layout.time_base import RulerTimes
from gui.timeline.layout.time_scale import TimeScale
from tests.gui.timeline.recordings import BOB, LOCK, MS, START, by_hand, synthetic


@pytest.fixture
def view() -> ViewWindow:
    made = ViewWindow()
    made.reset(START, START + 100 * MS, live=False)
    made.show(START, START + 100 * MS)
    return made


@pytest.fixture
def selection() -> Selection:
    return Selection()


@pytest.fixture
def legend(qtbot: QtBot, view: ViewWindow) -> Legend:
    made = Legend(view, Filters(), ActiveTheme())
    qtbot.addWidget(made)
    made.resize(1200, 40)
    made.show()
    made.show_model(by_hand())
    made.count()
    return made


@pytest.fixture
def arrangement() -> Arrangement:
    return Arrangement()


@pytest.fixture
def details(qtbot: QtBot, view: ViewWindow, selection: Selection, arrangement: Arrangement) -> Iterator[Details]:
    model, spans = by_hand(), SpanState(selection)
    model.header["created"] = "2026-11-22T17:22:48.123456+00:00"
    spans.show_model(model)
    made = Details(view, selection, ActiveTheme(), spans, RulerTimes(arrangement, selection))
    qtbot.addWidget(made)
    made.show_model(model)
    yield made
    spans.cancel()


def page(details: Details) -> str:
    """What stands there once the events that write it have been handled."""
    while details.writing:
        QApplication.processEvents()
    return details.browser.toPlainText()


def test_the_legend_counts_the_time_in_view(legend: Legend, view: ViewWindow) -> None:
    # Of 300 ms of three lanes: alice runs 100, bob 40.
    assert legend.entries[State.RUNNING].share == pytest.approx(140 / 300)
    assert legend.entries[State.LOCK_WAIT].share == pytest.approx(20 / 300)
    view.show(START + 20 * MS, START + 40 * MS)
    legend.count()
    assert legend.entries[State.LOCK_WAIT].share == pytest.approx(1 / 3)


def test_the_legend_counts_hundreds_of_lanes_in_pieces(qtbot: QtBot, legend: Legend, view: ViewWindow) -> None:
    model = synthetic(lanes=600, slices=6_000)
    view.reset(model.start_ns, model.end_ns, live=False)
    lanes = np.array([lane.id for lane in model.lanes if not lane.internal])
    totals = model.states.totals(lanes, model.start_ns, model.end_ns).sum(axis=0)
    totals[State.ENDED] = 0
    expected = totals[State.RUNNING] / totals.sum()
    running = legend.entries[State.RUNNING]
    assert running.share != pytest.approx(expected)
    legend.show_model(model)
    qtbot.waitUntil(lambda: running.share == pytest.approx(expected))


def test_the_legend_leads_to_the_marks_that_it_has_no_room_for(legend: Legend) -> None:
    told = set()
    for width in range(legend.minimumWidth(), 1500, 20):
        legend.resize(width, legend.height())
        left_out = [mark.accessibleName() for mark in legend.marks if mark.isHidden()]
        assert legend.more.isHidden() == (not left_out)
        assert all(name in legend.more.toolTip() for name in left_out)
        assert legend.more.isHidden() or legend.rect().contains(legend.more.geometry())
        told.update(left_out)
    assert "sampled" in told


def test_the_legend_says_how_sure_it_is_of_what_was_sampled(legend: Legend, view: ViewWindow) -> None:
    running, waiting = legend.entries[State.RUNNING], legend.entries[State.LOCK_WAIT]
    assert (running.figure, waiting.figure) == ("47 %", "7 %")
    model = by_hand()
    model.attribution.take_overhead({"sample_hz": 200.0, "sample_looks": 60})
    legend.show_model(model)
    legend.count()
    assert running.figure == "47\u2009±\u20093 %"  # a tick at the end of each of two lanes
    assert "46.7 % (± 2.7 points) of the time in view, 140 ms" in running.tip()
    assert (waiting.figure, "±" in waiting.tip()) == ("7 %", False)
    assert running.fitting_figure == running.figure
    running.set_time(100, 100, 100.0)  # of a program that was over before anybody looked
    assert running.figure == "100\u2009±\u2009100 %"
    assert running.fitting_figure == "≈\u2009100 %", "there is no room for more"


def test_a_click_on_the_legend_filters(qtbot: QtBot, view: ViewWindow) -> None:
    filters = Filters()
    legend = Legend(view, filters, ActiveTheme())
    qtbot.addWidget(legend)
    legend.resize(1200, 40)
    legend.show()
    left = Qt.MouseButton.LeftButton
    qtbot.mouseClick(legend.entries[State.IO], left)
    assert filters.states == {State.IO}
    qtbot.mouseClick(legend.entries[State.SLEEP], left, Qt.KeyboardModifier.ControlModifier)
    assert filters.states == {State.IO, State.SLEEP}
    qtbot.mouseClick(legend.entries[State.IO], left)
    qtbot.mouseClick(legend.entries[State.IO], left)
    assert filters.states == set()


def test_a_narrow_legend_is_dense_and_shows_every_mark_that_has_room(legend: Legend) -> None:
    width = 430  # in a window of 960 x 540, as of a full HD screen at twice its scale
    legend.resize(width, 40)
    QApplication.processEvents()
    assert legend.height() <= 72
    parts = [*legend.entries.values(), *(mark for mark in legend.marks if not mark.isHidden())]
    assert [mark.accessibleName() for mark in legend.marks if mark.isHidden()] == []
    assert all(legend.rect().contains(part.geometry()) for part in parts)
    assert not any(one.geometry().intersects(other.geometry()) for one in parts for other in parts if one is not other)
    legend.resize(1200, 40)
    QApplication.processEvents()
    assert legend.entries[State.RUNNING].height() > 24, "where there is room again, it is used"


def test_a_narrow_legend_takes_more_lines(legend: Legend) -> None:
    tall = legend.height()
    legend.resize(500, 40)
    QApplication.processEvents()
    assert legend.height() > tall
    assert all(entry.geometry().right() <= legend.width() for entry in legend.entries.values())


def test_series_are_means_per_column() -> None:
    model, grid = by_hand(), Grid(START, 10 * MS, 10)
    running, waiting = running_lanes(model, grid)[0].values, lock_waiters(model, grid)[0].values
    assert running.round(2).tolist() == [2, 2, 1, 1, 2, 2, 1, 1, 1, 1]
    assert waiting.round(2).tolist() == [0, 0, 1, 1, 0, 0, 0, 0, 0, 0]


def test_nothing_is_plotted_outside_of_the_recording() -> None:
    values = running_lanes(by_hand(), Grid(START - 50 * MS, 10 * MS, 20))[0].values
    assert np.isnan(values).tolist() == [True] * 5 + [False] * 10 + [True] * 5
    model = by_hand()
    model.end_ns += 50 * MS  # foretold, and still to be read
    values = running_lanes(model, Grid(START, 10 * MS, 15))[0].values
    assert np.isnan(values).tolist() == [False] * 10 + [True] * 5


def test_scales_end_at_nice_values() -> None:
    def top(*values: float) -> float:
        return nice_top([Curve("", np.array(values), "accent")])

    assert top(0.2) == 1
    assert top(7.3, np.nan) == 7.5
    assert top(48e6) == 50e6
    assert nice_top([]) == 1


def test_plots_draw_and_collapse(qtbot: QtBot, view: ViewWindow, selection: Selection) -> None:
    plots = Plots(view, selection, ActiveTheme())
    qtbot.addWidget(plots)
    plots.resize(1200, 300)
    model = synthetic(lanes=16, slices=4_000)
    view.reset(model.start_ns, model.end_ns, live=False)
    plots.show()
    plots.show_model(model)
    plots.draw()
    descriptions = [header.accessibleDescription() for header in plots.headers]
    assert all(descriptions), "every plot has a current value"
    assert "cores" in descriptions[[series.title for series in SERIES].index("CPU")]
    tall = plots.headers[1].height()
    qtbot.mouseClick(plots.headers[0], Qt.MouseButton.LeftButton)
    assert plots.headers[0].height() < tall < plots.headers[1].height()
    plots.draw()
    assert len(SERIES) == len(plots.headers)
    selection.hover(model.start_ns + 50 * MS)
    assert plots.headers[1].accessibleDescription() != descriptions[1]
    plots.show_model(None)
    plots.draw()


def test_plots_stay_below_their_time_while_no_frame_has_time_for_new_ones(
    qtbot: QtBot, view: ViewWindow, selection: Selection
) -> None:
    now, spent, model = [0.0], FrameBudget(lambda: 0.0, lambda: 0.0), by_hand(finished=False)
    spent.reserve(1.0)
    themes = ActiveTheme()
    plots = Plots(view, selection, themes, budget=spent, clock=lambda: now[0])
    qtbot.addWidget(plots)
    plots.resize(1200, 300)
    view.reset(model.start_ns, model.end_ns, live=True)
    plots.show()
    plots.show_model(model)
    plots.draw()
    QApplication.processEvents()  # it takes its place
    chart = plots.findChild(Chart)
    at_ns = model.start_ns + 4_000 * MS
    selection.hover(at_ns)

    def line_px() -> list[int]:
        top = chart.viewport().grab().toImage()
        return [x for x in range(top.width()) if top.pixelColor(x, 1) == themes.current.color("text_dim")]

    for ends_after_s in (4, 6, 7):
        now[0] += 1.0
        view.set_limits(model.start_ns, model.start_ns + ends_after_s * 1_000 * MS)
        plots.refresh()
        scale = TimeScale.fit(view.start_ns, view.end_ns, chart.width())
        assert line_px() == [pytest.approx(scale.x(at_ns), abs=1)]


def test_plots_are_drawn_between_frames_that_have_no_time_to_spare(
    qtbot: QtBot, view: ViewWindow, selection: Selection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them after a single frame, however many pieces that takes; and not again before their time has come."""
    now, spent, model = [0.0], FrameBudget(lambda: 0.0, lambda: 0.0), by_hand(finished=False)
    spent.reserve(1.0)
    plots = Plots(view, selection, ActiveTheme(), budget=spent, clock=lambda: now[0])
    qtbot.addWidget(plots)
    plots.show()
    plots.show_model(model)
    plots.draw()
    QApplication.processEvents()
    now[0] = 1.0
    qtbot.waitUntil(lambda: not any(timer.isActive() for timer in (plots._later, plots._rest, plots._settle)))
    drawn: list[float] = []
    monkeypatch.setattr(Chart, "show_lines", lambda _chart, *_shown: drawn.append(now[0]))
    ticks = itertools.count(step=0.01)  # so that each step takes so long, and is a piece of its own
    monkeypatch.setattr("time.thread_time", lambda: next(ticks))

    def frame(at_s: float) -> None:
        model.version += 1
        now[0] = at_s
        plots.refresh()
        assert at_s not in drawn, "the frame itself is kept free"

    frame(2.0)
    qtbot.waitUntil(lambda: drawn == [2.0])
    qtbot.waitUntil(lambda: not plots._rest.isActive())
    frame(2.11)
    qtbot.waitUntil(lambda: not plots._rest.isActive())
    assert drawn == [2.0], "what takes long to compute is not computed without a pause"
    frame(4.0)
    qtbot.waitUntil(lambda: drawn == [2.0, 4.0])


def test_details_of_a_wait_say_why(details: Details, selection: Selection) -> None:
    assert "Select a slice" in page(details)
    chosen = by_hand().states.slice_at(BOB, START + 30 * MS)
    assert chosen is not None
    selection.select_slice(chosen)
    text = page(details)
    for words in (
        "lock wait",
        "20.0 ms",
        "Lock accounts (bank.py:12)",
        "alice",
        "bank.py:40",
        "recorded as it happened",
    ):
        assert words in text


def test_details_of_a_span_are_its_statistics(qtbot: QtBot, details: Details, selection: Selection) -> None:
    selection.select_span(START + 20 * MS, START + 40 * MS)
    assert "Span of 20.0 ms" in page(details)
    qtbot.waitUntil(lambda: "33 %" in page(details))
    qtbot.waitUntil(lambda: "Lock accounts\n20.0 ms in 1 wait · held 20.0 ms" in page(details))
    assert "1.0 lanes ran at once on average, 1 at most" in page(details)
    with qtbot.waitSignal(details.statistics_requested):
        details.browser.anchorClicked.emit(QUrl("statistics:"))


def test_details_of_a_lane_and_of_a_lock(details: Details, selection: Selection) -> None:
    selection.select_lane(BOB)
    assert "bob" in page(details)
    selection.select_primitive(LOCK)
    assert "Lock accounts" in page(details)


def test_links_of_the_details_select_and_open(qtbot: QtBot, details: Details, selection: Selection) -> None:
    details.browser.anchorClicked.emit(QUrl(f"slice:{BOB}:{START + 30 * MS}"))
    assert selection.slice is not None
    assert selection.slice.lane == BOB
    details.browser.anchorClicked.emit(QUrl("lane:0"))
    assert selection.lane == 0
    with qtbot.waitSignal(details.source_requested) as asked:
        details.browser.anchorClicked.emit(QUrl("source:40:/tmp/my%20bank%25.py"))
    assert asked.args == ["/tmp/my bank%.py", 40]


def test_code_is_shown_around_its_line() -> None:
    text = "\n".join(f"line {number}" for number in range(1, 11))
    assert excerpt(text, 5, around=1) == [(4, "line 4"), (5, "line 5"), (6, "line 6")]
    code = "def f():\n    if x:\n        y()\n\n    z()"
    assert excerpt(code, 3, around=1) == [(2, "if x:"), (3, "    y()"), (4, "")]
    assert excerpt(code, 2, around=1) == [(1, "def f():"), (2, "    if x:"), (3, "        y()")]
    assert excerpt(text, 99) == []
    assert excerpt(None, 1) == []


def test_the_legend_is_worked_by_keys_and_says_what_it_shows(qtbot: QtBot, view: ViewWindow) -> None:
    filters = Filters()
    legend = Legend(view, filters, ActiveTheme())
    qtbot.addWidget(legend)
    legend.show()
    qtbot.keyClick(legend.entries[State.LOCK_WAIT], Qt.Key.Key_Space)
    assert filters.states == {State.LOCK_WAIT}
    qtbot.keyClick(legend.entries[State.IO], Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    assert filters.states == {State.LOCK_WAIT, State.IO}
    assert "dimmed" in legend.entries[State.RUNNING].accessibleDescription()
    assert "dimmed" not in legend.entries[State.IO].accessibleDescription()
    qtbot.keyClick(legend.entries[State.IO], Qt.Key.Key_Escape)
    assert filters.states == set()


def test_what_is_told_of_a_wait_is_called_by_whole_words_however_narrow_the_details_are(
    details: Details, selection: Selection, arrangement: Arrangement
) -> None:
    model = details._model
    assert model is not None
    arrangement.set_times(Times.CLOCK)
    model.primitives[LOCK].name = "a_lock_whose_name_is_as_long_as_that_of_a_line_of_code"
    item = model.states.slice_at(BOB, START + 30 * MS)
    assert item is not None
    selection.select_slice(item)
    for width in range(200, 260, 5):
        details.resize(width, 400)
        details.show()
        told = page(details)
        for name in ("lasted", "known", "for"):
            block = details.browser.document().findBlock(told.index(f"\n{name}\n") + 1)
            assert block.layout().lineCount() == 1, (width, name)


@pytest.mark.parametrize("chosen", ["lane", "group"])
def test_details_need_no_scrolling_to_the_side_however_narrow_they_are(
    details: Details, selection: Selection, chosen: str
) -> None:
    model = details._model
    assert model is not None
    model.processes[0].name, model.processes[0].pid = "crossing.py", 1012524
    selection.select_lane(0) if chosen == "lane" else selection.select_group(Group(0))
    for width in range(200, 260, 5):
        details.resize(width, 400)
        details.show()
        page(details)
        assert details.browser.horizontalScrollBar().maximum() == 0, width


def test_a_time_of_day_stays_in_one_line_however_narrow_the_details_are(
    details: Details, selection: Selection, arrangement: Arrangement
) -> None:
    arrangement.set_times(Times.CLOCK)
    selection.select_lane(0)
    for width in range(180, 260, 5):
        details.resize(width, 400)
        details.show()
        page(details)
        told = [line for line in page(details).split("\n") if re.fullmatch(r"\d\d:\d\d:\d\d\.\d{6}", line)]
        block = details.browser.document().findBlock(details.browser.toPlainText().index(told[0]))
        assert block.layout().lineCount() == 1, width
