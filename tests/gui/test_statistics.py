"""The statistics panel: the whole recording lane by lane; a span with its locks and how many lanes ran at once."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStyle, QWidget
from pytestqt.qtbot import QtBot

from engine.recording.schema import State
from gui.panels.statistics import StatisticsPanel
from gui.panels.statistics.lanes import lane_rows, lane_table
from gui.state.selection import Selection
from gui.state.span_state import SpanState
from gui.theme import GRID, ActiveTheme
from tests.gui.timeline.recordings import ALICE, BOB, FEEDER, LOCK, MS, START, by_hand, synthetic


@pytest.fixture
def selection() -> Selection:
    return Selection()


@pytest.fixture
def spans(qtbot: QtBot, selection: Selection) -> Iterator[SpanState]:
    made = SpanState(selection)
    yield made
    made.cancel()


@pytest.fixture
def panel(qtbot: QtBot, spans: SpanState) -> StatisticsPanel:
    made = StatisticsPanel(ActiveTheme(), spans)
    qtbot.addWidget(made)
    made.resize(1200, 240)
    made.show()
    model = by_hand()
    spans.show_model(model)
    made.show_model(model)
    made.refresh()
    qtbot.waitUntil(lambda: bool(made.table.row_model.rows))  # a busy machine takes several pieces
    return made


def test_without_a_span_the_whole_recording_is_shown(panel: StatisticsPanel) -> None:
    rows = {row.lane.id: row for row in panel.table.row_model.rows}
    assert rows[BOB].totals[State.LOCK_WAIT] == 20 * MS
    assert rows[ALICE].share(State.RUNNING) == 1.0
    assert panel.table.row_model.rows[-1].lane.id == FEEDER
    assert not panel.strip.isVisible()


def test_a_span_has_its_lanes_locks_and_concurrency(
    qtbot: QtBot, panel: StatisticsPanel, spans: SpanState, selection: Selection
) -> None:
    selection.select_span(START + 30 * MS, START + 60 * MS)
    qtbot.waitUntil(lambda: not spans.busy and panel.strip.isVisible())
    rows = {row.lane.id: row for row in panel.table.row_model.rows}
    assert rows[BOB].totals[State.LOCK_WAIT] == 10 * MS
    assert rows[BOB].lifetime == 30 * MS
    lock = panel.locks.row_model.rows[0]
    assert lock.primitive.id == LOCK
    assert (lock.waits, lock.wait_ns, lock.longest_wait_ns) == (1, 10 * MS, 10 * MS)
    assert (lock.holds, lock.hold_ns) == (2, 30 * MS - 1_000)
    at_once = {row.lanes: row.time_ns for row in panel.at_once.row_model.rows}
    assert at_once == {1: 10 * MS, 2: 20 * MS}
    assert (
        "Span of 30.0 ms: 1.7 lanes ran at once on average, 2 at most, 2 or more for 67 %" in panel.strip.words.text()
    )


def test_the_figures_of_a_span_can_be_chosen_and_left(
    qtbot: QtBot, panel: StatisticsPanel, spans: SpanState, selection: Selection
) -> None:
    selection.select_span(START + 30 * MS, START + 60 * MS)
    qtbot.waitUntil(lambda: not spans.busy and panel.strip.isVisible())
    qtbot.mouseClick(panel.strip.buttons.button(1), Qt.MouseButton.LeftButton)
    assert panel.locks.isVisible()
    with qtbot.waitSignal(panel.primitive_chosen) as chosen:
        panel.locks.row_chosen.emit(panel.locks.row_model.rows[0])
    assert chosen.args == [LOCK]
    with qtbot.waitSignal(panel.whole_wanted):
        qtbot.mouseClick(panel.strip.clear, Qt.MouseButton.LeftButton)
    selection.clear()
    qtbot.waitUntil(panel.table.isVisible)  # on a busy machine it is shown in an event of its own
    assert not panel.strip.isVisible()


def test_counting_a_large_span_goes_in_pieces_and_can_be_cancelled(qtbot: QtBot, selection: Selection) -> None:
    model = synthetic(lanes=16, slices=60_000)
    took = iter(float(n) for n in range(1_000_000))  # by this clock every piece takes a second: pieces get small
    spans = SpanState(selection, thread_time=lambda: next(took))
    spans.show_model(model)
    selection.select_span(model.start_ns, model.end_ns)
    assert spans.busy
    qtbot.waitUntil(lambda: spans.statistics is not None and spans.statistics.progress > 0)
    assert spans.statistics is not None
    assert spans.statistics.totals.sum() > 0
    assert spans.busy
    spans.cancel()
    assert spans.cancelled
    assert not spans.busy
    reached = spans.statistics.progress
    assert 0 < reached < 1
    selection.select_span(model.start_ns, model.start_ns + 1_000_000)
    assert not spans.cancelled
    spans.cancel()


def test_how_far_a_span_has_been_counted_is_shown_with_a_way_to_cancel(qtbot: QtBot, selection: Selection) -> None:
    model = synthetic(lanes=16, slices=60_000)
    took = iter(float(n) for n in range(1_000_000))
    spans = SpanState(selection, thread_time=lambda: next(took))
    panel = StatisticsPanel(ActiveTheme(), spans)
    qtbot.addWidget(panel)
    panel.show()
    spans.show_model(model)
    panel.show_model(model)
    panel.refresh()
    selection.select_span(model.start_ns, model.end_ns)
    qtbot.waitUntil(lambda: panel.strip.progress.isVisible() and panel.strip.progress.value() > 0)
    qtbot.mouseClick(panel.strip.cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not panel.strip.progress.isVisible())
    assert "counted in part: ≈ is estimated from" in panel.strip.words.text()
    waited, longest = (
        next(column for column in panel.locks.row_model.columns if column.title == title).text
        for title in ("Waited", "Longest wait")
    )
    for row in panel.locks.row_model.rows:
        assert waited(row).startswith("≈ ")
        assert longest(row).startswith("≥ ")
    times = [row.time_ns for row in panel.at_once.row_model.rows]
    assert sum(times) == pytest.approx(model.end_ns - model.start_ns, rel=1e-6), "of the whole span, too"


def test_figures_of_a_span_that_is_still_recorded_stay_until_there_are_newer_ones(
    qtbot: QtBot, selection: Selection
) -> None:
    now = [0.0]
    model = by_hand(finished=False)
    spans = SpanState(selection, clock=lambda: now[0])
    spans.show_model(model)
    selection.select_span(START + 50 * MS, START + 500 * MS)
    qtbot.waitUntil(lambda: not spans.busy)
    first = spans.statistics
    assert first is not None
    assert first.end_ns == START + 100 * MS
    model.known_ns = model.end_ns = model.end_ns + 100 * MS
    model.version += 1
    spans.refresh()
    assert not spans.busy  # too soon
    now[0] += 2
    spans.refresh()
    assert spans.busy
    assert spans.statistics is first
    qtbot.waitUntil(lambda: not spans.busy)
    assert spans.statistics.end_ns == START + 200 * MS


def test_an_unsure_share_has_room_in_its_column(qtbot: QtBot) -> None:
    """Of a program that ran for so little that nobody had a good look at it."""
    model = synthetic(lanes=1, slices=100)
    totals, sampled = np.zeros((1, len(State)), np.int64), np.zeros((1, len(State)), np.int64)
    totals[0, State.RUNNING] = 1_000_000
    (row,) = lane_rows(model, np.array([0]), totals, sampled)
    parent = QWidget()
    qtbot.addWidget(parent)
    table = lane_table(ActiveTheme(), parent)
    table.set_rows([replace(row, points=tuple(13.0 for _ in State))])
    titles = [column.title for column in table.row_model.columns]
    index = table.row_model.index(0, titles.index("running"))
    assert str(index.data()).replace("\u2009", " ") == "100 ± 13 %"
    margin = 2 * (table.style().pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin) + 1)
    room = table.columnWidth(index.column()) - margin - 2 * GRID
    assert table.fontMetrics().horizontalAdvance(str(index.data())) <= room
