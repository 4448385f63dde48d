"""The wait-for graph: who waits for whom now, at any moment of the past, or in the deadlock that was found."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QToolButton, QVBoxLayout, QWidget

from engine.model.model import Model
from gui.panels.wait_for.canvas import GraphCanvas
from gui.panels.wait_for.data import data_of_finding, trace_data, unresolved_deadlock
from gui.panels.wait_for.layout import GraphData, GraphEdge
from gui.state.selection import Selection
from gui.state.view_window import ViewWindow
from gui.theme import GRID, ActiveTheme
from gui.timeline.layout.time_base import RulerTimes
from gui.widgets.elided_text import ElidedText
from gui.widgets.panel import Panel

SETTLED_NS = 100_000_000  # holds shorter than this are known once they have ended
SCRUBBER_PX = 16
HEAD_PX = 24
STEPS = 1000  # of the scrubber, over what the timeline shows


class _Found(NamedTuple):
    """A graph, its moment, and what is said of both."""

    at_ns: int
    data: GraphData
    words: str
    worth_showing: bool


class WaitForPanel(Panel):
    """The moment shown is the pointer's in the timeline; else the one that was chosen, by the scrubber or by a slice;
    else the newest, where a deadlock that has not been resolved takes precedence.
    """

    edge_chosen = Signal(object)  # GraphEdge
    code_wanted = Signal()  # of the edge that was chosen last
    lane_chosen = Signal(int)  # of which nothing is known then
    slice_chosen = Signal(object)  # Slice

    def __init__(
        self,
        selection: Selection,
        view: ViewWindow,
        themes: ActiveTheme,
        times: RulerTimes,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            "Lanes that wait for one another appear here, with an arrow from who waits to who holds.\n"
            "Point at a moment in the timeline to see who waited for whom then.",
            parent,
        )
        self._selection = selection
        self._view, self._times = view, times
        self._pinned: dict[str, Any] | None = None
        self._moment: float | None = None  # chosen, until the newest is asked for
        self._chosen: tuple[int, int] | None = None  # lane and start of the selected slice, which may still grow
        self._of_slice = False  # whether it chose the moment
        self._shown_ns = 0
        self._found = _Found(0, GraphData(), "", worth_showing=False)
        self._choosing = False  # the selection changes because something was chosen here
        body = QWidget(self)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.canvas = GraphCanvas(themes, body)
        layout.addLayout(self._make_head(body))
        layout.addWidget(self.canvas, 1)
        layout.addLayout(self._make_scrubber(body))
        self.canvas.edge_chosen.connect(self._choose_edge)
        self.canvas.code_wanted.connect(self.code_wanted)
        self.canvas.node_chosen.connect(self._choose_lane)
        selection.changed.connect(self._on_selection_changed)
        selection.hover_changed.connect(self._on_hover_changed)
        times.changed.connect(self.refresh_soon)
        self.set_body(body)

    def _make_head(self, body: QWidget) -> QHBoxLayout:
        self.caption = ElidedText(1, body)
        self.caption.setProperty("role", "small")
        self.newest = QToolButton(body)
        self.newest.setText("Newest")
        self.newest.setToolTip("Back to the newest moment")
        self.newest.setProperty("flat", True)
        self.newest.setMaximumHeight(HEAD_PX)
        self.newest.hide()
        self.newest.clicked.connect(self._show_newest)
        row = QHBoxLayout()
        row.setContentsMargins(8, 4, 8, 0)
        row.addWidget(self.caption, 1)
        row.addWidget(self.newest)
        return row

    def _make_scrubber(self, body: QWidget) -> QHBoxLayout:
        self.scrubber = QSlider(Qt.Orientation.Horizontal, body)
        self.scrubber.setRange(0, STEPS)
        self.scrubber.setPageStep(STEPS // 20)
        self.scrubber.setValue(STEPS)
        self.scrubber.setMaximumHeight(SCRUBBER_PX)
        self.scrubber.setAccessibleName("Moment of the wait-for graph, within what the timeline shows")
        self.scrubber.setToolTip("Shows who waited for whom at another moment of what the timeline shows")
        self.scrubber.valueChanged.connect(self._on_scrubbed)
        row = QHBoxLayout()
        row.setContentsMargins(GRID, 0, GRID, 0)
        row.addWidget(self.scrubber)
        return row

    @property
    def shown_ns(self) -> int:
        """The moment of the graph that is shown."""
        return self._shown_ns

    def forget(self) -> None:
        self._pinned = self._moment = None
        self._put_scrubber()
        self.canvas.show_data(None, GraphData())

    def show_finding(self, finding: dict[str, Any]) -> None:
        """Shows the edges of a finding until another recording or moment is shown."""
        self._pinned, self._moment = finding, None
        self.refresh_anew()

    def prepare(self, model: Model) -> Iterator[None]:
        hovered = self._selection.hover_ns
        moment = hovered if hovered is not None else self._moment
        pinned = self._pinned and model.findings.get(self._pinned["id"], self._pinned)  # it may have been proven since
        finding = pinned or unresolved_deadlock(model)
        newest = max(model.start_ns, model.end_ns - (0 if model.finished else SETTLED_NS))
        if moment is not None:
            at = int(min(max(moment, model.start_ns), model.end_ns - 1))
            data = yield from trace_data(model, at)
            known = at < model.known_ns or bool(data.edges)
            told = _in_words(data) if known else "not read yet"
            words = f"at {self._times.text(model, at, self._view.span_ns / STEPS)}: {told}"
        elif finding is not None:
            at = finding.get("start_ns") or newest - 1  # the lanes may have ended since
            data = data_of_finding(model, finding)
            words = _of_deadlock(data) if finding["kind"] == "deadlock" else finding["title"]
        else:
            at = newest - 1
            data = yield from trace_data(model, at)
            words = f"{'at the end' if model.finished else 'newest moment'}: {_in_words(data)}"
        self._found = _Found(at, data, words, worth_showing=bool(data.edges) or moment is not None or model.finished)

    def update_body(self, model: Model) -> bool:
        found = self._found
        self._shown_ns = found.at_ns
        self.caption.show_text(found.words)
        self.newest.setVisible(self._moment is not None)
        self._put_scrubber()
        self.canvas.show_data(model, found.data)
        return found.worth_showing

    def _show_newest(self) -> None:
        self._moment = None
        self._selection.hover(None)
        self._put_scrubber()
        self.refresh_anew()

    def _put_scrubber(self) -> None:
        """At the moment that was chosen, wherever that was done; else at the end."""
        if self.scrubber.isSliderDown():
            return
        share = 1.0 if self._moment is None else (self._moment - self._view.start_ns) / self._view.span_ns
        with QSignalBlocker(self.scrubber):
            self.scrubber.setValue(round(STEPS * min(max(share, 0.0), 1.0)))

    def _on_scrubbed(self, step: int) -> None:
        self._moment, self._of_slice = self._view.start_ns + self._view.span_ns * step / STEPS, False
        self._selection.hover(self._moment)  # the timeline's cursor goes along
        self.refresh_anew()

    def _on_hover_changed(self) -> None:
        if self.isVisible():
            self.refresh_soon()

    def _on_selection_changed(self) -> None:
        """A slice that is chosen elsewhere chooses its moment, so that the pointer may leave the timeline. It goes with
        the slice, but stays while that grows.
        """
        self.canvas.choose_node(self._selection.lane)
        chosen, before = self._selection.slice, self._chosen
        self._chosen = (chosen.lane, chosen.start_ns) if chosen is not None else None
        if self._choosing:
            return
        if chosen is not None and self._chosen != before:
            at = self._selection.hover_ns
            inside = at is not None and chosen.start_ns <= at < chosen.end_ns
            self._moment, self._of_slice = at if inside else (chosen.start_ns + chosen.end_ns) / 2, True
        elif self._selection.empty or (chosen is None and self._of_slice):
            self._moment, self._of_slice = None, False
        if self.isVisible():
            self.refresh_soon()

    def _choose_edge(self, edge: GraphEdge) -> None:
        self._choose_slice(edge.waiter)
        self.edge_chosen.emit(edge)

    def _choose_lane(self, lane: int) -> None:
        """Its slice, and the stacks of what it waits for, or of what is wanted from it."""
        self._choose_slice(lane)
        edges = self.canvas.data.edges
        about = next((edge for edge in edges if edge.waiter == lane), None)
        about = about or next((edge for edge in edges if edge.holder == lane), None)
        if about is not None:
            self.edge_chosen.emit(about)

    def _choose_slice(self, lane: int) -> None:
        found = self.model.states.slice_at(lane, self._shown_ns) if self.model else None
        self._choosing = True
        try:
            if found is not None:
                self.slice_chosen.emit(found)
            else:
                self.lane_chosen.emit(lane)
        finally:
            self._choosing = False


def _of_deadlock(data: GraphData) -> str:
    alone = len(data.cycle) == 1 and any(edge.holder is None for edge in data.edges)
    return "deadlock: nobody is left to end this wait" if alone else "deadlock: nobody in the ring can go on"


def _in_words(data: GraphData) -> str:
    if data.cycle:
        return "a deadlock"
    waiting = len({edge.waiter for edge in data.edges}) + len(data.hidden)
    return f"{waiting} waiting" if waiting else "nobody waits for anybody"
