"""Search in the window: typed, found, stepped through, marked, and never in the way of a frame."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.model.model import Model
from engine.model.search import Search, parse
from engine.recording.schema import State
from engine.recording.synthetic import Synthetic, commits, header, write_synthetic
from gui.main_window import MainWindow
from gui.state.search import LEAST_ROWS, SearchState
from tests.gui.opening import shown_whole
from tests.gui.timeline.recordings import synthetic

Wait = Callable[[Callable[[], object]], None]
SAMPLE = Path(__file__).parents[2] / "resources" / "recordings" / "convoy.lane"


@pytest.fixture
def opened(window: MainWindow, wait_for: Wait, tmp_path: Path) -> MainWindow:
    """A window on a small recording."""
    path = tmp_path / "bank.lane"
    write_synthetic(path, lanes=8, slices=2_000, group=4)
    window.open(path)
    wait_for(lambda: shown_whole(window))
    wait_for(window.timeline.canvas.isVisible)
    window.clock.tick()
    return window


def find(window: MainWindow, text: str, wait_for: Wait) -> None:
    window.search_bar.search_for(text)
    wait_for(lambda: not window.search.busy)


def expected(model: Model, text: str) -> int:
    made = Search(model, parse(text))
    while made.advance(1 << 30):
        pass
    return len(made.hits)


def test_slash_opens_it_typing_finds_enter_goes_on(opened: MainWindow, qtbot: QtBot, wait_for: Wait) -> None:
    window, bar = opened, opened.search_bar
    model = window.bridge.model
    assert model is not None
    assert not bar.isVisible()
    window.timeline.canvas.setFocus()
    qtbot.keyClick(window.timeline.canvas, Qt.Key.Key_Slash)
    assert bar.isVisible()
    assert bar.line.hasFocus()
    qtbot.keyClicks(bar.line, "state:lock wait, lock:accounts")
    wait_for(lambda: window.search.active and not window.search.busy)
    hits = expected(model, "state:lock wait, lock:accounts")
    assert bar.result.text() == f"{hits} hits"
    bar.line.list.hide()
    seen = []
    for _ in range(3):
        qtbot.keyClick(bar.line, Qt.Key.Key_Return)
        chosen = window.selection.slice
        assert chosen is not None
        assert chosen.state is State.LOCK_WAIT
        seen.append(chosen)
    assert seen == sorted(seen, key=lambda item: (item.start_ns, item.lane))
    assert bar.result.text() == f"3 of {hits} hits"
    qtbot.keyClick(bar.line, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert window.selection.slice == seen[1]
    window.acts["next-hit"].trigger()
    assert window.selection.slice == seen[2]
    qtbot.keyClick(bar.line, Qt.Key.Key_Escape)
    assert not bar.isVisible()
    assert window.search.hits is None
    assert window.timeline.canvas.hasFocus()


def test_stepping_goes_round(opened: MainWindow, wait_for: Wait) -> None:
    find(opened, "thread:worker-2, thread:worker-3", wait_for)
    hits = opened.search.hits
    assert hits is not None
    assert len(hits) == 2
    lanes = []
    for direction in (1, 1, 1, -1, -1):
        opened.places.step(direction)
        lanes.append(opened.selection.lane)
    assert lanes == [2, 3, 2, 3, 2]


def test_errors_stand_at_the_line_in_one_sentence(opened: MainWindow, wait_for: Wait) -> None:
    find(opened, "speed:3", wait_for)
    assert opened.search_bar.line.property("invalid")
    assert opened.search_bar.result.text().startswith("speed: is no key")
    find(opened, "state:running", wait_for)
    assert not opened.search_bar.line.property("invalid")


def test_suggestions_are_taken_by_keys_alone(opened: MainWindow, qtbot: QtBot, wait_for: Wait) -> None:
    line = opened.search_bar.line
    opened.acts["search"].trigger()
    qtbot.keyClicks(line, "sta")
    assert line.list.topLevelItem(0).text(0) == "state:"
    qtbot.keyClick(line, Qt.Key.Key_Tab)
    assert line.text() == "state:"
    qtbot.keyClicks(line, "gil")
    qtbot.keyClick(line, Qt.Key.Key_Down)
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert line.text() == "state:GIL wait"
    wait_for(lambda: opened.search.active and not opened.search.busy)
    assert line.hasFocus()
    qtbot.keyClicks(line, ", ")
    assert line.list.isVisible()
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert not line.list.isVisible()
    assert opened.search_bar.isVisible()


def test_hits_are_marked_on_the_lanes_and_in_the_overview(opened: MainWindow, wait_for: Wait) -> None:
    canvas, model = opened.timeline.canvas, opened.bridge.model
    assert model is not None
    before = canvas.grab().toImage()
    find(opened, "hold:accounts, longer:400us", wait_for)
    QApplication.processEvents()
    assert opened.search.hits is not None
    assert len(opened.search.hits) > 0
    image, geometry = canvas.grab().toImage(), canvas.geometry_now()
    hit = opened.search.hits.first()
    assert hit is not None
    row = canvas.rows.of_lane(hit.lane)
    assert row is not None
    x = round(geometry.scale.x((hit.start_ns + hit.end_ns) / 2))
    top = geometry.row_top(row)
    assert image.pixelColor(x, top) == opened.themes.current.color("text")
    other = next(lane for lane in canvas.rows.lanes() if opened.search.hits.columns(lane, 0, 1, 1) is None)
    middle = geometry.row_top(canvas.rows.of_lane(other) or 0) + 10
    places = range(geometry.names_px, geometry.width, 37)
    assert any(image.pixelColor(x, middle) != before.pixelColor(x, middle) for x in places), "the rest steps back"
    assert opened.timeline.overview.marker_at(opened.timeline.overview.scale().x(hit.start_ns)) is not None
    opened.search_bar.close_search()
    assert opened.timeline.overview.marker_at(opened.timeline.overview.scale().x(hit.start_ns)) is None


def test_work_comes_in_pieces_and_can_be_cancelled(qtbot: QtBot) -> None:
    ticks = iter(np.arange(0, 1_000, 0.01))  # every look at the clock finds 10 ms gone: pieces as small as can be
    search = SearchState(thread_time=lambda: float(next(ticks)))
    search.show_model(synthetic(lanes=8, slices=300_000))
    seen = []
    search.changed.connect(lambda: seen.append(search.progress))
    search.set_text("state:running")
    assert search.busy
    qtbot.waitUntil(lambda: search.progress > 0.1)
    assert search.busy, "one piece did it all"
    assert search.hits is not None
    assert len(search.hits) > 0
    search.cancel()
    assert search.cancelled
    assert not search.busy
    part = len(search.hits)
    assert part < 120_000
    search.set_text("")
    assert search.hits is None
    assert LEAST_ROWS < 300_000 // 8


def test_a_growing_recording_is_searched_as_it_grows(qtbot: QtBot) -> None:
    made = Synthetic(lanes=6, slices=3_000, group=3)
    model, now = Model(header(made)), [0.0]
    search = SearchState(clock=lambda: now[0])
    search.show_model(model)
    for text in ("state:lock wait", "hold:accounts, state:running"):
        search.set_text(text)
    for batch in commits(made, commit_ns=20_000_000):
        model.take_in(batch)
        now[0] += 2.0
        search.refresh()
        qtbot.waitUntil(lambda: not search.busy)
    now[0] += 2.0
    search.refresh()
    qtbot.waitUntil(lambda: not search.busy)
    assert search.hits is not None
    assert len(search.hits) == expected(model, "hold:accounts, state:running")


def test_what_came_last_is_searched_though_no_frame_follows(qtbot: QtBot) -> None:
    made = Synthetic(lanes=4, slices=400, group=2)
    model = Model(header(made))
    search = SearchState()
    search.show_model(model)
    search.set_text("hold:accounts, state:running")
    for batch in commits(made):
        model.take_in(batch)
        search.refresh()
    qtbot.waitUntil(
        lambda: search.hits is not None and len(search.hits) == expected(model, "hold:accounts, state:running")
    )
    search.set_text("")


def test_another_recording_is_searched_for_the_same(opened: MainWindow, wait_for: Wait) -> None:
    find(opened, "lock:journal", wait_for)
    assert opened.search_bar.result.text() == "No hit"
    opened.open(SAMPLE)
    assert opened.search_bar.isVisible()
    wait_for(lambda: opened.search.hits is not None and len(opened.search.hits) > 0 and not opened.search.busy)
