"""Pieces of work on the window's thread while a recording is opened and looked at. Prints JSON; ms of thread CPU.

    python -m benchmarks.window_work [--slices 1000000] [--lanes 64] [--recording FILE] [--frames N] [--only WORDS]
                                     [--parts]

Everything a user does is done once, from opening a recording on; for each action the worst piece of work is told, with
`--parts` (which makes pieces dearer) also the widgets that took most of it. `all` is every piece after the start,
`session` the share of long ones in ten minutes of use with the mix of actions that stands in SESSION. Both are also
told at the reference pace (benchmarks/pace.py); the machine was `times_reference` slower than that. FILE is made when
it does not exist, and kept.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from unittest.mock import patch

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("NUMPY_MADVISE_HUGEPAGE", "0")  # as gui/__init__.py does it
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication

from benchmarks.machine import report
from benchmarks.pieces import Application
from engine.recording.synthetic import write_synthetic
from gui.app import make_theme, spare_the_window
from gui.bridges.interpreter_list import InterpreterList
from gui.main_window import MainWindow
from gui.settings import Settings
from gui.state.filters import Sort
from gui.theme import StatePalette
from gui.widgets.row_table import RowTable
from gui.window.overlays.overlay import Overlay

PATIENCE_S = 300.0
SIZE = QSize(1920, 1080)
START = "start"
TABLES = ("findings", "locks", "workers", "output", "statistics", "bookmarks", "wait-for", "source", "details")
# What a reader is thought to do in ten minutes with a recording: how the names of actions begin, and how often. `all`
# has rare actions about as often as frequent ones. Steps of zoom, pan, scroll and resize are single movements.
SESSION = {
    "opening": 1, "panel": 30, "zoom": 600, "pan": 1800, "undo": 20, "scroll": 600, "filter": 20, "sort": 6, "fit": 10,
    "statistics": 20, "clear": 20, "select": 60, "light": 10, "open search": 5, "search": 60, "next hit": 30,
    "close search": 5, "copy": 4, "theme": 1, "palette": 1, "resize": 30, "float": 1, "hide": 4, "reset": 0.1,
    "dialog": 6, "compare": 2,
}  # fmt: skip
Action = tuple[str, Callable[[], object]]


def frames(application: Application, window: MainWindow, count: int) -> None:
    """Lets the frame clock tick so often."""
    for _ in range(count):
        window.clock.wake()
        time.sleep(window.clock.interval_ms / 1000)
        application.processEvents()


def actions(window: MainWindow, steps: int) -> Iterator[Action]:
    """What a reader does, one small step after another; steps of one name are counted together."""
    for name in TABLES:
        yield f"panel {name}", lambda name=name: window.docks.bring_up(name)  # type: ignore[misc]
    view, filters = window.view, window.filters
    for _ in range(steps):
        yield "zoom", lambda: view.zoom(0.9)
    for _ in range(steps):
        yield "pan", lambda: view.pan(view.span_ns / 9)
    for _ in range(min(steps, 20)):
        yield "undo of navigation", view.go_back
    for row in range(0, steps, 2):
        yield "scroll", lambda row=row: window.timeline.canvas.scroll_to(row)  # type: ignore[misc]
    for text in ("w", "wo", "wor", "worker-1", ""):
        yield "filter", lambda text=text: filters.set_text(text)  # type: ignore[misc]
    for sort in Sort:
        yield "sort", lambda sort=sort: filters.set_sort(sort)  # type: ignore[misc]
    yield "fit all", view.fit_all
    yield from _selecting(window)
    yield from _searching(window)
    yield from _copying(window)
    yield from _looks(window)
    yield from _dialogs(window)


def _selecting(window: MainWindow) -> Iterator[Action]:
    model, view = window.bridge.model, window.view
    assert model is not None
    window.docks.bring_up("statistics")
    quarter = view.span_ns / 4
    yield "statistics of a span", lambda: window.selection.select_span(view.start_ns + quarter, view.end_ns - quarter)
    yield "clear selection", window.selection.clear
    middle = int(view.start_ns + view.span_ns / 2)
    for lane in [each.id for each in model.lanes][:8]:
        chosen = model.states.slice_at(lane, middle)
        if chosen is not None:
            yield "select a slice", lambda chosen=chosen: window.navigation.show_slice(chosen)  # type: ignore[misc]
    for primitive in list(model.primitives)[:4]:
        yield "light up a lock", lambda primitive=primitive: window.navigation.show_primitive(primitive)  # type: ignore[misc]
    for name, table in (("statistics", window.statistics), ("workers", window.workers), ("locks", window.locks)):
        window.docks.bring_up(name)
        view_ = next(iter(table.findChildren(RowTable)))
        for column in range(min(4, len(view_.row_model.columns))):
            yield f"sort {name}", partial(view_.sortByColumn, column, Qt.SortOrder.DescendingOrder)


def _searching(window: MainWindow) -> Iterator[Action]:
    yield "open search", window.acts["search"].trigger
    for text in ("state:lock wait", "worker-1, longer:1ms"):
        yield "search", lambda text=text: window.search_bar.line.setText(text)  # type: ignore[misc]
        yield "search", lambda text=text: window.search_bar.line.textEdited.emit(text)  # type: ignore[misc]
        for _ in range(10):  # it begins when nothing has been typed for a while
            yield "search", lambda: None
    for _ in range(5):
        yield "next hit", window.acts["next-hit"].trigger
    yield "close search", window.search_bar.close_search


def _copying(window: MainWindow) -> Iterator[Action]:
    model = window.bridge.model
    assert model is not None
    window.selection.clear()
    yield "copy times of the view", window.acts["copy"].trigger
    yield "copy picture", window.acts["copy-picture"].trigger
    for _ in range(4):  # it is encoded meanwhile
        yield "copy picture", lambda: None
    yield "select what is in view", window.acts["select-view"].trigger
    yield "copy picture of a span", window.acts["copy-picture"].trigger
    for _ in range(4):
        yield "copy picture of a span", lambda: None
    window.selection.clear()
    window.view.fit_all()
    window.selection.select_lane(model.lanes[-1].id)
    yield "copy slices of a lane", window.acts["copy"].trigger
    for _ in range(10):
        yield "copy slices of a lane", lambda: None
    window.selection.clear()


def _looks(window: MainWindow) -> Iterator[Action]:
    for dark in (False, True):
        yield "theme", lambda dark=dark: window.themes.choose(dark=dark)  # type: ignore[misc]
    for palette in reversed(StatePalette):
        yield "palette", lambda palette=palette: window.themes.choose(palette=palette)  # type: ignore[misc]
    for step in range(8):
        yield "resize", lambda step=step: window.resize(SIZE.width() - 80 * step, SIZE.height() - 40 * step)  # type: ignore[misc]
    yield "resize", lambda: window.resize(SIZE)
    for floating in (True, False):
        yield "float a dock", lambda floating=floating: window.docks["details"].setFloating(floating)  # type: ignore[misc]
    for _ in range(2):
        yield "hide or show a dock", window.docks["workload"].toggleViewAction().trigger
        yield "hide or show the plots", window.acts["plots"].trigger
    yield "reset layout", window.acts["reset-layout"].trigger


def _dialogs(window: MainWindow) -> Iterator[Action]:
    for name in ("preferences", "palette", "keys", "guide", "colours", "find-lane", "run-program"):
        yield f"dialog {name}", window.acts[name].trigger
        shown = [each for each in window.findChildren(Overlay) if each.isVisible()]
        yield f"dialog {name}", partial(_dismiss, shown)
    for _ in range(2):
        yield "compare", window.acts["compare"].trigger


def _dismiss(overlays: list[Overlay]) -> None:
    for each in overlays:
        each.dismiss()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slices", type=int, default=1_000_000)
    parser.add_argument("--lanes", type=int, default=64)
    parser.add_argument("--recording", type=Path, metavar="FILE")
    parser.add_argument("--frames", type=int, default=4, help="that follow each step")
    parser.add_argument("--steps", type=int, default=40, help="of zoom and pan")
    parser.add_argument("--only", default="", help="actions whose names have this in them; opening is always done")
    parser.add_argument("--parts", action="store_true", help="tell what the longest pieces consist of")
    arguments = parser.parse_args()
    application = Application(parts=arguments.parts)
    # Interpreters would each be started.
    with tempfile.TemporaryDirectory() as folder, patch.object(InterpreterList, "find"):
        os.environ["LANESCOPE_HOME"] = folder
        recording = arguments.recording or Path(folder, "synthetic.lane")
        if not recording.exists():
            write_synthetic(recording, slices=arguments.slices, lanes=arguments.lanes)
        settings = Settings()
        window = MainWindow(settings, make_theme(settings, application))
        window.resize(SIZE)
        window.show()
        frames(application, window, 60)  # until the plots are there
        spare_the_window()
        application.act("opening", lambda: window.open(recording))
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            frames(application, window, 5)
            model = window.bridge.model
            if model is not None and model.finished:
                break
        for name, step in actions(window, arguments.steps):
            if arguments.only in name:
                application.act(name, step)
                frames(application, window, arguments.frames)
        application.doing = START
        window.close_at_once()
        QGuiApplication.clipboard().clear()  # else Qt crashes at the end, when there is no screen
    found = {name: figures for name, figures in application.statistics().items() if name != START}
    worst_first = dict(sorted(found.items(), key=lambda each: -each[1]["worst_ms"]))
    report(
        {
            "times_reference": application.times_reference,
            "all": application.all_pieces(but=START),
            "session": application.session(SESSION),
            **worst_first,
        }
    )


if __name__ == "__main__":
    main()
