"""Going from slice to slice and from row to row."""

from typing import TYPE_CHECKING

from engine.model import hand_offs
from engine.model.entities import Slice
from engine.model.stepping import next_alike, previous_alike
from gui.state.selection import Group
from gui.theme import STATE_NAMES

if TYPE_CHECKING:
    from gui.timeline.canvas import Canvas

FOCUS_SHARE = 0.6  # of the view that a focused slice takes
MARGIN_SHARE = 0.01  # of the view, kept free beside a slice that is stepped to


def focus_selection(canvas: "Canvas") -> None:
    """Zooms to the selected slice or span, or shows the selected lane."""
    selection = canvas.selection
    if selection.slice is not None:
        start, end = float(selection.slice.start_ns), float(selection.slice.end_ns)
        reveal_lane(canvas, selection.slice.lane)
    elif selection.span is not None:
        start, end = selection.span
    else:
        if selection.lane is not None:
            reveal_lane(canvas, selection.lane)
        else:
            canvas.remarked.emit("Select a slice or a span first: F zooms to it.")
        return
    margin = max(end - start, 1.0) * (1 / FOCUS_SHARE - 1) / 2
    canvas.view.show(start - margin, end + margin)


def reveal_lane(canvas: "Canvas", lane: int) -> None:
    """Scrolls a lane into view; shows it again if it is hidden, opens its process and its service lanes."""
    model, filters = canvas.model, canvas.filters
    if model is None or not 0 <= lane < len(model.lanes):
        return
    item = model.lanes[lane]
    if lane not in filters.pinned:
        if item.process in filters.collapsed:
            filters.toggle_collapsed(item.process)
        if item.internal and item.process not in filters.services:
            filters.toggle_services(item.process)
        filters.show_lane(lane)
        if canvas.rows.of_lane(lane) is None:
            filters.set_text("")
    row = canvas.rows.of_lane(lane)
    if row is not None:
        canvas.reveal_row(row)


def show_slice(canvas: "Canvas", chosen: Slice) -> None:
    """Selects a slice and brings it into view."""
    canvas.selection.select_slice(chosen)
    reveal_lane(canvas, chosen.lane)
    view = canvas.view
    margin = view.span_ns * MARGIN_SHARE
    if chosen.duration_ns > view.span_ns - 2 * margin:
        if not chosen.start_ns <= view.start_ns + view.span_ns / 2 <= chosen.end_ns:
            view.center_on(chosen.start_ns)
        else:
            view.stay()
    elif chosen.start_ns < view.start_ns + margin or chosen.end_ns > view.end_ns - margin:
        shift = (chosen.start_ns + chosen.end_ns - view.start_ns - view.end_ns) / 2
        view.show(view.start_ns + shift, view.end_ns + shift, gesture="center")
    else:
        view.stay()


def step_slice(canvas: "Canvas", direction: int) -> None:
    """Selects the next (+1) or previous (-1) slice of the selected lane; first the one in the middle of the view."""
    model, selection = canvas.model, canvas.selection
    if model is None:
        return
    lane = selection.lane if selection.lane is not None else next(iter(canvas.rows.lanes()), None)
    if lane is None:
        return
    states = model.states
    if selection.slice is None:
        middle = int(canvas.view.start_ns + canvas.view.span_ns / 2)
        found = states.slice_at(lane, middle) or states.previous_slice(lane, model.end_ns)
    elif direction > 0:
        found = states.next_slice(lane, selection.slice.start_ns)
    else:
        found = states.previous_slice(lane, selection.slice.start_ns)
    if found is not None:
        show_slice(canvas, found)


def step_alike(canvas: "Canvas", direction: int) -> None:
    """Selects the next (+1) or previous (-1) slice of the same lane that is in the same state as the selected one."""
    model, chosen = canvas.model, canvas.selection.slice
    if model is None:
        return
    if chosen is None:
        canvas.remarked.emit("Select a slice first: the next one in the same state is looked for from there.")
        return
    found = next_alike(model, chosen) if direction > 0 else previous_alike(model, chosen)
    if found is not None:
        show_slice(canvas, found)
    else:
        later = "later" if direction > 0 else "earlier"
        canvas.remarked.emit(f"No {later} {STATE_NAMES[chosen.state]} on this lane.")


def follow_hand_off(canvas: "Canvas", direction: int) -> None:
    """From the selected slice to the one it woke (+1), or to the one that ended its wait (-1)."""
    model, chosen = canvas.model, canvas.selection.slice
    if model is None:
        return
    if chosen is None:
        canvas.remarked.emit("Select a slice first: [ and ] follow its hand-offs.")
        return
    if direction < 0:
        into = hand_offs.into(model, chosen)
        # A slice that ends with the release is the one that held: of the next one `]` would not lead back.
        target = model.states.slice_at(into.releaser, into.release_ns - 1) if into else None
    else:
        out = hand_offs.out_of(model, chosen.lane, chosen.start_ns, chosen.end_ns)
        # The receiver's wait ended then: the slice before is what was handed something.
        target = model.states.slice_at(out[0].receiver, out[0].receive_ns - 1) if out else None
    if target is not None:
        show_slice(canvas, target)
    elif direction < 0:
        canvas.remarked.emit("No hand-off to follow: nobody is known to have ended a wait with this slice.")
    else:
        canvas.remarked.emit("No hand-off to follow: this slice woke nobody.")


def select_row_beside(canvas: "Canvas", direction: int) -> None:
    """Selects the row above (-1) or below (+1) the selected one and keeps the time; the uppermost lane at first."""
    selection, rows = canvas.selection, canvas.rows
    if selection.lane is not None:
        current = rows.of_lane(selection.lane)
    else:
        current = rows.of_group(selection.group) if selection.group is not None else None
    if current is None:
        first = canvas.geometry_now().row_of(0)
        lanes = (number for number in range(first, len(rows)) if rows.rows[number].lane is not None)
        row = next(lanes, first)
    else:
        row = current + direction
    if not 0 <= row < len(rows):
        return
    canvas.reveal_row(row)
    lane, group = rows.rows[row].lane, rows.rows[row].group
    if group is not None:
        selection.select_group(group)
    elif lane is not None:
        _select_beside(canvas, lane)


def select_row(canvas: "Canvas", number: int) -> None:
    """Selects a row's lane or group, unless it or a slice of it is selected already."""
    row = canvas.rows.rows[number]
    if number != canvas.selected_row and row.group is not None:
        canvas.selection.select_group(row.group)
    elif number != canvas.selected_row:
        canvas.selection.select_lane(row.lanes[0])


def toggle_group(canvas: "Canvas") -> None:
    """Opens or closes the selected group, or the process of the selected lane."""
    model, lane, group = canvas.model, canvas.selection.lane, canvas.selection.group
    if group is None and lane is not None and model is not None:
        group = Group(model.lanes[lane].process)
        canvas.selection.select_group(group)
    if group is not None:
        canvas.filters.toggle_group(group)
    else:
        canvas.remarked.emit("Select a lane or a process first.")


def _select_beside(canvas: "Canvas", lane: int) -> None:
    """The slice of another lane at the time of the selected one, or just the lane."""
    before = canvas.selection.slice
    beside = None
    if before is not None and canvas.model is not None:
        beside = canvas.model.states.slice_at(lane, (before.start_ns + before.end_ns) // 2)
    if beside is not None:
        canvas.selection.select_slice(beside)
    else:
        canvas.selection.select_lane(lane)
