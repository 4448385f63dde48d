"""Another interpreter is added: what is found in a folder, what is refused, and where the keyboard goes on."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.interpreter_list import InterpreterEntry, InterpreterList
from gui.main_window import MainWindow
from gui.settings import Settings

Wait = Callable[[Callable[[], object]], None]


def test_texts_are_short_and_distinct(tmp_path: Path) -> None:
    offered = InterpreterList(Settings(tmp_path / "settings.json"))
    own = offered.entries[0].title
    for path, title in (
        ("/opt/.pyenv/versions/9.9.1/bin/python", "9.9.1"),
        ("/opt/bank/.venv/bin/python", "9.9.1"),
        ("/opt/pythons/bin/python9.9t", "9.9.1 free-threaded"),
    ):
        offered.entries.append(InterpreterEntry(path, title, path))
    texts = [text for _, text in offered.choices()]
    assert texts == [own, "9.9.1", "9.9.1  (venv)", "9.9.1 free-threaded"]


def test_a_folder_of_interpreters_will_do(window: MainWindow, wait_for: Wait, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "python3.11").symlink_to(os.path.realpath(sys.executable))
    field = window.workload.page.interpreter
    window.workload.add_interpreter()
    field.path.setText(str(tmp_path))
    qtbot.keyClick(field.path, Qt.Key.Key_Return)
    wait_for(field.adding.isHidden)
    assert window.configuration.interpreter
    assert window.settings.get_texts("interpreters") == [window.configuration.interpreter]
    assert window.focusWidget() is field.row.editor


def test_a_refusal_can_be_closed_or_chosen_away(
    window: MainWindow, wait_for: Wait, qtbot: QtBot, tmp_path: Path
) -> None:
    field = window.workload.page.interpreter
    window.workload.add_interpreter()
    field.path.setText(str(tmp_path / "none"))
    qtbot.keyClick(field.path, Qt.Key.Key_Return)
    wait_for(lambda: field.adding.error)
    assert "There is no" in field.adding.error
    qtbot.keyClick(field.path, Qt.Key.Key_Escape)
    assert field.adding.isHidden()
    assert window.focusWidget() is field.row.editor
    window.workload.add_interpreter()
    assert field.adding.error == ""
    window.configuration.set_interpreter("/another")
    assert field.adding.isHidden()
