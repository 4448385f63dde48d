"""What follows a change of the theme, for widgets that are seen and that are not."""

from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gui.theme import ActiveTheme
from gui.widgets.dress_when_seen import DressWhenSeen


def test_hidden_widgets_are_dressed_once_when_they_are_shown(qtbot: QtBot, qapp: QApplication) -> None:
    themes, widget, dressed = ActiveTheme(dark=True), QWidget(), []
    qtbot.addWidget(widget)
    DressWhenSeen(widget, themes, lambda: dressed.append(themes.current.dark))
    themes.choose(dark=False)
    themes.choose(dark=True)
    assert dressed == []
    widget.show()
    assert dressed == [True]
    themes.choose(dark=False)
    assert dressed == [True]  # another event
    qtbot.waitUntil(lambda: dressed == [True, False])
    widget.hide()
    widget.show()
    assert dressed == [True, False]
