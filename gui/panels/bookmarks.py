"""Bookmarks: the reader's notes and the program's own marks, by time; each leads to its place."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from engine.model.bookmarks import MOST_MARKS, Entry, entries
from engine.model.format import count, duration
from engine.model.model import Model
from gui.timeline.layout.time_base import RulerTimes
from gui.widgets.panel import Panel
from gui.widgets.row_table import Column, RowTable

HINT = (
    "Press B on the timeline to leave a note at what is selected or under the pointer. "
    'A program sets bookmarks with sys.audit("lanescope.bookmark", "text").'
)


RESOLUTION_NS = 1e3


class BookmarksPanel(Panel):
    """A table; Enter goes there, F2 changes a note, Delete removes it."""

    entry_chosen = Signal(object)  # Entry
    change_requested = Signal(object)
    removal_requested = Signal(object)

    def __init__(self, times: RulerTimes, parent: QWidget | None = None) -> None:
        super().__init__(HINT, parent)
        self._times = times
        self._processes: dict[int, str] = {}
        self.table: RowTable[Entry] = RowTable(
            "Bookmarks",
            (
                Column("At", self._time, 128, lambda e: e.time_ns, number=True),
                Column("Lasts", lambda e: duration(e.end_ns - e.time_ns) if e.end_ns > e.time_ns else "", 80,
                       lambda e: e.end_ns - e.time_ns, number=True),
                Column("Lane", self._lane, 140),
                Column("By", lambda e: "program" if e.note is None else "you", 72),
                Column("Note", lambda e: e.text or "(no text)"),
            ),
            key=lambda entry: entry if entry.note is None else entry.note,  # whatever it says
            parent=self,
        )  # fmt: skip
        self.table.make_sortable(0)
        times.changed.connect(self.table.row_model.retell)
        self.change = QPushButton("Change…", self)
        self.change.setToolTip("Change the text of the chosen note (F2)")
        self.remove = QPushButton("Remove", self)
        self.remove.setToolTip("Remove the chosen note (Delete)")
        self.more = QLabel(self)
        self.more.setProperty("role", "small")
        foot = QHBoxLayout()
        foot.setContentsMargins(8, 4, 8, 4)
        foot.setSpacing(8)
        for part in (self.change, self.remove):
            foot.addWidget(part)
        foot.addWidget(self.more, 1)
        body = QWidget(self)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.table, 1)
        layout.addLayout(foot)
        self.table.row_chosen.connect(self._on_row_chosen)
        self.table.row_opened.connect(self.entry_chosen)
        self.change.clicked.connect(lambda: self._ask(self.change_requested))
        self.remove.clicked.connect(lambda: self._ask(self.removal_requested))
        self._show_possible()
        self.set_body(body)

    def forget(self) -> None:
        self.table.set_rows([])

    def update_body(self, model: Model) -> bool:
        found = entries(model)
        self.table.set_rows(found)
        left = len(model.marks) - MOST_MARKS
        self.more.setText(f"and {count(left, 'more bookmark')} of the program, found by searching" if left > 0 else "")
        self._show_possible()
        return bool(found)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F2:
            self._ask(self.change_requested)
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._ask(self.removal_requested)
        else:
            super().keyPressEvent(event)

    def _on_row_chosen(self, entry: Entry) -> None:
        self._show_possible()
        self.entry_chosen.emit(entry)

    def _ask(self, signal: object) -> None:
        chosen = self.table.chosen()
        if chosen is not None and chosen.note is not None:
            signal.emit(chosen)  # type: ignore[attr-defined]

    def _show_possible(self) -> None:
        chosen = self.table.chosen()
        own = chosen is not None and chosen.note is not None
        self.change.setEnabled(own)
        self.remove.setEnabled(own)

    def _time(self, entry: Entry) -> str:
        return self._times.text(self.model, entry.time_ns, RESOLUTION_NS) if self.model is not None else ""

    def _lane(self, entry: Entry) -> str:
        model = self.model
        if entry.lane is None or model is None or entry.lane >= len(model.lanes):
            return ""
        return model.lane_label(entry.lane)
