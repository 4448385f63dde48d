"""In a small window nothing is cut so that it can't be read or used."""

from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect, Qt, QUrl
from PySide6.QtGui import QImage, QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QPushButton, QScrollArea, QToolBar
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from gui.widgets.messages import Message

Wait = Callable[[Callable[[], object]], None]


def pushed_out(bar: QToolBar) -> list[str]:
    """Names of what there is no room for in the tool bar."""
    widgets = [bar.widgetForAction(action) for action in bar.actions() if action.isVisible()]
    return [widget.objectName() or str(widget.accessibleName()) for widget in widgets if not widget.isVisible()]


def test_the_tool_bar_keeps_everything_in_sight(window: MainWindow, wait_for: Wait) -> None:
    window.configuration.choose("two_locks")
    window.configuration.set_backend("processes")
    for width in (window.minimumWidth(), 1150, 1280):
        window.resize(width, 620)
        wait_for(lambda: window.tool_bar.width() == window.width() and not pushed_out(window.tool_bar))
        boxes = window.tool_bar.findChildren(QComboBox)
        assert all(box.width() >= box.minimumWidth() for box in boxes)


def test_all_keys_can_be_read_in_the_smallest_window(window: MainWindow, wait_for: Wait) -> None:
    window.resize(1280, 720)
    window.acts["keys"].trigger()
    sheet = window.keys.findChild(QScrollArea)
    wait_for(lambda: sheet.width() >= sheet.page.sizeHint().width())
    assert sheet.verticalScrollBar().maximum() == 0, "all of them at once, where there is room"
    QTest.keyClick(window.keys, Qt.Key.Key_Down)
    assert window.keys.isHidden(), "any key closes it"
    window.resize(window.minimumSize())
    window.acts["keys"].trigger()
    bar = sheet.verticalScrollBar()
    wait_for(bar.maximum)
    lowest = max(sheet.page.findChildren(QLabel), key=lambda label: label.geometry().bottom())
    while bar.value() < bar.maximum():
        QTest.keyClick(window.keys, Qt.Key.Key_PageDown)
    assert sheet.viewport().rect().bottom() >= lowest.mapTo(sheet.viewport(), lowest.rect().bottomLeft()).y()
    assert window.keys.isVisible()
    QTest.keyClick(window.keys, Qt.Key.Key_Escape)
    assert window.keys.isHidden()


def test_the_plots_are_brought_by_a_button_in_the_tool_bar(window: MainWindow, wait_for: Wait) -> None:
    assert not window.tool_bar.plots.isEnabled(), "there is nothing to plot yet"
    window.acts["open-sample"].trigger()
    wait_for(window.tool_bar.plots.isEnabled)
    assert window.plots.isHidden()
    window.tool_bar.plots.click()
    assert not window.plots.isHidden()
    assert window.tool_bar.plots.isChecked()


def test_messages_leave_the_legend_in_sight(window: MainWindow, wait_for: Wait) -> None:
    window.resize(1280, 720)
    window.acts["open-sample"].trigger()
    wait_for(window.legend.isVisible)

    def places() -> tuple[QRect, QRect]:
        return window.messages.geometry(), QRect(window.legend.mapTo(window.centre, QPoint()), window.legend.size())

    window.messages.show_message(Message("note", "The last 62 kB are damaged; everything before 0.6 s is intact."))
    assert window.plots.isHidden()
    wait_for(lambda: places()[0].bottom() + 1 == places()[1].top())
    window.acts["plots"].trigger()
    wait_for(lambda: places()[0].bottom() == window.centre.rect().bottom())
    for name in "abc":
        window.messages.show_message(Message(name, "The last 62 kB are damaged; everything before 0.6 s is intact."))
    wait_for(lambda: not places()[0].intersects(places()[1]))
    window.acts["plots"].trigger()
    wait_for(lambda: places()[0].bottom() + 1 == places()[1].top())


def test_the_first_page_shows_its_buttons_whole(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(window.minimumSize())

    def whole() -> bool:
        buttons: list[QAbstractButton] = window.welcome.findChildren(QPushButton)
        return all(
            button.width() >= button.minimumSizeHint().width() and button.height() >= button.minimumSizeHint().height()
            for button in buttons
        )

    qtbot.waitUntil(whole)


def test_a_button_of_the_legend_tells_what_else_is_marked(window: MainWindow) -> None:
    window.legend.more.click()
    assert "measured by sampling" in window.text_page.browser.toPlainText()


def test_what_the_colours_mean_follows_the_theme(window: MainWindow, wait_for: Wait) -> None:
    def swatch() -> QImage:
        kind = QTextDocument.ResourceType.ImageResource.value
        return QImage(window.text_page.browser.document().resource(kind, QUrl("look:0")))

    window.acts["colours"].trigger()
    before = swatch()
    window.acts["theme"].trigger()
    wait_for(lambda: swatch() != before)
