"""A user's way through a recording, in the real window: at every stop what is drawn is compared with the model.

    python -m tests.gui.journeys.journey FILE WIDTH HEIGHT

prints what was wrong as JSON; the scale factor is QT_SCALE_FACTOR's.
"""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.recording.schema import State
from gui.app import make_theme
from gui.bridges.interpreter_list import InterpreterList
from gui.main_window import MainWindow
from gui.settings import Settings
from gui.theme import StatePalette
from tests.gui.journeys.comparing import pixels, wait_until, wrong_lanes, wrong_legend

Key = Qt.Key
Stop = tuple[str, list[str]]


def travel(window: MainWindow, recording: Path) -> Iterator[Stop]:
    """The stops by name, each with what was wrong there."""
    window.open(recording)
    wait_until(lambda: window.bridge.model is not None and window.bridge.model.finished, "the recording is read")
    canvas = window.timeline.canvas
    wait_until(canvas.isVisible, "its page stands")
    press: Callable[[Key], None] = lambda key: QTest.keyClick(canvas, key)  # noqa: E731
    model = window.bridge.model
    assert model is not None
    canvas.setFocus()
    window.clock.tick()
    yield "opened", wrong_lanes(window) + wrong_legend(window)
    for number in range(8):
        press(Key.Key_W)
        if number % 3 == 2:
            press(Key.Key_D)
    yield "zoomed in by keys", wrong_lanes(window) + wrong_legend(window)
    for _ in range(3):
        press(Key.Key_A)
    yield "panned", wrong_lanes(window)
    middle, length = (model.start_ns + model.end_ns) / 2, model.end_ns - model.start_ns
    for name, span in (("a tenth", length / 10), ("a thousandth", length / 1000), ("a microsecond", 1000.0)):
        window.view.show(middle - span / 2, middle + span / 2)
        yield f"jumped to {name}", wrong_lanes(window)
    window.view.go_back()
    yield "gone back", wrong_lanes(window)
    press(Key.Key_Home)
    yield "all of it again", wrong_lanes(window) + wrong_legend(window)
    yield "searched", search(window)
    window.selection.clear()
    press(Key.Key_Home)
    window.filters.show_states([State.RUNNING])
    pixels(canvas)
    window.filters.show_states(())
    yield "filtered and back", wrong_lanes(window)
    window.themes.choose(dark=False, palette=StatePalette.COLOUR_BLIND)
    yield "in other colours", wrong_lanes(window)
    window.resize(window.width() - 141, window.height() - 57)
    yield "in a smaller window", wrong_lanes(window)


def search(window: MainWindow) -> list[str]:
    """Searches, steps through some hits, and compares what is selected with what was asked for."""
    found = []
    window.search_bar.search_for("state:lock wait, longer:50us")
    wait_until(lambda: window.search.active and not window.search.busy, "the search is over")
    last = -1
    for _ in range(5):
        QTest.keyClick(window.search_bar.line, Key.Key_Return)
        chosen = window.selection.slice
        if chosen is None:
            return [*found, "no hit was selected"]
        if chosen.state is not State.LOCK_WAIT or chosen.duration_ns < 50_000:
            found.append(f"a hit that is none: {chosen}")
        if chosen.start_ns < last:
            found.append("hits out of order")
        last = chosen.start_ns
        if not window.view.start_ns <= chosen.start_ns <= window.view.end_ns:
            found.append("a hit out of sight")
    window.search_bar.close_search()
    return found


def open_window(width: int, height: int) -> MainWindow:
    """A window of this size, on settings of its own."""
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    settings = Settings()
    window = MainWindow(settings, make_theme(settings, application))
    window.resize(width, height)
    window.show()
    QTest.qWaitForWindowExposed(window)
    return window


def main() -> None:
    """See the module's description."""
    recording, width, height = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    InterpreterList.find = lambda _self, _projects: None  # type: ignore[method-assign]
    application = QApplication([])
    window = open_window(width, height)
    wrong = {stop: faults for stop, faults in travel(window, recording) if faults}
    print(json.dumps({"ratio": window.devicePixelRatioF(), "wrong": wrong}))
    window.close()
    window.deleteLater()
    application.processEvents()


if __name__ == "__main__":
    main()
