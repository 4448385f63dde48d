"""What leads from one panel to another: to a lane, a slice, a lock, a moment, a line of code."""

from gui.panels.lock_order.panel import ChosenOrder
from gui.panels.wait_for.layout import GraphEdge
from gui.state.source_texts import source_text
from gui.window.frame import WindowFrame
from gui.window.places.bookmarks import Bookmarks
from gui.window.places.navigation import Navigation
from gui.window.wording import edge_stacks, first_work_line, order_stacks


class Links:
    """Follows what is chosen in the panels of one window."""

    def __init__(self, window: WindowFrame, navigation: Navigation, notes: Bookmarks) -> None:
        self._window = window
        self._lead_to_lanes(navigation)
        self._lead_to_code()
        window.bookmarks.entry_chosen.connect(notes.show)
        window.bookmarks.change_requested.connect(notes.change)
        window.bookmarks.removal_requested.connect(notes.remove)
        window.statistics.whole_wanted.connect(window.selection.clear)
        window.details.statistics_requested.connect(lambda: window.docks.bring_up("statistics"))

    def _lead_to_lanes(self, go: Navigation) -> None:
        window = self._window
        for panel in (
            window.findings, window.locks, window.workers, window.statistics, window.wait_for, window.lock_order,
        ):  # fmt: skip
            panel.lane_chosen.connect(go.show_lane)
        for of_locks in (window.locks, window.statistics, window.lock_order):
            of_locks.primitive_chosen.connect(go.show_primitive)
        for graph in (window.wait_for, window.lock_order):
            graph.slice_chosen.connect(go.show_slice)
        window.locks.moment_chosen.connect(go.show_time)
        window.output.time_chosen.connect(go.show_time)

    def _lead_to_code(self) -> None:
        window = self._window
        for panel in (window.findings, window.locks, window.lock_order, window.details):
            panel.source_requested.connect(self._show_source)
        for graph in (window.wait_for, window.lock_order):
            graph.code_wanted.connect(lambda: window.docks.bring_up("source"))
        window.workload.source_requested.connect(self._show_scenario)
        window.wait_for.edge_chosen.connect(self._show_edge)
        window.lock_order.order_chosen.connect(self._show_order)
        window.findings.order_wanted.connect(self._show_lock_order)

    def _show_edge(self, edge: GraphEdge) -> None:
        """The line where one waits, and the line where the other took what it holds."""
        model = self._window.bridge.model
        if model is not None and (stacks := edge_stacks(model, edge)):
            self._window.source.show_stacks(stacks)

    def _show_lock_order(self, held: int, taken: int) -> None:
        self._window.docks.bring_up("lock-order")
        self._window.lock_order.show_order(held, taken)

    def _show_order(self, chosen: ChosenOrder) -> None:
        """The line where the inner lock was taken, and the one where the outer was."""
        model = self._window.bridge.model
        if model is not None and (stacks := order_stacks(model, chosen)):
            self._window.source.show_stacks(stacks)

    def _show_source(self, file: str, line: int) -> None:
        self._window.source.show_line(file, line)
        self._window.docks.bring_up("source")

    def _show_scenario(self, file: str, _line: int) -> None:
        """A scenario's code, from where it works: its description comes first and is known already."""
        text = source_text(self._window.bridge.model, file)
        self._show_source(file, first_work_line(text) if text else 0)
