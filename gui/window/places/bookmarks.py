"""Setting, changing, removing and going to bookmarks."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject

from engine.model import bookmarks
from engine.model.bookmarks import Entry
from engine.model.model import Model
from gui.state.selection import Selection
from gui.state.view_window import ViewWindow
from gui.timeline.canvas import Canvas
from gui.timeline.layout.time_base import RulerTimes
from gui.window.overlays.note_editor import NoteEditor
from gui.window.places.navigation import Navigation


class Bookmarks(QObject):
    """`put` keeps a bookmark with the recording (a "bookmark" text of the schema, without its type)."""

    def __init__(
        self,
        canvas: Canvas,
        view: ViewWindow,
        selection: Selection,
        times: RulerTimes,
        go: Navigation,
        editor: NoteEditor,
        put: Callable[[dict[str, Any]], object],
    ) -> None:
        super().__init__(canvas)
        self._canvas, self._view, self._selection, self._times = canvas, view, selection, times
        self._go, self._editor, self._put = go, editor, put
        self._gone_to: Entry | None = None
        self.model: Model | None = None

    def show_model(self, model: Model | None) -> None:
        """Another recording."""
        self.model, self._gone_to = model, None

    def add(self) -> None:
        """A note on what is selected, else at the pointer, else in the middle of the view."""
        if self.model is None or not self.model.lanes:
            self._canvas.remarked.emit("There is no lane yet to leave a note on.")
            return
        start, end, lane = self._place()
        number = max([0, *self.model.bookmarks]) + 1
        self._write(Entry(start, end, lane, "", number))

    def change(self, entry: Entry) -> None:
        """Asks for another text."""
        self._write(entry)

    def remove(self, entry: Entry) -> None:
        """Takes a note away."""
        if entry.note is not None:
            self._keep(entry, None)

    def step(self, direction: int) -> None:
        """To the next (+1) or previous (-1) bookmark, from the one gone to last, else from the middle of the view."""
        if self.model is None:
            return
        middle = (self._view.start_ns + self._view.end_ns) / 2
        last = self._gone_to
        here = last is not None and self._view.start_ns <= last.time_ns <= self._view.end_ns
        found = bookmarks.beside(self.model, last.time_ns if last is not None and here else middle, direction)
        if found is not None:
            self.show(found)
        else:
            self._canvas.remarked.emit(f"No {'further' if direction > 0 else 'earlier'} bookmark.")

    def show(self, entry: Entry) -> None:
        """Goes to a bookmark's time and lane."""
        self._gone_to = entry
        self._go.show_time(entry.time_ns, entry.lane)

    def _place(self) -> tuple[int, int, int | None]:
        """Start, end and lane of what a note would stand on."""
        selection, hit = self._selection, self._canvas.hit
        if selection.slice is not None:
            return selection.slice.start_ns, selection.slice.end_ns, selection.slice.lane
        if selection.span is not None:
            return round(selection.span[0]), round(selection.span[1]), selection.lane
        if hit.time_ns is not None:
            return round(hit.time_ns), round(hit.time_ns), hit.lane
        middle = round((self._view.start_ns + self._view.end_ns) / 2)
        return middle, middle, selection.lane

    def _write(self, entry: Entry) -> None:
        if self.model is None:
            return
        where = f" on {self.model.lane_label(entry.lane)}" if entry.lane is not None else ""
        at = self._times.text(self.model, entry.time_ns, max(self._view.span_ns / 1000, 1.0))
        self._editor.ask(f"Note at {at}{where}", entry.text, lambda text: self._keep(entry, text))

    def _keep(self, entry: Entry, text: str | None) -> None:
        end = entry.end_ns if entry.end_ns > entry.time_ns else None
        self._put({"id": entry.note, "time_ns": entry.time_ns, "end_ns": end, "lane": entry.lane, "text": text})
