"""What assistive technology is told of the timeline."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from pytestqt.qtbot import QtBot

from tests.gui.timeline.conftest import Bench
from tests.gui.timeline.recordings import BOB, MS, START


def test_a_slice_is_a_sentence(bench: Bench) -> None:
    wait = bench.model.states.slice_at(BOB, START + 30 * MS)
    assert wait is not None
    bench.selection.select_slice(wait)
    words = bench.canvas.accessibleDescription()
    assert words == "bob: lock wait for Lock accounts (bank.py:12), 20.0 ms, from 0.0200 s, at bank.py:40"
    interface = QAccessible.queryAccessibleInterface(bench.canvas)
    assert interface.text(QAccessible.Text.Name) == "Timeline"
    assert interface.text(QAccessible.Text.Description) == words


def test_spans_lanes_and_nothing_have_words_too(bench: Bench) -> None:
    bench.selection.select_span(START + 10 * MS, START + 40 * MS)
    assert bench.canvas.accessibleDescription().startswith("30.0 ms from 0.0100 s to 0.0400 s: running")
    bench.selection.clear()
    bench.selection.select_lane(BOB)
    assert bench.canvas.accessibleDescription() == "Lane bob"
    bench.selection.clear()
    assert bench.canvas.accessibleDescription() == "Nothing selected"


def test_what_keys_select_is_announced(bench: Bench, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(QAccessible, "isActive", lambda: True)
    monkeypatch.setattr(QAccessible, "updateAccessibility", lambda event: told.append(event.message()))
    bench.canvas.setFocus()
    bench.press(Qt.Key.Key_Down)
    bench.press(Qt.Key.Key_Period)
    bench.press(Qt.Key.Key_Period)
    assert told[0] == "Lane alice"
    assert told[1].startswith("alice: running")
    assert len(set(told)) == len(told)


def test_where_keys_have_led_is_announced_once_they_rest(
    bench: Bench, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(QAccessible, "isActive", lambda: True)
    monkeypatch.setattr(QAccessible, "updateAccessibility", lambda event: told.append(event.message()))
    bench.canvas.setFocus()
    bench.view.show(START + 20 * MS, START + 60 * MS)
    bench.view.show(START + 20 * MS, START + 40 * MS)
    qtbot.waitUntil(lambda: bool(told))
    assert told == ["20.0 ms in view, from 0.0200 s"]
    bench.timeline.overview.setFocus()
    qtbot.keyClick(bench.timeline.overview, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: len(told) == 2)
    assert told[1].startswith("20.0 ms in view, from 0.02")
