"""Pieces of work on the window's thread while a recording is opened and looked at. Prints JSON; ms of thread CPU.

    python -m benchmarks.window_work [--slices 1000000] [--lanes 64] [--frames N]

A piece of work is the handling of one event, from outside in: a tick of the frame clock, a paint of the whole window,
a key. Those of more than LONG_MS are listed by the object they went to and, for ticks, by what was going on.
"""

import argparse
import os
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
import numpy as np
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication

from benchmarks.machine import report
from engine.recording.synthetic import write_synthetic
from gui.app import make_theme
from gui.interpreter_list import InterpreterList
from gui.main_window import MainWindow
from gui.settings import Settings

LONG_MS = 8.0
PATIENCE_S = 300.0


class Application(QApplication):
    """Measures how long each event keeps the thread."""

    doing = "start"
    depth = 0

    def __init__(self) -> None:
        super().__init__([])
        self.costs: dict[str, list[float]] = defaultdict(list)
        self.long: Counter[str] = Counter()

    def notify(self, receiver: QObject, event: QEvent) -> bool:
        if self.depth:
            return super().notify(receiver, event)
        self.depth += 1
        kind = f"{self.doing}: {type(receiver).__name__} {event.type().name}"
        begun = time.thread_time()
        try:
            return super().notify(receiver, event)
        finally:
            took = (time.thread_time() - begun) * 1000
            self.depth -= 1
            self.costs[self.doing].append(took)
            if took > LONG_MS:
                self.long[f"{kind} {2 ** int(np.log2(took))} ms or more"] += 1


def frames(application: Application, window: MainWindow, count: int) -> None:
    """Lets the frame clock tick so often."""
    for _ in range(count):
        window.clock.wake()
        time.sleep(window.clock.interval_ms / 1000)
        application.processEvents()


def look_around(application: Application, window: MainWindow, count: int) -> None:
    """What a reader does: every panel, zoom, pan, scroll, filter."""
    for name in ("findings", "locks", "workers", "output", "statistics", "wait-for"):
        application.doing = f"panel {name}"
        window.docks.bring_up(name)
        frames(application, window, count // 6)
    view = window.view
    gestures: dict[str, Callable[[], object]] = {
        "zoom": lambda: view.zoom(0.9),
        "pan": lambda: view.pan(view.span_ns / 9),
    }
    for name, step in gestures.items():
        application.doing = name
        for _ in range(count):
            step()
            frames(application, window, 1)
    application.doing = "scroll"
    for row in range(0, count, 2):
        window.timeline.canvas.scroll_to(row)
        frames(application, window, 1)
    application.doing = "filter"
    for text in ("w", "wo", "wor", "worker-1", ""):
        window.filters.set_text(text)
        frames(application, window, count // 8)
    application.doing = "whole"
    window.view.fit_all()
    frames(application, window, count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slices", type=int, default=1_000_000)
    parser.add_argument("--lanes", type=int, default=64)
    parser.add_argument("--frames", type=int, default=60, help="of each kind of doing")
    arguments = parser.parse_args()
    application = Application()
    # Interpreters would each be started.
    with tempfile.TemporaryDirectory() as folder, patch.object(InterpreterList, "find"):
        os.environ["LANESCOPE_HOME"] = folder
        recording = Path(folder, "synthetic.lane")
        write_synthetic(recording, slices=arguments.slices, lanes=arguments.lanes)
        settings = Settings()
        window = MainWindow(settings, make_theme(settings, application))
        window.resize(1920, 1080)
        window.show()
        frames(application, window, 10)
        application.doing = "opening"
        window.open(recording)
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            frames(application, window, 5)
            model = window.bridge.model
            if model is not None and model.finished:
                break
        look_around(application, window, arguments.frames)
        window.close_at_once()
    pieces = {name: costs for name, costs in application.costs.items() if name != "start"}
    report(
        {
            name: {
                "pieces": len(costs),
                "p99_9_ms": round(float(np.percentile(costs, 99.9)), 2),
                "worst_ms": round(max(costs), 2),
                "long_percent": round(sum(cost > LONG_MS for cost in costs) / len(costs) * 100, 3),
            }
            for name, costs in pieces.items()
        }
        | {"long": dict(application.long.most_common(30))}
    )


if __name__ == "__main__":
    main()
