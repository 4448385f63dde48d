"""From a row of a panel to its place: selects, brings it into view, shows its line of code."""

from typing import Any

from PySide6.QtCore import QObject, Signal

from engine.model.entities import Slice
from engine.model.model import Model
from gui.state.selection import Selection
from gui.state.view_window import ViewWindow
from gui.timeline.timeline import Timeline


class Navigation(QObject):
    """`model` is the one that is shown."""

    going = Signal()  # to the lanes: what stands in their place makes room

    def __init__(self, timeline: Timeline, view: ViewWindow, selection: Selection) -> None:
        super().__init__(timeline)
        self._timeline = timeline
        self._view = view
        self._selection = selection
        self.model: Model | None = None

    def show_lane(self, lane: int) -> None:
        """Selects a lane and scrolls it into view."""
        self.going.emit()
        self._selection.select_lane(lane)
        self._timeline.reveal_lane(lane)

    def show_slice(self, chosen: Slice) -> None:
        """Selects a slice and brings it into view; a view that shows some of it stays where it is."""
        self.going.emit()
        self._selection.select_slice(chosen)
        if chosen.end_ns < self._view.start_ns or chosen.start_ns > self._view.start_ns + self._view.span_ns:
            self._view.center_on(float(chosen.start_ns))
        else:
            self._view.stay()
        self._timeline.reveal_lane(chosen.lane)

    def show_time(self, time_ns: float, lane: int | None) -> None:
        """Goes to a moment, and to what the lane was doing then."""
        self.going.emit()
        self._view.center_on(time_ns)
        if lane is None or self.model is None:
            return
        found = self.model.states.slice_at(lane, int(time_ns))
        if found is not None:
            self._selection.select_slice(found)
        self._timeline.reveal_lane(lane)

    def show_primitive(self, primitive: int) -> None:
        """Lights a primitive up in every lane."""
        self._selection.select_primitive(None if self._selection.primitive == primitive else primitive)

    def show_finding(self, finding: dict[str, Any]) -> None:
        """Goes to a finding's beginning and selects the first of its lanes."""
        self.going.emit()
        lanes = finding.get("lanes") or []
        start = finding.get("start_ns") or (self.model.start_ns if self.model else 0)
        self._view.center_on(float(start))
        for lane in reversed(lanes):
            self._timeline.reveal_lane(lane)
        if lanes:
            self._select_at(lanes[0], float(start))

    def _select_at(self, lane: int, time_ns: float) -> None:
        found = self.model.states.slice_at(lane, int(time_ns)) if self.model else None
        if found is not None:
            self._selection.select_slice(found)
        else:
            self._selection.select_lane(lane)
