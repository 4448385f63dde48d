"""Runs as the user sees them: real scenarios in the real window."""

import resource
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from engine.recording.schema import State
from gui.bridges.session import RunState
from gui.main_window import MainWindow
from gui.window.runs.run_program import recent_programs

Wait = Callable[[Callable[[], object]], None]
DEADLOCK_WORDS = "worker-1 holds accounts and waits for audit; worker-2 holds audit and waits for accounts"


def lane_names(window: MainWindow) -> set[str]:
    return {lane.name for lane in window.bridge.model.lanes} if window.bridge.model else set()


def test_a_scenario_runs_shows_its_lanes_and_stops(window: MainWindow, wait_for: Wait) -> None:
    window.configuration.choose("two_locks")
    window.acts["run"].trigger()
    wait_for(lambda: {"MainThread", "worker-1", "worker-2"} <= lane_names(window))
    assert window.bridge.run_state is RunState.RUNNING
    assert window.acts["stop"].isEnabled()
    assert not window.acts["run"].isEnabled()
    assert window.pages.currentWidget() is window.centre_split
    begun = time.monotonic()
    window.acts["stop"].trigger()
    wait_for(lambda: not window.bridge.running)
    assert time.monotonic() - begun < 4
    assert window.acts["run"].isEnabled()
    assert window.bridge.model is not None
    assert window.bridge.model.finished
    assert window.bridge.path is not None
    assert window.bridge.path.exists()


def test_the_deadlock_is_named_in_words_and_never_takes_the_keyboard(window: MainWindow, wait_for: Wait) -> None:
    window.activateWindow()
    window.workload.find_scenario()
    focused = window.focusWidget()
    window.acts["deadlock"].trigger()
    wait_for(window.banner.isVisible)
    assert window.banner.words.text() == DEADLOCK_WORDS
    assert window.focusWidget() is focused
    assert window.docks.shown("wait-for")
    names = {window.bridge.model.lanes[lane].name for lane in window.wait_for.canvas.data.cycle}
    assert names == {"worker-1", "worker-2"}
    assert len(window.wait_for.canvas.data.edges) == 2


def test_an_edge_of_the_graph_leads_to_the_lines_of_code(window: MainWindow, wait_for: Wait) -> None:
    window.acts["deadlock"].trigger()
    wait_for(window.banner.isVisible)
    edge = window.wait_for.canvas.data.edges[0]
    window.wait_for.canvas.edge_chosen.emit(edge)
    chosen = window.selection.slice
    assert chosen is not None
    assert (chosen.lane, chosen.state) == (edge.waiter, State.LOCK_WAIT)
    assert window.docks.shown("wait-for")
    window.wait_for.canvas.code_wanted.emit()
    wait_for(lambda: window.docks.shown("source"))
    assert window.source.view.file.endswith("two_locks.py")
    shown = window.source.view.textCursor().block().text()
    assert "with second" in shown
    assert window.source.frames.count() > 2


def test_the_banner_ends_the_run_and_runs_the_repaired_version(window: MainWindow, wait_for: Wait) -> None:
    window.acts["deadlock"].trigger()
    wait_for(window.banner.isVisible)
    assert not window.banner.repaired.isHidden()
    window.banner.end.click()
    wait_for(lambda: not window.bridge.running)
    assert window.banner.isVisible()
    assert window.banner.end.isHidden()
    window.banner.repaired.click()
    wait_for(lambda: window.bridge.running)
    assert window.configuration.scenario.name == "two_locks_ordered"
    assert not window.banner.isVisible()
    wait_for(lambda: not window.bridge.running)
    assert window.bridge.model.findings == {}


def test_the_repaired_version_may_be_run_while_the_deadlock_still_stands(window: MainWindow, wait_for: Wait) -> None:
    window.acts["deadlock"].trigger()
    wait_for(window.banner.isVisible)
    window.banner.repaired.click()
    wait_for(lambda: window.bridge.model is not None and window.bridge.model.header["scenario"] == "two_locks_ordered")
    wait_for(lambda: not window.bridge.running)


def test_the_repaired_version_runs_as_the_deadlock_ran(window: MainWindow, wait_for: Wait) -> None:
    chosen = window.configuration
    chosen.choose("two_locks")
    chosen.set_backend("processes")
    chosen.set_workers(3)
    chosen.set_start_method("spawn")
    chosen.set_parameter("hold_ms", "1")
    window.acts["run"].trigger()
    wait_for(window.banner.isVisible)
    chosen.set_workers(2)  # for the next run, not for the one that stands still
    window.banner.repaired.click()
    wait_for(lambda: window.bridge.model is not None and window.bridge.model.header["scenario"] == "two_locks_ordered")
    header = window.bridge.model.header
    assert (header["backend"], header["workers"], header["start_method"]) == ("processes", 3, "spawn")
    assert header["parameters"] == {"deposits": 10, "transfers": 30, "hold_ms": 1}
    wait_for(lambda: not window.bridge.running)
    assert not window.banner.isVisible()


