"""Who works by keyboard sees where the focus is, and who listens is told its name."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QPushButton, QWidget

from engine.recording.synthetic import write_synthetic
from gui.main_window import MainWindow
from gui.widgets.tab_stops import stops_in
from gui.window.layout.tab_order import tab_stops
from gui.window.overlays.overlay import Overlay
from tests.gui.opening import shown_whole

LINKS = ("Open sample", "Open…")  # of the first page, one after the other
Wait = Callable[[Callable[[], object]], None]
SAMPLE = Path(__file__).parents[2] / "resources" / "recordings" / "convoy.lane"


def looks_the_same(stop: QWidget, elsewhere: QWidget) -> bool:
    """With the focus as without."""
    elsewhere.setFocus()
    before = stop.grab().toImage()
    stop.setFocus(Qt.FocusReason.TabFocusReason)
    return bool(stop.grab().toImage() == before)


def name_of(stop: QWidget) -> str:
    """What assistive technology says."""
    return str(stop.accessibleName() or (stop.text() if isinstance(stop, QAbstractButton) else ""))


def all_stops(window: MainWindow) -> Iterator[QWidget]:
    """Of the window, one tab in front after the other."""
    yield from tab_stops(window)
    for name in ("locks", "workers", "output", "statistics", "source"):
        window.docks.bring_up(name)
        QApplication.processEvents()
        yield from (stop for stop in tab_stops(window) if window.docks[name].isAncestorOf(stop))
    window.workload.edit_custom()
    QApplication.processEvents()
    yield from (stop for stop in tab_stops(window) if window.docks["workload"].isAncestorOf(stop))


def test_every_stop_shows_the_focus_and_has_a_name(window: MainWindow, wait_for: Wait, tmp_path: Path) -> None:
    write_synthetic(tmp_path / "few.lane", lanes=2, slices=100)
    window.recordings.open(tmp_path / "few.lane")
    wait_for(lambda: shown_whole(window))
    window.resize(1600, 1000)
    window.activateWindow()
    wait_for(window.isActiveWindow)
    canvas, run = window.timeline.canvas, window.tool_bar.run
    names, unseen = [], []
    for stop in all_stops(window):
        names.append(name_of(stop))
        if looks_the_same(stop, run if stop is canvas else canvas):
            unseen.append(names[-1])
    assert len(names) > 40
    assert all(names)
    assert unseen == []


def test_the_focus_is_one_frame(window: MainWindow, wait_for: Wait) -> None:
    """The frame of a button is it; the style's own, round the words, would be a second."""
    window.activateWindow()
    wait_for(window.isActiveWindow)
    first, button = (
        each for each in stops_in(window.welcome) if isinstance(each, QPushButton) and each.text() in LINKS
    )
    inside = button.rect().adjusted(3, 3, -3, -3)
    first.setFocus()
    without = button.grab(inside).toImage()
    QTest.keyClick(first, Qt.Key.Key_Tab)
    assert button.hasFocus()
    assert button.grab(inside).toImage() == without


def test_the_key_of_a_panel_leads_to_what_it_shows(window: MainWindow, wait_for: Wait, tmp_path: Path) -> None:
    write_synthetic(tmp_path / "few.lane", lanes=2, slices=100)
    window.recordings.open(tmp_path / "few.lane")
    wait_for(lambda: shown_whole(window))
    window.activateWindow()
    wait_for(window.isActiveWindow)
    window.docks.bring_up("findings")
    window.timeline.canvas.setFocus()
    for title, panel in (("Statistics", window.statistics), ("Locks", window.locks)):
        (key,) = (action.shortcut() for action in window.docks.go_actions() if action.text() == title)
        QTest.keySequence(window, key)
        wait_for(lambda panel=panel: window.focusWidget() in list(stops_in(panel)))


