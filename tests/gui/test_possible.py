"""Whatever can be chosen does something that is noticed, or says why it does not."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from PySide6.QtCore import QEvent, QObject, QProcess, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QFileDialog, QLabel, QLineEdit, QTreeWidget, QWidget
from pytestqt.exceptions import TimeoutError as QtTimeout

from gui.action_table import ACTIONS, When
from gui.main_window import MainWindow
from gui.window.overlays.overlay import Overlay
from tests.gui.opening import shown_whole

Wait = Callable[[Callable[[], object]], None]
EVERY = {spec.id: spec for spec in ACTIONS}


def possible(window: MainWindow) -> set[str]:
    return {identifier for identifier in EVERY if window.acts[identifier].isEnabled()}


@contextmanager
def shut_in(window: MainWindow) -> Iterator[list[str]]:
    """Gives what is asked for beyond the window, none of which happens: runs, files, other windows, its end."""
    asked: list[str] = []

    def asks(what: str, answer: object = None) -> Callable[..., object]:
        def answered(*_: object, **__: object) -> object:
            asked.append(what)
            return answer

        return answered

    class Guard(QObject):
        """Lets the window stay open."""

        def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
            if event.type() != QEvent.Type.Close:
                return False
            asked.append("close")
            event.ignore()
            return True

    guard = Guard()
    window.installEventFilter(guard)
    with pytest.MonkeyPatch.context() as patch:
        for dialog in ("getOpenFileName", "getSaveFileName"):
            patch.setattr(QFileDialog, dialog, asks("file", ("", "")))
        patch.setattr(QProcess, "startDetached", asks("window"))
        patch.setattr(window.bridge, "start", asks("run", answer=False))
        patch.setattr(window.bridge, "open", asks("open", answer=False))
        yield asked
    window.removeEventFilter(guard)


def seen(window: MainWindow) -> Iterator[object]:
    """All that is on screen and in the clipboard, as values that are equal only when nothing can be noticed."""
    yield window.themes.current.dark
    yield QGuiApplication.clipboard().text(), QGuiApplication.clipboard().image()
    yield window.status.currentMessage()
    yield window.focusWidget()
    for widget in window.findChildren(QWidget):
        if widget.isVisible() and not window.status.isAncestorOf(widget):  # that tells the time of a frame
            words = widget.text() if isinstance(widget, QLabel | QAbstractButton | QLineEdit) else ""
            ticked = isinstance(widget, QAbstractButton) and widget.isChecked()
            rows = widget.topLevelItemCount() if isinstance(widget, QTreeWidget) else 0
            yield widget, widget.geometry(), words, ticked, rows
    canvas = window.timeline.canvas
    if canvas.isVisible():
        canvas.settle()
        yield canvas.grab().toImage()


def prepare(window: MainWindow, identifier: str) -> None:
    """A window as it was before the last action, as far as it can be."""
    for overlay in window.findChildren(Overlay):
        overlay.dismiss()
    window.status.clearMessage()
    QGuiApplication.clipboard().clear()
    if identifier == "reset-layout":
        window.docks["details"].hide()
    while EVERY[identifier].when is not When.MESSAGE and window.messages.dismiss_newest():
        pass
    QApplication.processEvents()


def try_all(window: MainWindow, wait_for: Wait) -> list[str]:
    """The actions that were possible and have done nothing."""
    silent = []
    window.clock.stop()  # nothing changes by itself
    with shut_in(window) as asked:
        for identifier, spec in EVERY.items():
            action = window.acts[identifier]
            wait_for(lambda: not window.soon.busy)
            prepare(window, identifier)
            if not action.isEnabled():
                continue
            page, before, asked_before = window.pages.currentWidget(), list(seen(window)), len(asked)
            action.trigger()
            holds = spec.checkable and action.isChecked()  # its tick says so already
            try:
                wait_for(lambda: holds or len(asked) > asked_before or list(seen(window)) != before)  # noqa: B023
            except QtTimeout:
                silent.append(identifier)
            if window.pages.currentWidget() is not page:
                window.acts["compare"].trigger()
    return silent


def test_on_the_first_page(window: MainWindow, wait_for: Wait) -> None:
    offered = possible(window)
    assert {"run", "open", "compare", "keys", "theme"} <= offered
    assert not offered & {"plots", "follow", "names-wider", "sort-name", "next-times", "dismiss-message", "stop"}
    assert try_all(window, wait_for) == []


@pytest.mark.parametrize("selects", [False, True])
def test_over_a_saved_recording(window: MainWindow, wait_for: Wait, *, selects: bool) -> None:
    show_sample(window, wait_for)
    offered = possible(window)
    assert not offered & {"follow", "navigate-back", "navigate-forward", "clear-selection", "show-hidden", "fit-all"}
    assert "plots" in offered
    if selects:
        QTest.keyClick(window.timeline.canvas, Qt.Key.Key_Down)
        QTest.keyClick(window.timeline.canvas, Qt.Key.Key_Period)
        QTest.keyClick(window.timeline.canvas, Qt.Key.Key_W)
        assert {"clear-selection", "navigate-back", "next-alike", "fit-all"} <= possible(window)
    assert try_all(window, wait_for) == []


def test_on_the_page_of_comparisons(window: MainWindow, wait_for: Wait) -> None:
    show_sample(window, wait_for)
    window.acts["compare"].trigger()
    wait_for(lambda: not window.soon.busy)
    assert not possible(window) & {"plots", "save-as", "search", "fold-all", "bookmark", "rows-higher", "find-lane"}
    assert try_all(window, wait_for) == []


def test_back_and_forward_are_possible_as_far_as_there_is_somewhere_to_go(window: MainWindow, wait_for: Wait) -> None:
    show_sample(window, wait_for)
    view, back, forward = window.view, window.acts["navigate-back"], window.acts["navigate-forward"]
    place = view.start_ns, view.end_ns
    view.zoom(0.5)
    assert (back.isEnabled(), forward.isEnabled()) == (True, False)
    back.trigger()
    assert (view.start_ns, view.end_ns) == place
    assert (back.isEnabled(), forward.isEnabled()) == (False, True)
    QTest.keyClick(window.timeline.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.status.currentMessage() == "There is no earlier view to go to."


def test_the_palette_tells_of_what_is_not_possible_when_it_would_be(window: MainWindow) -> None:
    window.acts["palette"].trigger()
    palette = window.palette_overlay
    rows = [palette.list.topLevelItem(number) for number in range(palette.list.topLevelItemCount())]
    assert {row.text(0) for row in rows} >= {spec.text.removesuffix("…") for spec in ACTIONS} - {
        "Deadlock between processes"
    }
    QTest.keyClicks(palette.input, "follow")
    assert palette.list.currentItem().text(1).startswith("possible when a run goes on")
    QTest.keyClick(palette.input, Qt.Key.Key_Return)
    assert window.status.currentMessage().startswith("Follow: possible when a run goes on")


def test_progress_leaves_a_remark_its_room_and_comes_back(window: MainWindow) -> None:
    status = window.status
    status.show_progress("opening", 0.2)
    assert status.progress.isVisible()
    window.remark("Rows get no higher than this.")
    status.show_progress("opening", 0.3)
    assert not status.progress.isVisible()
    assert not status.cancel.isVisible()
    status.clearMessage()
    assert status.progress.isVisible()
    assert status.cancel.isVisible()


def test_a_place_on_the_lanes_leads_away_from_the_page_of_comparisons(window: MainWindow, wait_for: Wait) -> None:
    show_sample(window, wait_for)
    window.acts["compare"].trigger()
    window.navigation.show_lane(0)
    wait_for(lambda: window.pages.currentWidget() is window.centre_split)
    assert window.selection.lane == 0


def show_sample(window: MainWindow, wait_for: Wait) -> None:
    window.acts["open-sample"].trigger()
    wait_for(lambda: shown_whole(window) and not window.soon.busy)
