"""What can be gone to in a recording, hits of a search and bookmarks: marked on lanes, ruler and overview."""

import numpy as np
from PySide6.QtCore import QObject, Signal

from engine.model import bookmarks
from engine.model.model import Model
from engine.model.search import NO_LANE, Hit, Kind
from gui.state.search import SearchState
from gui.state.selection import Selection
from gui.state.view_window import ViewWindow
from gui.theme import ActiveTheme
from gui.timeline.drawing.flags import Flags
from gui.timeline.drawing.hits import HitMarks
from gui.timeline.input.navigation import show_slice
from gui.timeline.overview import Marker
from gui.timeline.timeline import Timeline
from gui.window.bars.search_bar import SearchBar
from gui.window.places.bookmarks import Bookmarks
from gui.window.places.navigation import Navigation

MOST_MARKERS = 300  # of one sort on the overview; more could not be told apart


class Places(QObject):
    """Goes to hits and keeps the marks up to date."""

    bookmarks_changed = Signal()  # one has come, gone or another text

    def __init__(
        self,
        timeline: Timeline,
        view: ViewWindow,
        selection: Selection,
        themes: ActiveTheme,
        bar: SearchBar,
        search: SearchState,
        notes: Bookmarks,
        go: Navigation,
    ) -> None:
        super().__init__(timeline)
        self._timeline, self._view, self._selection = timeline, view, selection
        self._bar, self._search, self._notes, self._go = bar, search, notes, go
        self._model: Model | None = None
        self._marked: object = None
        self._noted: object = None  # the bookmarks that were told of
        timeline.canvas.layers.extend([HitMarks(search, themes).paint, Flags(selection, themes).paint])
        search.changed.connect(self._on_search_changed)
        bar.stepped.connect(self.step)
        bar.closed.connect(timeline.canvas.setFocus)

    def show_model(self, model: Model | None) -> None:
        """Another recording; None for none."""
        self._model = model
        self._notes.show_model(model)
        self.refresh()

    def refresh(self) -> None:
        """The model may have grown: once a frame."""
        model = self._model
        marked = (
            (model, tuple(model.bookmarks.values()), len(model.marks), self._search.hits, self._hit_count())
            if model is not None
            else None
        )
        if marked != self._marked:
            self._marked = marked
            self._timeline.overview.set_markers(self._markers(model) if model is not None else [])
            noted = marked[1] if marked is not None else None
            if noted != self._noted:
                self._noted = noted
                self.bookmarks_changed.emit()

    def step(self, direction: int) -> None:
        """To the next (+1) or previous (-1) hit; opens the search when there is none to step through."""
        if not self._search.active:
            self._bar.open_search()
            return
        hit = self._search.go(direction, self._view.start_ns)
        if hit is not None:
            self._show(hit)

    def _show(self, hit: Hit) -> None:
        model, canvas = self._model, self._timeline.canvas
        if model is None:
            return
        if hit.kind is Kind.LANE:
            self._go.show_lane(hit.lane)
            return
        if hit.kind is Kind.MARK:
            self._go.show_time(hit.start_ns, None if hit.lane == NO_LANE else hit.lane)
            return
        found = model.states.slice_at(hit.lane, hit.start_ns) if hit.kind is Kind.STATE else None
        if found is not None:
            show_slice(canvas, found)
            return
        self._selection.select_lane(hit.lane)
        self._selection.select_span(hit.start_ns, hit.end_ns)
        self._view.center_on((hit.start_ns + hit.end_ns) / 2)
        self._timeline.reveal_lane(hit.lane)

    def _on_search_changed(self) -> None:
        self._timeline.canvas.update()
        self.refresh()

    def _hit_count(self) -> int:
        return len(self._search.hits) if self._search.hits is not None else 0

    def _markers(self, model: Model) -> list[Marker]:
        found = [
            Marker(time, "text_dim", "bookmarks of the program")
            for time in _few(bookmarks.times(model, own=False).times)
        ]
        found += [Marker(each.time_ns, "accent", each.text or "your note") for each in model.bookmarks.values()]
        if self._search.hits is not None:
            found += [Marker(time, "text", "hits of the search") for time in _few(self._search.hits.times())]
        return found


def _few(times: np.ndarray) -> list[int]:
    """At most MOST_MARKERS of these times (sorted), spread as all of them are."""
    if len(times) <= MOST_MARKERS:
        return [int(time) for time in times]
    width = max(int(times[-1] - times[0]) // MOST_MARKERS, 1)
    _, firsts = np.unique((times - times[0]) // width, return_index=True)
    return [int(time) for time in times[firsts]]
