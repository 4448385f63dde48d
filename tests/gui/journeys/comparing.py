"""Compares what a window has drawn with what its model says, pixel column by pixel column."""

import time
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

from engine.model.format import percent
from engine.recording.schema import DEADLOCKED, STATE_MASK, State
from gui.main_window import MainWindow
from gui.theme import Theme
from gui.timeline.pixels.raster import pixel

MOST_COVERED = 0.05  # of the columns, by the letters of labels
PATIENCE_S = 20.0
BETWEEN_MS = 30


def pixels(widget: QWidget) -> np.ndarray:
    """What a widget looks like: uint32 (height, width) in device px."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    whole = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.bytesPerLine() // 4)
    return whole[:, : image.width()].copy()


def wait(milliseconds: int) -> None:
    """Lets the window go on."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def wait_until(holds: Callable[[], object], what: str) -> None:
    """Lets the window go on until something holds. AssertionError when it takes too long."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"never came true: {what}"
        wait(BETWEEN_MS)


def wrong_lanes(window: MainWindow) -> list[str]:
    """What of the lanes is not drawn as the model says; empty when all is well.

    Within a frame's budget some of it may be drawn coarsely, or as it was a moment ago: it has to be right in the end.
    """
    deadline = time.monotonic() + PATIENCE_S
    QApplication.processEvents()
    while (found := differences(window)) and time.monotonic() < deadline:
        wait(BETWEEN_MS)
    return found


def differences(window: MainWindow) -> list[str]:
    """`wrong_lanes` right now."""
    drawn = pixels(window.timeline.canvas)
    canvas, model, theme = window.timeline.canvas, window.bridge.model, window.themes.current
    assert model is not None
    geometry = canvas.geometry_now()
    rows = [geometry.row_of(place) for place in range(geometry.rows_in_view)]
    shown = [(row, canvas.rows.rows[row].lane) for row in rows]
    lanes = [(row, lane) for row, lane in shown if lane is not None]
    if not lanes:
        return ["no lane is in view"]
    numbers = np.array([lane for _, lane in lanes])
    dominant, worst = model.states.codes(numbers, geometry.start_ns, geometry.ns_per_column, geometry.columns)
    left = round(geometry.names_px * geometry.ratio)
    found = []
    for place, (row, lane) in enumerate(lanes):
        top = round((geometry.row_top(row) + geometry.shape.bar_top) * geometry.ratio)
        bottom = min(round((geometry.row_top(row) + geometry.shape.bar_bottom) * geometry.ratio), len(drawn))
        if bottom - top < geometry.shape.bar_px * geometry.ratio - 1:
            continue  # cut off by the lower edge: of what is left a label may cover too much
        bar = drawn[top:bottom, left : left + geometry.columns]
        found += wrong_columns(bar, dominant[place], worst[place], theme, f"lane {model.lane_label(lane)}")
    return found


def wrong_columns(bar: np.ndarray, dominant: np.ndarray, worst: np.ndarray, theme: Theme, name: str) -> list[str]:
    """Columns of one lane's bar (lines, columns) that do not show their state, or show one that is not there."""
    found = []
    states = dominant & STATE_MASK
    hatched = (states == State.UNKNOWN) | (dominant & DEADLOCKED != 0)
    columns = bar.shape[1]
    states, hatched = states[:columns], hatched[:columns]
    for state in State:
        if state in (State.ENDED, State.UNKNOWN):
            continue
        there = (bar == np.uint32(pixel(theme.states[state]))).any(axis=0)
        expected = (states == state) & ~hatched
        allowed = expected | (worst[:columns] & STATE_MASK == state)
        if (extra := there & ~allowed).any():
            found.append(f"{name}: {state.name} at column {int(np.flatnonzero(extra)[0])}, {int(extra.sum())} in all")
        missing = expected & ~there
        if missing.sum() > max(MOST_COVERED * expected.sum(), 3):
            found.append(f"{name}: no {state.name} at {int(missing.sum())} of {int(expected.sum())} columns")
    empty = states == State.ENDED
    lane = np.uint32(pixel(theme.surfaces.lane))
    if (bar[1:-1, empty] != lane).any():
        found.append(f"{name}: something is drawn where it does not live")
    return found


def wrong_legend(window: MainWindow) -> list[str]:
    """Shares in the legend that are not those of the view."""
    model, view = window.bridge.model, window.view
    assert model is not None
    window.legend.count()
    lanes = np.array([lane.id for lane in model.lanes if not lane.internal])
    start, end = max(view.start_ns, model.start_ns), min(view.end_ns, model.end_ns)
    spent = np.zeros(len(State), np.int64)
    for lane in lanes.tolist():  # slice by slice, not as the model adds them up
        at = int(start)
        while at < end:
            some = model.states.slices(lane, at, int(end), 5_000)
            if not len(some.starts):
                break
            lengths = np.minimum(some.ends, int(end)) - np.maximum(some.starts, int(start))
            np.add.at(spent, some.codes & STATE_MASK, np.maximum(lengths, 0))
            at = max(int(some.ends[-1]), at + 1)
    spent[State.ENDED] = 0
    whole = max(int(spent.sum()), 1)
    return [
        f"legend: {state.name} {percent(entry.share or 0.0)}, should be {percent(spent[state] / whole)}"
        for state, entry in window.legend.entries.items()
        if abs((entry.share or 0.0) - spent[state] / whole) > 0.002
    ]
