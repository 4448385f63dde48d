"""Times are told as the ruler tells them, wherever they stand in the window."""

import re
from collections.abc import Callable
from pathlib import Path

from gui.main_window import MainWindow
from gui.state.arrangement import Times
from gui.timeline.layout.time_base import time_base
from gui.widgets.row_table import RowTable
from tests.gui.opening import shown_whole

Wait = Callable[[Callable[[], object]], None]
SAMPLE = Path(__file__).parents[2] / "resources" / "recordings" / "convoy.lane"
CLOCK = r"\d\d:\d\d:\d\d\.\d+"


def texts(table: RowTable[object], column: int) -> list[str]:
    model = table.row_model
    return [str(model.data(model.index(row, column))) for row in range(model.rowCount())]


def test_panels_and_notes_tell_the_time_of_day_with_the_ruler(window: MainWindow, wait_for: Wait) -> None:
    window.open(SAMPLE)
    wait_for(lambda: shown_whole(window))
    model = window.bridge.model
    assert model is not None
    window.arrangement.set_times(Times.CLOCK)
    chosen = model.states.slice_at(1, (model.start_ns + model.end_ns) // 2)
    assert chosen is not None
    window.docks.bring_up("output")
    wait_for(lambda: window.output.table.row_model.rows)
    (first, *_) = texts(window.output.table, 0)
    told = time_base(Times.CLOCK, model, window.selection).text(model.output[0]["time_ns"], 1e6)
    assert re.fullmatch(CLOCK, first)
    assert first == told
    window.selection.select_slice(chosen)
    window.docks.bring_up("wait-for")
    wait_for(lambda: re.match(f"at {CLOCK}: ", window.wait_for.caption.text()))
    wait_for(lambda: re.search(f"from\\s+{CLOCK}", window.details.browser.toPlainText()))
    assert re.search(f"from {CLOCK}", window.timeline.canvas.accessibleDescription())
    window.acts["bookmark"].trigger()
    assert re.search(f"Note at {CLOCK} on", window.note_editor.title.text())


def test_what_is_told_already_is_told_anew_when_the_ruler_changes(window: MainWindow, wait_for: Wait) -> None:
    window.open(SAMPLE)
    wait_for(lambda: shown_whole(window))
    model = window.bridge.model
    assert model is not None
    chosen = model.states.slice_at(1, (model.start_ns + model.end_ns) // 2)
    assert chosen is not None
    window.selection.select_slice(chosen)
    wait_for(lambda: re.search(r"from\s+\d+\.\d+ s", window.details.browser.toPlainText()))
    changed: list[object] = []
    window.docks.bring_up("output")
    wait_for(lambda: window.output.table.row_model.rows)
    window.output.table.row_model.dataChanged.connect(lambda *_: changed.append(1))
    window.arrangement.set_times(Times.SELECTION)
    wait_for(lambda: re.search(r"from\s+0\.\d+ s", window.details.browser.toPlainText()))
    assert changed
    assert texts(window.output.table, 0)[0].startswith("-")
    assert texts(window.output.table, 0)[-1].startswith("+")
