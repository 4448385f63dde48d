"""How long it takes from the start of the process until the whole window is painted. Prints JSON; times in ms.

    python -m benchmarks.start_up [--slices 10000000] [--lanes 64] [--recording FILE] [--rounds 5]

Each round starts main.py, main.py with a recording, and a bare application: PySide6, QApplication and one opaque widget
of the same size. `wall` is from before the process is started, `cpu` what it used of all cores until then; both are
medians. `bare` in a result is its ratio to the bare application's median. Bytecode is compiled before the first round.
FILE is made when it does not exist, and kept.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from benchmarks.machine import report

SCREEN = {"name": "screen", "x": 0, "y": 0, "width": 1920, "height": 1080, "dpr": 1, "logicalDpi": 96}
MODULE = "benchmarks.start_up"


def measure(recording: Path, rounds: int) -> dict[str, Any]:
    """Medians of all three kinds of start, taken in turn."""
    kinds = {"bare_application": ["--bare"], "main": ["--child"], "main_open": ["--child", "open", str(recording)]}
    with tempfile.TemporaryDirectory() as folder:
        start = partial(_start, environment=_environment(Path(folder)))
        found: dict[str, list[dict[str, float]]] = {kind: [] for kind in kinds}
        for command in kinds.values():
            start(command)
        for _ in range(rounds):
            for kind, command in kinds.items():
                found[kind].append(start(command))
    medians = {
        kind: {name: round(median(each[name] for each in runs), 1) for name in ("wall", "cpu")}
        for kind, runs in found.items()
    }
    bare = medians["bare_application"]
    for own in medians.values():
        own["bare"] = round(own["cpu"] / bare["cpu"], 2)
    return {"rounds": rounds, **medians, "best_wall": {kind: _best(runs) for kind, runs in found.items()}}


def _best(runs: list[dict[str, float]]) -> float:
    return round(min(each["wall"] for each in runs), 1)


def _environment(folder: Path) -> dict[str, str]:
    """A display of 1920×1080 where there is none, settings of their own, and bytecode kept as it is for users."""
    screens = folder / "screens.json"
    screens.write_text(json.dumps({"screens": [SCREEN]}), encoding="utf-8")
    own = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    own.setdefault("QT_QPA_PLATFORM", f"offscreen:configfile={screens}")
    return {**own, "LANESCOPE_HOME": str(folder)}


def _start(command: list[str], environment: dict[str, str]) -> dict[str, float]:
    begun = time.time()
    process = subprocess.run(
        [sys.executable, "-m", MODULE, *command], check=True, env=environment, stdout=subprocess.PIPE, text=True
    )
    painted = json.loads(process.stdout)
    return {"wall": (painted["at"] - begun) * 1000, "cpu": painted["cpu"] * 1000}


def _say_painted() -> None:
    json.dump({"at": time.time(), "cpu": time.process_time()}, sys.stdout)


def bare() -> None:
    """One opaque widget."""
    from PySide6.QtCore import Qt, QTimer
    from PySide6.QtGui import QPainter, QPaintEvent
    from PySide6.QtWidgets import QApplication, QWidget

    class Opaque(QWidget):
        def paintEvent(self, _event: QPaintEvent) -> None:
            QPainter(self).fillRect(self.rect(), Qt.GlobalColor.black)
            QTimer.singleShot(0, application.quit)

    application = QApplication([])
    widget = Opaque()
    widget.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
    widget.resize(1600, 960)
    widget.show()
    application.exec()
    _say_painted()


def child(arguments: list[str]) -> int:
    """main.py, until its window has been painted with what it is to show."""
    from engine import commands

    open_window = commands.open_window

    def watched(of_window: list[str]) -> int:
        import gc

        gc.disable()  # as main.py does while it imports
        from gui import app

        _leave_when_painted(app, recording="open" in of_window)
        return open_window(of_window)

    with patch.object(commands, "open_window", watched):
        return commands.main(arguments)


def _leave_when_painted(app: Any, *, recording: bool) -> None:
    """The first page, or the timeline with a recording, has been painted, and with it the whole window.

    Paints of a window are one event: what a timer of no delay does comes after all of them.
    """
    from PySide6.QtCore import QEvent, QObject, QTimer
    from PySide6.QtWidgets import QApplication

    class Watched(app.MainWindow):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            self._painted = False
            (self.timeline.canvas if recording else self.welcome).installEventFilter(self)

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            shown = not recording or self.bridge.model is not None
            if shown and event.type() is QEvent.Type.Paint and not self._painted:
                self._painted = True
                QTimer.singleShot(0, self._leave)
            return bool(super().eventFilter(watched, event))

        def _leave(self) -> None:
            _say_painted()
            sys.stdout.flush()
            QApplication.quit()

    app.MainWindow = Watched


def main() -> None:
    """Measures and prints."""
    if sys.argv[1:2] == ["--child"]:
        sys.exit(child(sys.argv[2:]))
    if sys.argv[1:] == ["--bare"]:
        bare()
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slices", type=int, default=10_000_000)
    parser.add_argument("--lanes", type=int, default=64)
    parser.add_argument("--recording", type=Path, metavar="FILE")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        recording = options.recording or Path(folder, "synthetic.lane")
        if not recording.exists():
            from engine.recording.synthetic import write_synthetic

            write_synthetic(recording, slices=options.slices, lanes=options.lanes)
        report({"slices": options.slices, **measure(recording, options.rounds)})


if __name__ == "__main__":
    main()
