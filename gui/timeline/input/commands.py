"""What the actions of timeline and lanes do, and the menus that offer them: of a lane, of a group, of the ruler."""

from collections.abc import Callable, Iterable
from functools import partial

from PySide6.QtCore import QObject, QPointF, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from gui.action_table import ACTIONS, When
from gui.state.arrangement import Times
from gui.state.filters import Sort
from gui.timeline.input.conditions import holding
from gui.timeline.input.measuring import measure_step
from gui.timeline.input.navigation import step_alike, toggle_group
from gui.timeline.timeline import Timeline

NAMES_STEP_PX = 24
SORTS = {
    "sort-started": Sort.STARTED,
    "sort-name": Sort.NAME,
    "sort-wait": Sort.WAIT,
    "sort-lock-wait": Sort.LOCK_WAIT,
}
TIMES = {"times-start": Times.START, "times-selection": Times.SELECTION, "times-clock": Times.CLOCK}
CONDITIONS = {spec.id: spec.when for spec in ACTIONS}
# Ids of actions; "" stands for a line between them.
_ARRANGE = (*SORTS, "", "fold-group", "fold-all", "unfold-all", "", "rows-higher", "rows-lower", "rows-fit")
LANE_MENU = (
    "focus-selection", "previous-alike", "next-alike", "", "pin-lane", "hide-lane", "hide-others", "show-hidden",
    "filter-lanes", "find-lane", "", *_ARRANGE,
)  # fmt: skip
GROUP_MENU = ("hide-lane", "hide-others", "show-hidden", "filter-lanes", "find-lane", "", *_ARRANGE)
RULER_MENU = (*TIMES, "", "select-view", "measure", "fit-all", "navigate-back", "navigate-forward")


