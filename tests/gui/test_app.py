"""Starting the window, and going on after an error nobody expected."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gui.app import ErrorReporter, log, log_to_file, parse
from gui.bridges.interpreter_list import InterpreterList
from gui.main_window import MainWindow
from gui.settings import LOG_NAME, Settings, log_folder

ROOT = Path(__file__).parents[2]
Wait = Callable[[Callable[[], object]], None]


def test_arguments() -> None:
    assert parse([]).recording is None
    assert parse(["open", "a.lane"]).recording == Path("a.lane")
    assert parse(["--debug"]).debug


def test_open_without_a_file_is_one_line_and_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["open"])
    assert ended.value.code == 2
    assert "open needs the FILE" in capsys.readouterr().err


def test_an_unexpected_error_is_logged_and_said_in_one_line(window: MainWindow) -> None:
    path = log_to_file()
    try:
        try:
            raise RuntimeError("planted")
        except RuntimeError as error:
            ErrorReporter(window).report(RuntimeError, error, error.__traceback__)
    finally:
        for handler in list(log.handlers):
            log.removeHandler(handler)
            handler.close()
    (text,) = window.messages.texts()
    assert "Something went wrong in Lanescope itself (RuntimeError)" in text
    assert str(log_folder() / LOG_NAME) in text
    assert path is not None
    assert "planted" in path.read_text()
    assert window.isVisible()


def test_without_a_writable_log_the_window_still_starts() -> None:
    log_folder().parent.mkdir(parents=True)
    log_folder().write_text("a file in the way")
    assert log_to_file() is None
    for handler in list(log.handlers):
        log.removeHandler(handler)
    assert logging.getLogger("lanescope").handlers == []


def test_the_window_starts_as_a_process_and_closes(tmp_path: Path) -> None:
    program = (
        "from PySide6.QtCore import QTimer\nimport gui.app as app\n"
        "made = app.make_application()\nQTimer.singleShot(700, made.closeAllWindows)\n"
        "import sys\nsys.exit(app.main([]))\n"
    )
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


def test_interpreters_are_examined_elsewhere(qtbot: object, wait_for: Wait, tmp_path: Path) -> None:
    settings = Settings()
    interpreters = InterpreterList(settings)
    said: list[str] = []
    interpreters.refused.connect(said.append)
    interpreters.added.connect(said.append)
    (tmp_path / "no-python").write_text("#!/bin/sh\necho hello\n")
    (tmp_path / "no-python").chmod(0o755)
    interpreters.add(str(tmp_path / "no-python"))
    wait_for(lambda: said)
    assert "no-python is not a Python" in said[0]
    interpreters.add(sys.executable)
    wait_for(lambda: len(said) == 2)
    assert said[1] == ""  # the one Lanescope runs on
    assert settings.get_texts("interpreters") == [sys.executable]
    interpreters.close()


def test_another_interpreter_is_refused_at_the_field(window: MainWindow, wait_for: Wait) -> None:
    window.ask_for_interpreter()
    field = window.workload.page.interpreter
    assert not field.adding.isHidden()
    field.path.setText("/no/such/python")
    field.path.returnPressed.emit()
    wait_for(lambda: field.adding.error)
    assert "/no/such/python" in field.adding.error
    assert window.configuration.interpreter == ""