def test_the_key_of_a_graph_leads_to_the_graph_whatever_stands_over_it(window: MainWindow, wait_for: Wait) -> None:
    window.recordings.open(SAMPLE)
    wait_for(lambda: shown_whole(window))
    window.activateWindow()
    wait_for(window.isActiveWindow)
    window.timeline.canvas.setFocus()
    window.wait_for.scrubber.setValue(window.wait_for.scrubber.maximum() // 2)
    wait_for(window.wait_for.newest.isVisible)
    (key,) = (action.shortcut() for action in window.docks.go_actions() if action.text() == "Wait-for graph")
    QTest.keySequence(window, key)
    wait_for(lambda: window.focusWidget() is window.wait_for.canvas)


@pytest.mark.parametrize("key", [Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Down, Qt.Key.Key_Up])
def test_the_keyboard_stays_in_what_lies_over_the_window(window: MainWindow, wait_for: Wait, key: Qt.Key) -> None:
    window.activateWindow()
    wait_for(window.isActiveWindow)
    window.acts["run-program"].trigger()
    overlay = next(each for each in window.findChildren(Overlay) if each.isVisible())
    seen = set()
    next(each for each in overlay.findChildren(QPushButton) if each.text() == "Close").setFocus()
    for _ in range(12):
        QTest.keyClick(window.focusWidget(), key)
        assert overlay.isAncestorOf(window.focusWidget())
        seen.add(window.focusWidget())
    assert len(seen) > 5 or key in (Qt.Key.Key_Down, Qt.Key.Key_Up), "all of it is reached"


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_a_button_is_pressed_by_enter_as_by_space(window: MainWindow, wait_for: Wait, key: Qt.Key) -> None:
    window.activateWindow()
    wait_for(window.isActiveWindow)
    window.acts["run-program"].trigger()
    overlay = next(each for each in window.findChildren(Overlay) if each.isVisible())
    next(each for each in overlay.findChildren(QPushButton) if each.text() == "Close").setFocus()
    QTest.keyClick(window.focusWidget(), key)
    assert not overlay.isVisible()
    asked = window.welcome.findChild(QPushButton, options=Qt.FindChildOption.FindChildrenRecursively)
    asked.setFocus()
    window.note_editor.ask("Note", "", lambda _text: None)
    QTest.keyClick(window.focusWidget(), key)
    assert window.note_editor.isVisible() == (key == Qt.Key.Key_Space), "what had the keyboard before is not pressed"
    assert [each for each in window.findChildren(Overlay) if each.isVisible()] in ([], [window.note_editor])


def test_keys_never_act_on_a_panel_behind_another(window: MainWindow, wait_for: Wait, tmp_path: Path) -> None:
    write_synthetic(tmp_path / "few.lane", lanes=2, slices=100)
    window.recordings.open(tmp_path / "few.lane")
    wait_for(lambda: shown_whole(window))
    window.activateWindow()
    wait_for(window.isActiveWindow)
    statistics = window.docks["statistics"]
    window.docks.bring_up("statistics")
    wait_for(lambda: window.docks.shown("statistics") and any(stops_in(statistics.widget())))
    next(stops_in(statistics.widget())).setFocus()
    window.docks.bring_up("output")
    wait_for(lambda: window.docks["output"].isAncestorOf(window.focusWidget()))
    window.timeline.canvas.setFocus()
    window.docks.bring_up("statistics")
    wait_for(lambda: window.docks.shown("statistics"))
    QApplication.processEvents()
    assert window.focusWidget() is window.timeline.canvas, "only a focus that would be lost is moved"


def test_the_keyboard_goes_back_from_a_comparison_to_what_had_it(window: MainWindow, wait_for: Wait) -> None:
    window.activateWindow()
    wait_for(window.isActiveWindow)
    for opened in (False, True):
        if opened:
            window.acts["open-sample"].trigger()
            wait_for(lambda: shown_whole(window))
        wait_for(lambda: not window.soon.busy)
        before = window.focusWidget()
        window.acts["compare"].trigger()
        assert window.focusWidget() is window.comparison.start
        window.acts["compare"].trigger()
        assert not isinstance(window.focusWidget(), QComboBox), "a key would choose something else"
        wait_for(lambda: not window.soon.busy)
        assert window.focusWidget() is before
    assert before is window.timeline.canvas


def test_the_focus_is_not_searched_for_in_the_whole_window_when_comparisons_come(
    window: MainWindow, wait_for: Wait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Qt does for whoever has it and is hidden, which takes longer than the page itself; and back where it was."""
    write_synthetic(tmp_path / "few.lane", lanes=2, slices=100)
    window.recordings.open(tmp_path / "few.lane")
    wait_for(lambda: shown_whole(window))
    window.activateWindow()
    window.timeline.canvas.setFocus()
    wait_for(window.timeline.canvas.hasFocus)
    searched: list[QWidget] = []
    monkeypatch.setattr("gui.window.frame.move_focus", lambda of, *, forward: bool(searched.append(of)) or forward)
    window.acts["compare"].trigger()
    assert window.focusWidget() is window.comparing._page.start
    window.acts["compare"].trigger()
    wait_for(window.timeline.canvas.hasFocus)
    assert searched == []


def test_an_overlay_gives_the_keyboard_back_and_to_nobody_in_between(
    window: MainWindow, wait_for: Wait, qapp: QApplication
) -> None:
    """Else a screen reader would name who had it for that moment."""
    window.activateWindow()
    window.workload.find_scenario()
    before = window.focusWidget()
    assert before is not None
    had: list[QWidget | None] = []
    noting = qapp.focusChanged.connect(lambda _old, new: had.append(new))
    for name in ("palette", "keys", "preferences"):
        window.acts[name].trigger()
        wait_for(lambda: window.focusWidget() is not before)
        had.clear()
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
        assert had == [before], name
    qapp.disconnect(noting)