def test_a_dismissed_deadlock_can_be_gone_to_again(window: MainWindow, wait_for: Wait) -> None:
    window.acts["deadlock"].trigger()
    wait_for(window.banner.isVisible)
    window.acts["dismiss-message"].trigger()
    assert not window.banner.isVisible()
    window.acts["show-deadlock"].trigger()
    assert window.banner.isVisible()
    assert window.selection.lane in window.banner.finding["lanes"]


def test_closing_during_a_run_asks_then_ends_it_and_leaves_nothing(window: MainWindow, wait_for: Wait) -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    window.acts["deadlock"].trigger()
    wait_for(lambda: "worker-2" in lane_names(window))
    path = window.bridge.path
    assert not window.close()
    question = window.messages.strip("closing")
    assert question is not None
    answers = {button.text(): button for button in question.findChildren(QPushButton)}
    answers["Go on"].click()
    assert window.isVisible()
    assert window.bridge.running
    assert not window.close()
    begun = time.monotonic()
    assert window.close()  # asked for once more
    assert time.monotonic() - begun < 4
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before
    assert path is not None
    assert path.exists()
    assert path in window.recordings.recent()


def test_a_worker_that_fails_is_marked(window: MainWindow, wait_for: Wait) -> None:
    window.configuration.choose("worker_exception")
    window.configuration.set_parameter("step_ms", "1")
    window.acts["run"].trigger()
    wait_for(lambda: window.bridge.model is not None and not window.bridge.running)
    window.docks.bring_up("workers")
    table = window.workers.table.row_model
    wait_for(lambda: sum(bool(row.traceback) or row.share == 1.0 for row in table.rows) == 4)
    rows = {row.name: row for row in table.rows}
    assert set(rows) == {"worker-1", "worker-2", "worker-3", "worker-4"}
    assert "IndexError" in rows["worker-2"].error
    assert "Traceback" in rows["worker-2"].traceback
    assert rows["worker-1"].share == 1.0


def test_what_is_printed_appears_with_its_lane(window: MainWindow, wait_for: Wait) -> None:
    window.configuration.choose("worker_exception")
    window.configuration.set_parameter("step_ms", "1")
    window.docks.bring_up("output")
    window.acts["run"].trigger()
    wait_for(lambda: window.bridge.model is not None and not window.bridge.running)
    wait_for(lambda: any("IndexError" in line["text"] for line in window.output.table.row_model.rows))
    window.output.filter.setText("IndexError")
    assert all("IndexError" in line["text"] for line in window.output.table.row_model.rows)


def test_two_windows_do_not_disturb_each_other(open_window: Callable[[], MainWindow], wait_for: Wait) -> None:
    first, second = open_window(), open_window()
    first.acts["deadlock"].trigger()
    wait_for(lambda: first.bridge.path is not None and first.bridge.path.exists())
    second.acts["deadlock"].trigger()
    wait_for(lambda: first.banner.isVisible() and second.banner.isVisible())
    assert first.bridge.path != second.bridge.path
    first.acts["stop"].trigger()
    wait_for(lambda: not first.bridge.running)
    assert second.bridge.running


def test_what_follows_from_the_whole_run_is_found_when_it_is_over(window: MainWindow, wait_for: Wait) -> None:
    window.configuration.choose("lock_contention")
    window.configuration.set_parameter("bookings", "30")
    window.acts["run"].trigger()
    wait_for(lambda: window.bridge.model is not None and not window.bridge.running)
    wait_for(lambda: any("held while sleeping" in finding["title"] for finding in window.findings.table.row_model.rows))
    assert not window.banner.isVisible()


