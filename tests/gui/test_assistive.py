"""What assistive technology finds in the real window, and what it is told while the keyboard moves."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from engine.recording.schema import State
from gui.main_window import MainWindow
from gui.panels.legend import Legend
from gui.state.filters import Filters
from gui.state.view_window import ViewWindow
from gui.theme import ActiveTheme
from gui.widgets.linked_text import LinkedText
from gui.widgets.suggestions import SuggestingLine
from tests.gui.test_wait_for_graph import ring_of

Role = QAccessible.Role


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is announced, as if somebody listened."""
    words: list[str] = []
    monkeypatch.setattr(QAccessible, "isActive", lambda: True)
    monkeypatch.setattr(QAccessible, "updateAccessibility", lambda event: words.append(event.message()))
    return words


def role_of(widget: QWidget) -> QAccessible.Role:
    return QAccessible.queryAccessibleInterface(widget).role()


def test_what_paints_itself_is_more_than_a_filler(window: MainWindow) -> None:
    painted = [window.timeline.canvas, window.timeline.overview, window.wait_for.canvas, window.lock_order.canvas]
    assert [role_of(each) for each in painted] == [Role.Chart] * 4
    assert [role_of(mark) for mark in window.legend.marks] == [Role.StaticText] * len(window.legend.marks)
    assert all(QAccessible.queryAccessibleInterface(each).text(QAccessible.Text.Name) for each in painted)
    assert role_of(window.tool_bar.scenario) is Role.ComboBox, "others stay what they are"


def test_choices_without_a_label_have_a_name(window: MainWindow) -> None:
    """On Linux Qt calls a combo box by what is chosen in it, and tells its name by its label."""
    bar = window.tool_bar
    for box in (bar.scenario, bar.backend, bar.interpreter, bar.start_method):
        (label,) = [
            other
            for other, relation in QAccessible.queryAccessibleInterface(box).relations()
            if relation == QAccessible.RelationFlag.Label
        ]
        assert label.text(QAccessible.Text.Name) == box.accessibleName()
        assert not label.object().isVisible()


def test_each_step_over_a_graph_is_told(qtbot: QtBot, told: list[str]) -> None:
    canvas, _ = ring_of(qtbot, 40, (290, 220))
    canvas.show()
    canvas.setFocus()
    qtbot.waitUntil(canvas.hasFocus)
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    assert told.pop() == "worker-1 waits for Lock fork 1, held by worker-2"
    qtbot.keyClick(canvas, Qt.Key.Key_Down)
    assert told.pop() == "worker-1 waits for Lock fork 1, held by worker-2"
    qtbot.keyClick(canvas, Qt.Key.Key_Up)
    crowd = told.pop()
    assert crowd.endswith(" more")
    qtbot.keyClick(canvas, Qt.Key.Key_Return)
    assert told.pop() == f"{crowd}, unfolded"
    qtbot.keyClick(canvas, Qt.Key.Key_Down)
    assert told.pop().startswith("worker-")
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert told.pop() == f"{crowd}, folded"


def test_what_matches_in_the_palette_is_told(window: MainWindow, qtbot: QtBot, told: list[str]) -> None:
    window.acts["palette"].trigger()
    qtbot.waitUntil(window.palette_overlay.input.hasFocus)
    qtbot.keyClicks(window.palette_overlay.input, "fit all")
    assert told[-1].startswith("Fit all")
    qtbot.keyClicks(window.palette_overlay.input, "zzz")
    assert told[-1] == "No command matches."


def test_suggestions_are_told_as_they_are_chosen(qtbot: QtBot, told: list[str]) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    line = SuggestingLine(window, window)
    window.show()
    line.setFocus()
    qtbot.waitUntil(line.hasFocus)
    line.offer([("state:", "what lanes do"), ("lock:", "locks")])
    qtbot.keyClick(line, Qt.Key.Key_Down)
    qtbot.keyClick(line, Qt.Key.Key_Down)
    assert told == ["state:, what lanes do", "lock:, locks"]


def test_the_legend_tells_what_it_filters(qtbot: QtBot, told: list[str]) -> None:
    legend = Legend(ViewWindow(), Filters(), ActiveTheme(dark=True))
    qtbot.addWidget(legend)
    legend.show()
    entry = legend.entries[State.LOCK_WAIT]
    entry.setFocus()
    qtbot.waitUntil(entry.hasFocus)
    qtbot.keyClick(entry, Qt.Key.Key_Space)
    qtbot.keyClick(entry, Qt.Key.Key_Space)
    assert told == ["Shown: lock wait", "Shown: all states"]


def test_links_are_told_as_the_keyboard_comes_to_them(qtbot: QtBot, told: list[str]) -> None:
    text = LinkedText("Words")
    qtbot.addWidget(text)
    text.setHtml('<a href="lane:1">worker-1</a> waits at <a href="line:a.py:3">a.py:3</a>')
    text.show()
    text.setFocus()
    qtbot.waitUntil(text.hasFocus)
    qtbot.keyClick(text, Qt.Key.Key_Tab)
    qtbot.keyClick(text, Qt.Key.Key_Tab)
    assert told == ["worker-1, link", "a.py:3, link"]
