"""A real window without a screen, closed again after each test."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.app import make_theme
from gui.bridges.interpreter_list import InterpreterList
from gui.main_window import MainWindow
from gui.settings import Settings

PATIENCE_MS = 20_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The offscreen platform complains whenever a window or menu is shown; nobody can do anything about it."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support"))


@pytest.fixture
def no_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Does not look for interpreters, which would start each of them."""
    monkeypatch.setattr(InterpreterList, "find", lambda _self, _projects: None)


@pytest.fixture
def open_window(qtbot: QtBot, qapp: QApplication, no_search: None) -> Iterator[Callable[[], MainWindow]]:
    """Opens windows; each has the settings of its moment."""
    windows: list[MainWindow] = []

    def open_one() -> MainWindow:
        settings = Settings()
        window = MainWindow(settings, make_theme(settings, qapp))
        windows.append(window)
        window.resize(1280, 720)
        window.show()
        qtbot.waitExposed(window)
        return window

    yield open_one
    for window in windows:
        window.close_at_once()
        window.deleteLater()


@pytest.fixture
def window(open_window: Callable[[], MainWindow]) -> MainWindow:
    return open_window()


@pytest.fixture
def wait_for(qtbot: QtBot) -> Callable[[Callable[[], object]], None]:
    """Waits, with the window going on, until something holds; fails when it takes too long."""

    def wait(holds: Callable[[], object]) -> None:
        qtbot.waitUntil(lambda: bool(holds()), timeout=PATIENCE_MS)

    return wait