def test_a_program_of_ones_own_is_recorded_live_and_offered_again(
    window: MainWindow, qtbot: QtBot, wait_for: Wait, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text("import os, sys\nprint('hello', *sys.argv[1:], os.path.basename(os.getcwd()))\n")
    (tmp_path / "place").mkdir()
    form = window.program_form
    window.acts["run-program"].trigger()
    form.target.setText(str(tmp_path / "none.py"))
    qtbot.keyClick(form.target, Qt.Key.Key_Return)
    assert form.rows["target"].error.startswith("There is no script")
    wait_for(lambda: form.height() >= form.sizeHint().height())  # what is said there squeezes nothing
    form.target.setText(str(tmp_path / "mine.py"))
    form.arguments.setText("'a b")
    qtbot.keyClick(form.arguments, Qt.Key.Key_Return)
    assert form.rows["arguments"].error == "A quotation mark is not closed."
    form.arguments.setText("'a b' c")
    form.folder.setText(str(tmp_path / "nowhere"))
    qtbot.keyClick(form.folder, Qt.Key.Key_Return)
    assert form.rows["folder"].error.startswith("There is no folder")
    form.folder.setText(str(tmp_path / "place"))
    qtbot.keyClick(form.folder, Qt.Key.Key_Return)
    assert form.isHidden()
    assert window.focusWidget() is window.timeline.canvas
    wait_for(lambda: window.bridge.model is not None and window.bridge.model.finished and not window.bridge.running)
    assert "".join(line["text"] for line in window.bridge.model.output) == "hello a b c place\n"

    (tmp_path / "mine.py").write_text("print('as it is now')\n")
    window.acts["run-program-again"].trigger()
    assert form.isHidden()
    wait_for(lambda: window.bridge.running)
    wait_for(lambda: window.bridge.model is not None and window.bridge.model.finished and not window.bridge.running)
    assert "".join(line["text"] for line in window.bridge.model.output) == "as it is now\n"

    box = window.tool_bar.scenario
    assert box.currentText() == "mine.py 'a b' c", "what Run starts is shown"
    (tmp_path / "mine.py").write_text("print('by Run')\n")
    window.acts["run"].trigger()
    wait_for(lambda: window.bridge.running)
    wait_for(lambda: window.bridge.model is not None and window.bridge.model.finished and not window.bridge.running)
    assert "".join(line["text"] for line in window.bridge.model.output) == "by Run\n"
    window.configuration.choose_workload()
    assert box.currentText() == window.configuration.scenario.title
    (tmp_path / "mine.py").write_text("print('as it is now')\n")

    window.acts["run-program"].trigger()
    assert form.target.selectedText() == str(tmp_path / "mine.py"), "what is typed replaces it"
    form.kind.setCurrentIndex(1)
    form.target.setText("mine")
    form.folder.setText(str(tmp_path))
    form.arguments.setText("")
    form.run_button.click()
    wait_for(lambda: window.bridge.running)
    wait_for(lambda: window.bridge.model is not None and window.bridge.model.finished and not window.bridge.running)
    assert "as it is now" in "".join(line["text"] for line in window.bridge.model.output)
    assert [each.label for each in recent_programs(window.settings)] == ["-m mine", "mine.py 'a b' c"]


def test_what_is_refused_of_a_program_has_the_keyboard_until_it_is_mended(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text("")
    form = window.program_form
    window.acts["run-program"].trigger()
    form.target.setText(str(tmp_path / "mine.py"))
    form.arguments.setText("'a b")
    form.folder.setText(str(tmp_path / "nowhere"))
    qtbot.keyClick(form.folder, Qt.Key.Key_Return)
    assert form.rows["arguments"].error
    assert window.focusWidget() is form.arguments
    qtbot.keyClick(form.arguments, Qt.Key.Key_Apostrophe)
    assert form.rows["arguments"].error == ""
    form.run_button.click()
    assert form.rows["folder"].error
    assert window.focusWidget() is form.folder
    form.target.setText("")
    form.run_button.click()
    assert form.rows["target"].error == "Name a script."
    form.kind.setCurrentIndex(1)
    assert form.rows["target"].error == "", "it is not a script that is missing now"


def test_a_full_disk_is_told_once_and_at_once(window: MainWindow, wait_for: Wait) -> None:
    """The recorder, and it alone, can write no further: its file may not grow, as on a disk that is full."""
    window.configuration.choose("switch_storm")
    window.acts["run"].trigger()
    wait_for(lambda: window.bridge.run_state is RunState.RUNNING and window.bridge.model is not None)
    recorders = [each for each in psutil.Process().children() if "--control" in each.cmdline()]
    assert len(recorders) == 1
    recorders[0].rlimit(resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    wait_for(window.messages.texts)
    told = window.messages.texts()
    assert told[0].startswith(f"Cannot write to {window.bridge.path}: ")
    assert told[0].endswith("Free some space there.")
    assert window.bridge.running
    window.acts["stop"].trigger()
    wait_for(lambda: not window.bridge.running)
    wait_for(lambda: not window.bridge.take_in())
    assert window.messages.texts() == told
