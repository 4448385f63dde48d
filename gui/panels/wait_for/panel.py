"""The wait-for graph: who waits for whom now, or in the deadlock that was found."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from engine.model.model import Model
from gui.panels.wait_for.canvas import GraphCanvas
from gui.panels.wait_for.data import data_at, data_of_finding, unresolved_deadlock
from gui.panels.wait_for.layout import GraphData
from gui.state.selection import Selection
from gui.theme import ActiveTheme
from gui.widgets.panel import Panel

SETTLED_NS = 100_000_000  # holds shorter than this are known once they have ended


class WaitForPanel(Panel):
    """Follows the newest moment; a deadlock that has not been resolved takes precedence."""

    edge_chosen = Signal(object)  # GraphEdge
    lane_chosen = Signal(int)

    def __init__(self, selection: Selection, themes: ActiveTheme, parent: QWidget | None = None) -> None:
        super().__init__(
            "Lanes that wait for one another appear here, with an arrow from who waits to who holds.", parent
        )
        self._selection = selection
        self._pinned: dict[str, Any] | None = None
        body = QWidget(self)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.caption = QLabel(body)
        self.caption.setProperty("role", "small")
        self.caption.setContentsMargins(8, 4, 8, 0)
        self.canvas = GraphCanvas(themes, body)
        layout.addWidget(self.caption)
        layout.addWidget(self.canvas, 1)
        self.canvas.edge_chosen.connect(self.edge_chosen)
        self.canvas.lane_chosen.connect(self.lane_chosen)
        selection.changed.connect(lambda: self.canvas.choose_lane(selection.lane))
        self.set_body(body)

    def forget(self) -> None:
        self._pinned = None
        self.canvas.show_data(None, GraphData())

    def show_finding(self, finding: dict[str, Any]) -> None:
        """Shows the edges of a finding until another recording is shown."""
        self._pinned = finding
        self.refresh_anew()

    def update_body(self, model: Model) -> bool:
        finding = self._pinned or unresolved_deadlock(model)
        if finding is not None:
            data = data_of_finding(finding)
            self.caption.setText("deadlock: nobody in the ring can go on")
        else:
            data = data_at(model, max(model.start_ns, model.end_ns - (0 if model.finished else SETTLED_NS)))
            self.caption.setText("who waits for whom now" if not model.finished else "who waited for whom at the end")
        self.canvas.show_data(model, data)
        return bool(data.edges)
