"""Another interpreter is added: what is found in a folder, what is refused, and where the keyboard goes on."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.bridges.interpreter_list import InterpreterEntry, InterpreterList
from gui.main_window import MainWindow
from gui.settings import Settings

Wait = Callable[[Callable[[], object]], None]


def test_texts_are_short_and_distinct(tmp_path: Path) -> None:
    offered = InterpreterList(Settings(tmp_path / "settings.json"))
    for path, title, origin in (
        ("/opt/.pyenv/versions/9.9.1/bin/python", "Python 9.9.1", "pyenv"),
        ("/opt/bank/.venv/bin/python", "Python 9.9.1", "bank/.venv"),
        ("/opt/.pyenv/versions/again/bin/python", "Python 9.9.1", "pyenv"),
    ):
        offered.entries.append(InterpreterEntry(path, title, path, origin))
    own, *texts = [text for _, text in offered.choices()]
    assert own.endswith(" · Lanescope")
    assert texts == [
        "Python 9.9.1 · pyenv",
        "Python 9.9.1 · bank/.venv",
        "Python 9.9.1 · /opt/.pyenv/versions/again/bin/python",
    ]


def test_a_kind_that_is_missing_is_told_and_cannot_be_chosen(window: MainWindow) -> None:
    window.interpreters.entries[:] = [InterpreterEntry("", "Python 3.11.7", "", "here")]
    window.interpreters.changed.emit()
    box = window.tool_bar.interpreter
    told = [number for number in range(box.count()) if box.itemText(number).startswith("No")]
    assert len(told) == 2
    assert not any(box.model().index(number, 0).flags() & Qt.ItemFlag.ItemIsEnabled for number in told)
    assert "3.13t" in box.itemData(told[0], Qt.ItemDataRole.ToolTipRole)


def test_whoever_steps_through_the_interpreters_by_keys_stays_among_them(window: MainWindow, qtbot: QtBot) -> None:
    """The entry that asks for another one leads away from the box; it is chosen in its list."""
    names = ("", "/opt/one/bin/python", "/opt/two/bin/python")
    window.interpreters.entries[:] = [InterpreterEntry(path, f"Python 9.{n}", path, "") for n, path in enumerate(names)]
    window.interpreters.changed.emit()
    box, page = window.tool_bar.interpreter, window.workload.page.interpreter
    for key in (*[Qt.Key.Key_Down] * 6, Qt.Key.Key_End, Qt.Key.Key_A):
        qtbot.keyClick(box, key)
        assert page.adding.isHidden()
    assert window.configuration.interpreter == names[-1]
    box.showPopup()
    qtbot.keyClick(box.view(), Qt.Key.Key_End)
    qtbot.keyClick(box.view(), Qt.Key.Key_Return)
    assert not page.adding.isHidden()


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


def test_an_interpreter_is_added_where_a_program_is_asked_for_and_nothing_typed_is_lost(
    window: MainWindow, wait_for: Wait, qtbot: QtBot, tmp_path: Path
) -> None:
    window.acts["run-program"].trigger()
    form, elsewhere = window.program_form, window.workload.page.interpreter
    form.target.setText("mine.py")
    form.arguments.setText("--fast")
    field = form.interpreter
    box = field.row.editor
    box.showPopup()
    qtbot.keyClick(box.view(), Qt.Key.Key_End)
    qtbot.keyClick(box.view(), Qt.Key.Key_Return)
    assert window.focusWidget() is field.path
    field.path.setText(str(tmp_path / "none"))
    qtbot.keyClick(field.path, Qt.Key.Key_Return)
    wait_for(lambda: field.adding.error)
    assert elsewhere.adding.error == "", "it was not asked there"
    (tmp_path / "python3.11").symlink_to(os.path.realpath(sys.executable))
    field.path.setText(str(tmp_path))
    qtbot.keyClick(field.path, Qt.Key.Key_Return)
    wait_for(field.adding.isHidden)
    assert form.isVisible()
    assert window.focusWidget() is box
    assert (form.target.text(), form.arguments.text()) == ("mine.py", "--fast")
    assert window.configuration.interpreter == box.currentData() != ""
    assert elsewhere.adding.isHidden()
    field.ask_for_path()
    qtbot.keyClick(field.path, Qt.Key.Key_Escape)
    assert field.adding.isHidden()
    assert form.isVisible(), "Esc takes away one thing after another"


def test_what_is_added_meanwhile_ends_no_search_and_no_other(
    window: MainWindow, wait_for: Wait, tmp_path: Path
) -> None:
    paths = [tmp_path / name for name in ("one", "other")]
    for path in paths:
        answer = "\\t".join(["lanescope", "3", "13", "0", "CPython", "0", str(path)])
        path.write_text(f"#!/bin/sh\nprintf '{answer}'\n", encoding="utf-8")
        path.chmod(0o755)
    answers: list[str] = []
    window.interpreters.added.connect(answers.append)
    window.interpreters.refused.connect(lambda _reason: answers.append("refused"))
    for path in (*paths, tmp_path / "none"):
        window.interpreters.add(str(path))
    wait_for(lambda: len(answers) == 3)
    assert sorted(answers) == sorted([*map(str, paths), "refused"])
    assert sorted(window.settings.get_texts("interpreters")) == sorted(map(str, paths))