class Commands(QObject):
    """Pins, hides, folds, sorts, measures: acts on what is selected."""

    def __init__(self, timeline: Timeline, action: Callable[[str], QAction]) -> None:
        """`action` gives the action of an id."""
        super().__init__(timeline)
        self._timeline, self._canvas, self._action = timeline, timeline.canvas, action
        self._filters, self._arrangement = timeline.canvas.filters, timeline.canvas.arrangement
        for name, does in self._all().items():
            action(name).triggered.connect(partial(self._do, does))
        self._canvas.menu_requested.connect(self._show_menu)
        for changing in (self._filters.changed, self._arrangement.changed, self._canvas.selection.changed):
            changing.connect(self._tick)
        self._tick()

    def _all(self) -> dict[str, Callable[[], object]]:
        """What each action does, by its id."""
        canvas, filters, arrangement = self._canvas, self._filters, self._arrangement
        return {
            "pin-lane": self._toggle_pinned,
            "hide-lane": self._hide,
            "hide-others": self._hide_others,
            "show-hidden": filters.show_all_lanes,
            "filter-lanes": self._timeline.lane_filter.open,
            "fold-group": lambda: toggle_group(canvas),
            "fold-all": lambda: filters.collapse(self._processes()),
            "unfold-all": lambda: filters.collapse(()),
            "rows-higher": partial(self._resize_rows, 1),
            "rows-lower": partial(self._resize_rows, -1),
            "rows-fit": lambda: canvas.set_row_height(None),
            "names-wider": partial(self._resize_names, 1),
            "names-narrower": partial(self._resize_names, -1),
            "next-times": arrangement.next_times,
            "select-view": self._select_view,
            "measure": lambda: measure_step(canvas),
            "next-alike": lambda: step_alike(canvas, 1),
            "previous-alike": lambda: step_alike(canvas, -1),
            "fit-all": canvas.view.fit_all,
            "focus-selection": self._timeline.focus_selection,
            "navigate-back": canvas.view.go_back,
            "navigate-forward": canvas.view.go_forward,
            "follow": canvas.view.resume_following,
            "clear-selection": canvas.selection.clear,
            **{name: partial(filters.set_sort, sort) for name, sort in SORTS.items()},
            **{name: partial(arrangement.set_times, times) for name, times in TIMES.items()},
        }

    def _do(self, does: Callable[[], object], _checked: bool = False) -> None:
        does()
        self._tick()  # a choice that held already has been unticked by the click

    def _tick(self) -> None:
        """Shows which choices hold."""
        for name, sort in SORTS.items():
            self._action(name).setChecked(self._filters.sort is sort)
        for name, times in TIMES.items():
            self._action(name).setChecked(self._arrangement.times is times)
        self._action("rows-fit").setChecked(self._arrangement.row_px is None)
        self._action("pin-lane").setChecked(self._canvas.selection.lane in self._filters.pinned)

    # What is selected

    def _processes(self) -> Iterable[int]:
        return [process.id for process in self._canvas.model.processes] if self._canvas.model is not None else []

    def _selected_lanes(self) -> list[int]:
        """The selected lane, or all lanes of the selected group."""
        model, lane, group = self._canvas.model, self._canvas.selection.lane, self._canvas.selection.group
        if model is None or (lane is None and group is None):
            self._canvas.remarked.emit("Select a lane or a process first.")
            return []
        if group is None:
            return [lane] if lane is not None else []
        return [
            each.id for each in model.lanes if each.process == group.process and (each.internal or not group.services)
        ]

    def _toggle_pinned(self) -> None:
        lane = self._canvas.selection.lane
        if lane is not None:
            self._filters.toggle_pinned(lane)
            row = self._canvas.rows.of_lane(lane)
            if row is not None:
                self._canvas.reveal_row(row)  # back where it belongs
        else:
            self._canvas.remarked.emit("Select a lane first.")

    def _hide(self) -> None:
        lanes = self._selected_lanes()
        if lanes:
            self._filters.hide(*lanes)
            self._canvas.selection.clear()

    def _select_view(self) -> None:
        view, model = self._canvas.view, self._canvas.model
        if model is not None:
            self._canvas.selection.select_span(max(view.start_ns, model.start_ns), min(view.end_ns, model.end_ns))

    def _hide_others(self) -> None:
        model, lanes = self._canvas.model, self._selected_lanes()
        if lanes and model is not None:
            before = self._filters.hidden
            self._filters.hide_all_but(lanes, range(len(model.lanes)))
            if self._filters.hidden == before:
                self._canvas.remarked.emit("There are no others.")

    def _resize_rows(self, steps: int) -> None:
        before = self._canvas.row_px
        self._canvas.resize_rows(steps)
        if self._canvas.row_px == before:
            self._canvas.remarked.emit(f"Rows get no {'higher' if steps > 0 else 'lower'} than this.")

    def _resize_names(self, steps: int) -> None:
        before = self._canvas.names_px
        self._arrangement.set_names_px(self._arrangement.names_px + steps * NAMES_STEP_PX)
        if self._canvas.names_px == before:
            self._canvas.remarked.emit(f"Names get no {'more' if steps > 0 else 'less'} room than this.")

    # Menus

    def _show_menu(self, row: int | None, at: QPointF) -> None:
        """What can be done with a row, or with the times on the ruler."""
        names = RULER_MENU if row is None else GROUP_MENU if self._canvas.rows.rows[row].lane is None else LANE_MENU
        menu = QMenu(self._timeline)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for name in names:
            if not name:
                menu.addSeparator()
            elif self._applies(name):
                menu.addAction(self._action(name))
        menu.popup(at.toPoint())

    def _applies(self, name: str) -> bool:
        """Whether it would do anything here."""
        if CONDITIONS[name] not in {When.ALWAYS, *holding(self._canvas)}:
            return False
        selection = self._canvas.selection
        if name == "focus-selection":
            return selection.slice is not None or selection.span is not None
        return name not in ("fold-all", "unfold-all") or len(list(self._processes())) > 1
