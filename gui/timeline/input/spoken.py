"""What is selected on the timeline, in words for assistive technology: told when it changes, found when asked for."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from engine.model.format import duration
from engine.model.model import Model
from engine.recording.schema import State
from gui.state.selection import Selection
from gui.state.view_window import ViewWindow
from gui.timeline.input.hover import state_text
from gui.timeline.layout.time_base import TimeBase
from gui.widgets.assistive import announce

RESOLUTION_NS = 1e5
STEPS = 100  # of the view, so finely its start is told
NOTHING = "Nothing selected"


def spoken(model: Model | None, selection: Selection, times: Callable[[Model], TimeBase], span_note: str = "") -> str:
    """One sentence: `worker-1: lock wait for Lock accounts (bank.py:12), 8.1 ms, from 0.3012 s, at bank.py:40`.

    `times` tells times as the ruler does, `span_note` says what goes on in the selected span.
    """
    if model is None:
        return NOTHING
    chosen = selection.slice
    if chosen is not None:
        primitive, number = model.detail(chosen.detail)
        site = model.site(number) if number else None
        awaited = f" for {primitive.label}" if primitive is not None and chosen.state is not State.RUNNING else ""
        parts = [
            f"{model.lane_label(chosen.lane)}: {state_text(model, chosen)}{awaited}",
            f"{duration(chosen.duration_ns)}{' so far' if chosen.open else ''}",
            f"from {times(model).text(chosen.start_ns, RESOLUTION_NS)}",
        ]
        return ", ".join([*parts, f"at {site.label}"] if site is not None else parts)
    if selection.span is not None:
        start, end = selection.span
        first, last = (times(model).text(each, RESOLUTION_NS) for each in (start, end))
        words = f"{duration(end - start)} from {first} to {last}"
        return f"{words}: {span_note.replace(',  ', ', ')}" if span_note else words
    if selection.lane is not None:
        return f"Lane {model.lane_label(selection.lane)}"
    if selection.group is not None:
        title = model.processes[selection.group.process].title
        return f"{'Service lanes of' if selection.group.services else 'Process'} {title}"
    return NOTHING


def in_view(model: Model, view: ViewWindow, times: TimeBase) -> str:
    """The stretch of time on screen: `90.4 µs in view, from 3.0052 s`."""
    start = max(view.start_ns, model.start_ns)
    return f"{duration(view.span_ns)} in view, from {times.text(start, view.span_ns / STEPS)}"


def tell(widget: QWidget, words: str) -> None:
    """Makes these words the widget's description; whoever has its focus on it hears them at once."""
    if words == widget.accessibleDescription():
        return
    widget.setAccessibleDescription(words)
    announce(widget, words)
