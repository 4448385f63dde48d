"""Which conditions of the table of actions hold for the lanes that are shown."""

from typing import TYPE_CHECKING

from gui.action_table import When

if TYPE_CHECKING:
    from gui.timeline.canvas import Canvas


def holding(canvas: "Canvas") -> set[When]:
    """Those that depend on view, selection and filters; none without a recording."""
    model, view, selection, filters = canvas.model, canvas.view, canvas.selection, canvas.filters
    if model is None:
        return set()
    holds = {
        When.RECORDING: True,
        When.PARTLY: not view.fitting,
        When.MOVED: view.can_go_back,
        When.TAKEN_BACK: view.can_go_forward,
        When.LEFT_BEHIND: view.can_follow,
        When.SELECTED: not selection.empty,
        When.SLICE: selection.slice is not None,
        When.HIDDEN: canvas.hidden_lanes > 0 or bool(filters.text),
        When.UNFOLDED: len(filters.collapsed) < len(model.processes),
        When.FOLDED: bool(filters.collapsed),
    }
    return {when for when, held in holds.items() if held}
