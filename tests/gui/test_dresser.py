"""A change of theme reaches every widget: what can be seen at once and before anything else."""

from collections.abc import Callable

from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gui.dresser import Dresser
from gui.main_window import MainWindow
from gui.theme import ActiveTheme, Theme, make_theme


def make_window(qtbot: QtBot) -> tuple[QWidget, QPushButton, QPushButton]:
    """A window with one button that can be seen and one that cannot."""
    window = QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    seen, hidden = QPushButton(window), QPushButton(window)
    for button in (seen, hidden):
        layout.addWidget(button)
    window.resize(200, 120)
    window.show()
    qtbot.waitExposed(window)
    hidden.hide()
    return window, seen, hidden


def ground(widget: QWidget) -> str:
    """The colour in the middle of a widget."""
    return widget.grab().toImage().pixelColor(widget.rect().center()).name()


def test_what_is_seen_changes_at_once_and_the_rest_follows(qtbot: QtBot, qapp: QApplication) -> None:
    themes = ActiveTheme(dark=True)
    slow = iter(range(1_000_000))
    dresser = Dresser(qapp, themes, thread_time=lambda: next(slow))  # so that a step is one widget
    window, seen, hidden = make_window(qtbot)
    dark, light = make_theme(dark=True), make_theme(dark=False)
    assert ground(seen) == ground(hidden) == dark.surfaces.raised
    themes.choose(dark=False)
    assert not window.updatesEnabled()
    step_until(dresser, window.updatesEnabled)
    assert ground(seen) == light.surfaces.raised
    assert dresser.busy
    step_until(dresser, lambda: not dresser.busy)
    assert ground(hidden) == light.surfaces.raised


def test_a_second_change_overtakes_the_first(qtbot: QtBot, qapp: QApplication) -> None:
    themes = ActiveTheme(dark=True)
    dresser = Dresser(qapp, themes)
    window, seen, hidden = make_window(qtbot)
    themes.choose(dark=False)
    dresser.step()
    hidden.deleteLater()
    themes.choose(dark=True)
    qtbot.waitUntil(lambda: not dresser.busy)
    assert window.updatesEnabled()
    assert ground(seen) == make_theme(dark=True).surfaces.raised


def test_what_is_made_later_has_the_new_colours(qtbot: QtBot, qapp: QApplication) -> None:
    themes = ActiveTheme(dark=True)
    dresser = Dresser(qapp, themes)
    themes.choose(dark=False)
    qtbot.waitUntil(lambda: not dresser.busy)
    label = QLabel("x")
    qtbot.addWidget(label)
    label.setProperty("role", "warning")
    label.ensurePolished()
    assert label.palette().windowText().color().name() == themes.current.surfaces.warning


def test_a_mark_can_be_told_from_its_ground(qtbot: QtBot, qapp: QApplication) -> None:
    themes = ActiveTheme(dark=True)
    dresser = Dresser(qapp, themes)
    box = QCheckBox()
    qtbot.addWidget(box)
    box.setChecked(True)
    box.show()
    for dark in (False, True):
        themes.choose(dark=dark)
        qtbot.waitUntil(lambda: not dresser.busy)
        assert mark_stands_out(box, themes.current)


def mark_stands_out(box: QCheckBox, theme: Theme) -> bool:
    """Whether some of the box is accent and some of it as far from that as text upon it."""
    picture = box.grab().toImage()
    grays = {picture.pixelColor(x, y).lightness() for x in range(2, 16) for y in range(picture.height())}
    accent = theme.color("accent").lightness()
    return accent in grays and max(abs(gray - accent) for gray in grays) > 90


def step_until(dresser: Dresser, done: Callable[[], bool]) -> None:
    for _ in range(100_000):
        if done():
            return
        dresser.step()
    raise AssertionError("the dresser never came to an end")


def test_links_take_on_the_new_colour(qtbot: QtBot, open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    window.themes.choose(dark=True)
    window.findings._html = "<a href='lane:0'>worker-1</a>"
    window.themes.choose(dark=False)
    qtbot.waitUntil(lambda: window.themes.current.surfaces.accent in window.findings.text.toHtml())
