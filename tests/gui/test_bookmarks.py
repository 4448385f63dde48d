"""Notes: left by key, listed, changed, removed, kept with the recording, also while it is made."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.analysis.reading import read_model
from engine.model.model import Model
from engine.recording.reader import RecordingReader
from engine.recording.synthetic import write_synthetic
from gui.bridges.session import RunState
from gui.main_window import MainWindow
from gui.window.runs.run_program import Program
from tests.gui.opening import shown_whole

Wait = Callable[[Callable[[], object]], None]
PROGRAM = """
import sys, time
sys.audit("lanescope.bookmark", "from the program")
while True:
    time.sleep(0.01)
"""


def open_recording(window: MainWindow, path: Path, wait_for: Wait) -> Model:
    window.open(path)
    wait_for(lambda: shown_whole(window))
    model = window.bridge.model
    assert model is not None
    wait_for(lambda: window.view.limits.end_ns >= model.end_ns)  # a late frame is left out
    wait_for(window.timeline.canvas.isVisible)
    window.timeline.canvas.setFocus()
    return model


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "bank.lane"
    write_synthetic(path, lanes=4, slices=400, group=2)
    return path


def texts(path: Path) -> list[str]:
    with RecordingReader(path) as reader:
        return [note.text for note in read_model(reader).bookmarks.values()]


def write(window: MainWindow, qtbot: QtBot, text: str) -> None:
    assert window.note_editor.isVisible()
    window.note_editor.line.selectAll()
    qtbot.keyClicks(window.note_editor.line, text)
    qtbot.keyClick(window.note_editor.line, Qt.Key.Key_Return)
    assert not window.note_editor.isVisible()


def test_a_note_is_left_listed_changed_and_removed_by_keys(
    window: MainWindow, qtbot: QtBot, wait_for: Wait, recording: Path
) -> None:
    model = open_recording(window, recording, wait_for)
    chosen = model.states.slice_at(1, (model.start_ns + model.end_ns) // 2)
    assert chosen is not None
    window.selection.select_slice(chosen)
    qtbot.keyClick(window.timeline.canvas, Qt.Key.Key_B)
    write(window, qtbot, "why so long?")
    wait_for(lambda: model.bookmarks)
    (note,) = model.bookmarks.values()
    assert (note.time_ns, note.end_ns, note.lane, note.text) == (chosen.start_ns, chosen.end_ns, 1, "why so long?")
    assert texts(recording) == ["why so long?"]
    table = window.bookmarks.table
    wait_for(lambda: window.bookmarks.table.row_model.rows)
    table.setFocus()
    table.selectRow(0)
    window.selection.clear()
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert window.selection.lane == 1
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_F2)
    write(window, qtbot, "asked too much")
    wait_for(lambda: [row.text for row in table.row_model.rows] == ["asked too much"])
    assert table.chosen() is not None, "it is still the same note"
    assert window.bookmarks.change.isEnabled()
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    wait_for(lambda: not model.bookmarks)
    assert texts(recording) == []


def test_a_note_is_listed_at_once_however_little_frames_have_left(
    window: MainWindow, qtbot: QtBot, wait_for: Wait, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_recording(window, recording, wait_for)
    monkeypatch.setattr(window.views, "_take_turns", lambda _numbers: None)  # as long as no panel gets a turn
    qtbot.keyClick(window.timeline.canvas, Qt.Key.Key_B)
    write(window, qtbot, "now")
    wait_for(lambda: [row.text for row in window.bookmarks.table.row_model.rows] == ["now"])
    wait_for(window.bookmarks.table.isVisible)


def test_escape_leaves_no_note(window: MainWindow, qtbot: QtBot, wait_for: Wait, recording: Path) -> None:
    model = open_recording(window, recording, wait_for)
    window.acts["bookmark"].trigger()
    qtbot.keyClicks(window.note_editor.line, "never mind")
    qtbot.keyClick(window.note_editor.line, Qt.Key.Key_Escape)
    window.clock.tick()
    assert not model.bookmarks
    assert window.timeline.canvas.hasFocus()


def test_notes_are_stepped_through_and_marked(window: MainWindow, wait_for: Wait, recording: Path) -> None:
    model = open_recording(window, recording, wait_for)
    length = model.end_ns - model.start_ns
    for number, share in enumerate((0.8, 0.2, 0.5), 1):
        time = model.start_ns + round(length * share)
        window.notes._put({"id": number, "time_ns": time, "end_ns": None, "lane": None, "text": f"note {number}"})
    wait_for(lambda: len(model.bookmarks) == 3)
    window.view.show(model.start_ns, model.start_ns + length * 0.1)
    shown = []
    for key in ("next-bookmark", "next-bookmark", "next-bookmark", "previous-bookmark"):
        window.acts[key].trigger()
        assert window.notes._gone_to is not None
        shown.append(window.notes._gone_to.text)
        assert window.view.start_ns <= window.notes._gone_to.time_ns <= window.view.end_ns
    assert shown == ["note 2", "note 3", "note 1", "note 3"]
    window.view.fit_all()
    window.clock.tick()
    window.places.refresh()
    canvas, note = window.timeline.canvas, model.bookmarks[3]
    x = round(canvas.geometry_now().scale.x(note.time_ns))
    accent = window.themes.current.color("accent")
    image = canvas.grab().toImage()
    assert any(image.pixelColor(x + 2, y) == accent for y in range(32)), "no flag on the ruler"
    marker = window.timeline.overview.marker_at(window.timeline.overview.scale().x(note.time_ns))
    assert marker is not None
    assert marker.tooltip == "note 3"


def test_a_note_that_cannot_be_written_stays_in_the_window_and_goes_into_copies(
    window: MainWindow, wait_for: Wait, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = open_recording(window, recording, wait_for)
    real, refused = os.open, str(recording)

    def read_only(path: str, flags: int, *rest: int, **more: int) -> int:
        if str(path) == refused and flags & os.O_WRONLY:
            raise PermissionError(13, "Permission denied")
        return real(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", read_only)
    window.notes._put({"id": 1, "time_ns": model.start_ns, "end_ns": None, "lane": 0, "text": "mine alone"})
    assert model.bookmarks[1].text == "mine alone"
    strip = window.messages.strip("note")
    assert strip is not None
    assert strip.message.text == (
        "The note is kept in this window only: bank.lane cannot be written to (Permission denied). "
        "A copy that you save will hold it."
    )
    assert texts(recording) == []
    assert window.recordings.save_as(tmp_path / "copy.lane")
    wait_for(lambda: window.messages.strip("saved"))
    assert texts(tmp_path / "copy.lane") == ["mine alone"]


def test_notes_on_a_run_that_goes_on_and_bookmarks_of_its_program(
    window: MainWindow, wait_for: Wait, tmp_path: Path
) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    assert window.run_control.run_program(Program(str(program))) is None
    wait_for(lambda: window.bridge.model is not None and len(window.bridge.model.marks))
    model = window.bridge.model
    assert model is not None
    window.acts["bookmark"].trigger()
    window.note_editor.line.setText("while it runs")
    window.note_editor._done()
    wait_for(lambda: model.bookmarks)
    wait_for(lambda: len(window.bookmarks.table.row_model.rows) == 2)
    window.bridge.stop()
    wait_for(lambda: window.bridge.run_state is RunState.NONE)
    path = window.bridge.path
    assert path is not None
    with RecordingReader(path) as reader:
        whole = read_model(reader)
    assert [note.text for note in whole.bookmarks.values()] == ["while it runs"]
    assert [whole.names[number] for number in whole.marks["text"].tolist()] == ["from the program"]
