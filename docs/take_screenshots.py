"""Takes the screenshots in docs/ from today's window: `.venv/bin/python -m docs.take_screenshots`.

The window is the real one without a screen, the runs are real ones; nothing of the user's settings is read or changed.
"""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

FOLDER = Path(__file__).parent
SIZE = (1600, 960)
PATIENCE_S = 30.0


def main() -> None:
    """Writes the pictures."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["LANESCOPE_HOME"] = home
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        take_all()


def take_all() -> None:
    from gui.app import make_application, make_theme
    from gui.main_window import MainWindow
    from gui.settings import Settings

    application = make_application()
    settings = Settings()
    themes = make_theme(settings, application)
    window = MainWindow(settings, themes)
    window.resize(*SIZE)
    window.show()

    def wait(holds: Callable[[], object], least_s: float = 0.0) -> None:
        begun = time.monotonic()
        while time.monotonic() - begun < least_s or not holds():
            application.processEvents()
            time.sleep(0.005)
            if time.monotonic() - begun > PATIENCE_S:
                raise SystemExit("the window did not come so far")

    def take(name: str) -> None:
        wait(lambda: True, 1.0)
        window.grab().save(str(FOLDER / name))

    def run(scenario: str) -> None:
        window.configuration.choose(scenario)
        window.acts["run"].trigger()
        wait(lambda: window.bridge.running)

    take("first-launch.png")

    run("lock_contention")
    wait(lambda: not window.bridge.running)
    model = window.bridge.model
    assert model is not None
    window.view.show(model.start_ns + 800_000_000, model.start_ns + 960_000_000)
    wait(lambda: True, 0.5)
    lane = next(lane.id for lane in model.lanes if lane.name == "worker-2")
    chosen = model.states.slice_at(lane, model.start_ns + 880_000_000)
    assert chosen is not None
    window.selection.select_slice(chosen)
    window.docks.bring_up("locks")
    take("lock-contention.png")

    window.acts["deadlock"].trigger()
    wait(window.banner.isVisible, 3.0)
    take("deadlock.png")
    themes.choose(dark=False)
    take("deadlock-light.png")
    window.bridge.stop()
    wait(lambda: not window.bridge.running)
    window.close()


if __name__ == "__main__":
    main()
