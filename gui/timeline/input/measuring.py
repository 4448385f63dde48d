"""Measuring: where a ruler's ends snap to, and what pointer and keys do to it."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF

from engine.model.format import duration
from gui.state.measure import Mark

if TYPE_CHECKING:
    from gui.timeline.canvas import Canvas

SNAP_PX = 8


def mark_at(canvas: "Canvas", position: QPointF) -> Mark:
    """The mark at a position: the nearest edge of slice or hold there, if it is near; else just the time."""
    geometry, hit = canvas.geometry_now(), canvas.hit_at(position)
    time_ns = geometry.scale.time(min(max(position.x(), geometry.names_px), geometry.width))
    edges: list[float] = []
    for item in (hit.hold, hit.slice):
        if item is not None:
            edges += [item.start_ns] if item.open else [item.start_ns, item.end_ns]
    nearest = min(edges, key=lambda edge: abs(edge - time_ns), default=None)
    if nearest is None or abs(geometry.scale.x(nearest) - position.x()) > SNAP_PX:
        return Mark(time_ns, hit.lane)
    return Mark(nearest, hit.lane, edge=True)


def measure_step(canvas: "Canvas") -> None:
    """Begins a ruler, or ends the one that was begun: at the pointer, else along the selected slice."""
    measure, pointer, chosen = canvas.measure, canvas.pointer, canvas.selection.slice
    if measure.open:
        measure.finish()
    elif pointer is not None and canvas.hit.time_ns is not None:
        measure.begin(mark_at(canvas, pointer))
    elif chosen is not None:
        measure.begin(Mark(chosen.start_ns, chosen.lane, edge=True))
        measure.move(Mark(chosen.end_ns, chosen.lane, edge=True))
    else:
        canvas.remarked.emit("Point at the lanes or select a slice first: M measures from there.")


def measured_words(canvas: "Canvas") -> str:
    """A ruler that is complete, in words; nothing while it is drawn or there is none."""
    measure, model = canvas.measure, canvas.model
    if measure.marks is None or measure.open or model is None:
        return ""
    first, last = sorted(mark.time_ns for mark in measure.marks)
    times, resolution = canvas.times(model), canvas.geometry_now().scale.ns_per_px / 10
    return f"Measured {duration(last - first)}, from {times.text(first, resolution)} to {times.text(last, resolution)}."


def follow_slice(canvas: "Canvas") -> None:
    """A slice was stepped to by keys: a ruler that was begun reaches to its end now."""
    chosen = canvas.selection.slice
    if chosen is not None and canvas.measure.open:
        canvas.measure.move(Mark(chosen.end_ns, chosen.lane, edge=True))
