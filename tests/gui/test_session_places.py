"""Where everything stood is where it stands the next time, on another screen too."""

from collections.abc import Callable

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QTabBar

from gui.main_window import MainWindow

Wait = Callable[[Callable[[], object]], None]


def stray_bars(window: MainWindow) -> list[QRect]:
    """Bars of tabs in sight that no dock stands below."""
    bars = window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
    docks = [dock.geometry() for dock in window.docks if dock.isVisible() and not dock.isFloating()]
    in_sight = [bar.geometry() for bar in bars if bar.isVisible() and window.rect().intersects(bar.geometry())]
    return [bar for bar in in_sight if not any(abs(dock.top() - bar.bottom()) <= 2 for dock in docks)]


def test_panels_that_floated_float_again_and_leave_nothing_behind(
    open_window: Callable[[], MainWindow], wait_for: Wait
) -> None:
    first = open_window()
    for name in ("details", "statistics"):
        first.docks[name].setFloating(True)
    wait_for(first.docks["statistics"].isVisible)
    first.close()
    assert not first.docks["statistics"].isVisible()
    window = open_window()
    wait_for(lambda: all(window.docks[name].isVisible() for name in ("details", "statistics")))
    assert [dock.windowTitle() for dock in window.docks if dock.isFloating()] == ["Details", "Statistics"]
    assert stray_bars(window) == []
    for name in ("details", "statistics"):
        window.docks[name].setFloating(False)
    assert window.tabifiedDockWidgets(window.docks["findings"])
    assert stray_bars(window) == []


def test_a_window_that_was_larger_than_the_screen_fits_on_it_with_its_frame(
    open_window: Callable[[], MainWindow],
) -> None:
    first = open_window()
    room = first.screen().availableGeometry()
    first.setGeometry(room.adjusted(0, 0, 400, 300))
    first.close()
    again = MainWindow(first.settings, first.themes)
    try:
        assert again.height() < room.height()
    finally:
        again.close_at_once()
        again.deleteLater()
