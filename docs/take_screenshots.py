"""Takes the screenshots in docs/ from today's window: `.venv/bin/python -m docs.take_screenshots`.

The window is the real one without a screen, the runs are real ones; nothing of the user's settings is read or changed.
"""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.model.model import Model
    from gui.main_window import MainWindow

FOLDER = Path(__file__).parent
SIZE = (1600, 960)
PATIENCE_S = 60.0


def main() -> None:
    """Writes the pictures."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["LANESCOPE_HOME"] = home
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        from gui.app import make_application, make_theme
        from gui.main_window import MainWindow
        from gui.settings import Settings

        application = make_application()
        settings = Settings()
        window = MainWindow(settings, make_theme(settings, application))
        studio = Studio(window, application.processEvents)
        studio.take("first-launch.png")
        show_comparison(studio)
        show_contention(studio)
        show_search(studio)
        show_deadlock(studio)
        window.close()


class Studio:
    """A window, and the patience to take pictures of it."""

    def __init__(self, window: "MainWindow", go_on: Callable[[], object]) -> None:
        """`go_on` has the window do what there is to do."""
        self.window = window
        self._go_on = go_on
        window.resize(*SIZE)
        window.show()

    @property
    def model(self) -> "Model":
        assert self.window.bridge.model is not None
        return self.window.bridge.model

    def wait(self, holds: Callable[[], object], least_s: float = 0.0, patience_s: float = PATIENCE_S) -> None:
        """Until something holds; SystemExit when it takes too long."""
        begun = time.monotonic()
        while time.monotonic() - begun < least_s or not holds():
            self._go_on()
            time.sleep(0.005)
            if time.monotonic() - begun > patience_s:
                raise SystemExit("the window did not come so far")

    def take(self, name: str) -> None:
        self.wait(lambda: True, 1.0)
        self.window.grab().save(str(FOLDER / name))


def show_comparison(studio: Studio) -> None:
    """Pure-Python work on four backends, with one, two and four workers."""
    window, page = studio.window, studio.window.comparison
    window.configuration.choose("cpu_under_gil")
    window.acts["compare"].trigger()
    for name, box in page.choices.backends.items():
        box.setChecked(name in {"serial", "threads", "processes", "process-executor"})
    page.choices.workers.setText("1, 2, 4")
    page.choices.repeats.setValue(2)
    page.start.click()
    studio.wait(lambda: window.comparison_bridge.running)
    studio.wait(lambda: not window.comparison_bridge.running, patience_s=10 * PATIENCE_S)
    studio.take("compare.png")
    window.acts["compare"].trigger()


def show_contention(studio: Studio) -> None:
    """160 ms of workers around one lock, a wait in their middle selected."""
    window = studio.window
    window.configuration.choose("lock_contention")
    window.acts["run"].trigger()
    studio.wait(lambda: window.bridge.running)
    studio.wait(lambda: not window.bridge.running)
    lane = next(lane for lane in studio.model.lanes if lane.name == "worker-2")
    middle = (lane.start_ns + (lane.end_ns or studio.model.end_ns)) // 2
    window.view.show(middle - 80_000_000, middle + 80_000_000)
    studio.wait(lambda: True, 0.5)
    chosen = studio.model.states.slice_at(lane.id, middle)
    assert chosen is not None
    window.selection.select_slice(chosen)
    window.docks.bring_up("locks")
    studio.take("lock-contention.png")


def show_search(studio: Studio) -> None:
    """Hits on the lanes of the same run, the third of them selected, and a note."""
    window, model = studio.window, studio.model
    at = (model.start_ns + model.end_ns) // 2
    window.view.show(at - 300_000_000, at + 300_000_000)
    window.bridge.put_bookmark({"id": 1, "time_ns": at, "end_ns": None, "lane": None, "text": "half of it is done"})
    window.search_bar.search_for("state:lock wait, thread:worker-2, thread:worker-3, longer:12ms")
    studio.wait(lambda: window.search.active and not window.search.busy and model.bookmarks)
    for _ in range(3):
        window.places.step(1)
    window.docks.bring_up("bookmarks")
    studio.take("search.png")
    window.search_bar.close_search()


def show_deadlock(studio: Studio) -> None:
    """The deadlock while it lasts, in both themes."""
    window = studio.window
    window.acts["deadlock"].trigger()
    studio.wait(window.banner.isVisible, 3.0)
    window.docks.bring_up("findings")
    studio.take("deadlock.png")
    window.themes.choose(dark=False)
    studio.take("deadlock-light.png")
    window.bridge.stop()
    studio.wait(lambda: not window.bridge.running)


if __name__ == "__main__":
    main()
