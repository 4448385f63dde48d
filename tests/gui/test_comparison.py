"""The comparison page: real comparisons, driven as a user does."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from engine.comparison.result import load
from engine.recording.schema import State
from gui.bridges.interpreter_list import InterpreterEntry
from gui.main_window import MainWindow
from tests.gui.opening import shown_whole

Wait = Callable[[Callable[[], object]], None]
CELL_MARGINS = 16  # px, at both sides of what stands in a cell


def open_page(window: MainWindow, **parameters: str) -> None:
    window.configuration.choose("cpu_under_gil")
    for name, value in parameters.items():
        window.configuration.set_parameter(name, value)
    window.acts["compare"].trigger()
    choices = window.comparison.choices
    for name, box in choices.backends.items():
        box.setChecked(name in {"serial", "threads"})
    choices.workers.setText("2")
    choices.repeats.setValue(1)


def test_a_comparison_is_run_shown_kept_and_its_runs_open(window: MainWindow, qtbot: QtBot, wait_for: Wait) -> None:
    open_page(window, numbers="8000")
    page = window.comparison
    assert window.pages.currentWidget() is page
    wait_for(window.docks["details"].isHidden)
    qtbot.mouseClick(page.start, Qt.MouseButton.LeftButton)
    wait_for(lambda: window.comparison_bridge.running)
    assert page.cancel.isVisible()
    assert not page.choices.isEnabled()
    wait_for(lambda: not window.comparison_bridge.running)
    assert page.reason.text() == ""
    assert page.result is not None
    assert page.result.complete
    names = [page.numbers.table.row_model.index(row, 0).data() for row in range(2)]
    assert names == ["serial", "threads × 2"]
    assert page.numbers.table.row_model.index(0, 4).data() == "1.00"
    assert page.traits.toPlainText().count("MB") >= 2
    assert "GIL impact" in page.traits.toPlainText()
    folder = window.comparison_bridge.folder
    assert folder is not None
    assert load(folder) == page.result

    sheet = page.miniatures.sheet
    picture = sheet.grab().toImage()
    area = sheet._area(0)
    ratio = picture.devicePixelRatio()
    share = page.result.variants[0].trials[0].span_ns / sheet.span_ns  # of the axis
    colours = {
        picture.pixelColor(round(x * ratio), round((area.top() + 2) * ratio)).name()
        for x in range(int(area.left()) + 2, int(area.left() + area.width() * share * 0.9))
    }
    states = window.themes.current.states
    assert colours <= {states[state] for state in (State.RUNNING, State.CORE_WAIT, State.UNKNOWN, State.IO)}

    qtbot.mouseDClick(sheet, Qt.MouseButton.LeftButton, pos=QPoint(20, int(area.center().y())))
    wait_for(lambda: shown_whole(window))
    assert window.bridge.model is not None
    assert window.bridge.model.header["backend"] == "serial"
    assert window.pages.currentWidget() is window.centre_split
    wait_for(window.docks["details"].isVisible)


def test_cancel_keeps_what_has_been_measured(window: MainWindow, qtbot: QtBot, wait_for: Wait) -> None:
    open_page(window, numbers="8000")
    page = window.comparison
    page.choices.repeats.setValue(50)
    window.activateWindow()
    wait_for(window.isActiveWindow)
    qtbot.mouseClick(page.start, Qt.MouseButton.LeftButton)
    assert window.focusWidget() is page.cancel, "the keyboard stays here: next to it is Run"
    wait_for(lambda: page.result is not None and page.result.variants[0].trials)
    qtbot.mouseClick(page.cancel, Qt.MouseButton.LeftButton)
    wait_for(lambda: not window.comparison_bridge.running)
    assert window.focusWidget() is page.start
    assert page.result is not None
    assert not page.result.complete
    assert "not complete" in page.title.text()
    assert window.comparison_bridge.folder is not None
    assert not load(window.comparison_bridge.folder).complete


def test_the_worker_counts_offered_are_such_as_the_scenario_admits(window: MainWindow) -> None:
    choices = window.comparison.choices
    window.configuration.choose("two_locks_ordered")
    assert min(choices.worker_counts()) == window.configuration.scenario.min_workers == 2
    assert choices.workers_row.error == ""
    window.configuration.choose("cpu_under_gil")
    assert choices.worker_counts()[0] == 1
    choices.workers.setText("3")
    window.configuration.choose("two_locks_ordered")
    assert choices.workers.text() == "3", "what the user wrote stays"


def test_what_interpreters_are_called_ends_in_an_ellipsis_where_there_is_no_room(window: MainWindow) -> None:
    path = "/opt/pythons/versions/3.14.2/bin/python3.14"
    window.interpreters.entries.append(InterpreterEntry(path, "Python 3.14.2", "", path))
    window.interpreters.changed.emit()
    window.acts["compare"].trigger()
    box = window.comparison.choices.pythons[path]
    assert box.text().endswith("python3.14")
    assert "…" in box.shown_text()
    assert path in box.toolTip()
    assert box.fontMetrics().horizontalAdvance(box.shown_text()) <= box.width()


def test_each_version_of_python_stands_in_full(window: MainWindow) -> None:
    table = window.comparison.numbers.table
    column = next(place for place, each in enumerate(table.row_model.columns) if each.title == "Python")
    assert table.columnWidth(column) >= table.fontMetrics().horizontalAdvance("3.13.15t") + CELL_MARGINS


def test_what_is_offered_is_what_the_custom_workload_admits(window: MainWindow) -> None:
    window.configuration.choose_custom(True)
    window.comparing.toggle()
    choices = window.comparison.choices
    assert len(window.custom.groups) == 2
    assert "serial" not in choices.backends
    assert "interpreters" not in choices.backends  # they share no locks
    assert min(choices.worker_counts()) == 2
    assert not choices.fault()
    window.custom.remove_group(1)
    assert "serial" in choices.backends
    assert choices.worker_counts()[0] == 1


def test_what_cannot_be_compared_is_said_at_the_field(window: MainWindow, qtbot: QtBot) -> None:
    open_page(window)
    page = window.comparison
    page.choices.workers.setText("1, many")
    qtbot.mouseClick(page.start, Qt.MouseButton.LeftButton)
    assert "Numbers with commas" in page.choices.workers_row.error
    assert page.reason.text() == "", "it is said once, where it is mended"
    assert window.focusWidget() is page.choices.workers
    page.choices.workers.setText("2, 999")
    assert "not 999" in page.choices.workers_row.error
    window.configuration.choose("two_locks")
    assert not page.start.isEnabled()
    assert "meant to deadlock" in page.choices.remark.text()
    assert not window.comparison_bridge.running


def test_a_program_of_ones_own_cannot_be_compared_and_the_page_says_so(window: MainWindow) -> None:
    open_page(window)
    window.configuration.offer_program("my program.py")
    window.configuration.choose_program()
    page = window.comparison
    assert page.choices.what.text() == "my program.py"
    assert "no backends to run it on" in page.choices.remark.text()
    assert not page.start.isEnabled()
    assert not page.choices.asked.isVisible()
    window.configuration.choose("cpu_under_gil")
    assert page.start.isEnabled()
    assert page.choices.asked.isVisible()


def test_a_window_closed_meanwhile_leaves_nothing(
    open_window: Callable[[], MainWindow], qtbot: QtBot, wait_for: Wait
) -> None:
    window = open_window()
    open_page(window, numbers="200000")
    qtbot.mouseClick(window.comparison.start, Qt.MouseButton.LeftButton)
    wait_for(window.comparison.doing.text)
    window.close()
    assert not window.comparison_bridge.running
    again = open_window()
    again.acts["compare"].trigger()
    assert again.comparison.choices.workers.text() == "2"
    assert again.comparison.choices.chosen_backends() == ["serial", "threads"]


def test_an_earlier_comparison_is_there_again(
    open_window: Callable[[], MainWindow], qtbot: QtBot, wait_for: Wait, tmp_path: Path
) -> None:
    window = open_window()
    open_page(window, numbers="8000")
    qtbot.mouseClick(window.comparison.start, Qt.MouseButton.LeftButton)
    wait_for(lambda: window.comparison_bridge.running)
    wait_for(lambda: not window.comparison_bridge.running)
    window.close()
    again = open_window()
    again.acts["compare"].trigger()
    assert again.comparison.result is not None
    assert again.comparison.result.title == "CPU work under the GIL"


def test_cancel_before_the_first_run_says_and_keeps_nothing(window: MainWindow, qtbot: QtBot, wait_for: Wait) -> None:
    open_page(window, numbers="8000")
    page = window.comparison
    qtbot.mouseClick(page.start, Qt.MouseButton.LeftButton)
    folder = window.comparison_bridge.folder
    assert folder is not None
    assert folder.is_dir()
    qtbot.mouseClick(page.cancel, Qt.MouseButton.LeftButton)
    wait_for(lambda: not window.comparison_bridge.running)
    assert page.reason.text() == ""
    assert page.start.isVisible()
    assert not folder.exists() or (folder / "comparison.json").exists()  # as it had come so far


def test_who_looks_at_something_else_sees_that_a_comparison_goes_on_and_has_ended(
    window: MainWindow, qtbot: QtBot, wait_for: Wait
) -> None:
    open_page(window, numbers="200000")
    qtbot.mouseClick(window.comparison.start, Qt.MouseButton.LeftButton)
    window.comparing.leave()
    sign = window.tool_bar.recording
    wait_for(lambda: sign.text().endswith(" %"))
    window.comparison_bridge.cancel()
    wait_for(lambda: not window.comparison_bridge.running)
    wait_for(lambda: sign.text() == "")
    assert window.messages.texts() == ["The comparison has ended."]
    window.messages.findChildren(QPushButton)[0].click()
    assert window.pages.currentWidget() is window.comparison
    assert window.messages.texts() == []


def test_no_run_is_started_beside_a_comparison(window: MainWindow, qtbot: QtBot, wait_for: Wait) -> None:
    open_page(window, numbers="200000")
    qtbot.mouseClick(window.comparison.start, Qt.MouseButton.LeftButton)
    window.comparing.leave()
    window.acts["run"].trigger()
    assert not window.bridge.running
    assert "disturb its measuring" in window.messages.texts()[0]
    window.comparison_bridge.cancel()
    wait_for(lambda: not window.comparison_bridge.running)
    window.acts["run"].trigger()
    assert window.bridge.running
    window.bridge.stop()
    wait_for(lambda: not window.bridge.running)
