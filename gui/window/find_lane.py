"""Goes to a lane by any letters of its name, its process's name or pid."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHeaderView, QLabel, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from engine.model.entities import Lane
from engine.model.format import count
from engine.model.model import Model
from gui.widgets.fuzzy import fuzzy_score
from gui.window.overlays import Overlay

MOST_SHOWN = 40
LIST_PX = 280


class FindLane(Overlay):
    """A field and the lanes that match best; Enter goes to the chosen one, hidden or folded away as it may be."""

    def __init__(self, go: Callable[[int], object], window: QWidget) -> None:
        """`go` is called with the lane that was chosen."""
        super().__init__(window)
        self.setAccessibleName("Find a lane")
        self._go = go
        self._model: Model | None = None
        self.input = QLineEdit(self)
        self.input.setPlaceholderText("Letters of a lane's name, its process or pid")
        self.input.setAccessibleName("Lane")
        self.list = QTreeWidget(self)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setColumnCount(2)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.list.header().setStretchLastSection(False)
        self.list.setAccessibleName("Lanes that match")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setMinimumHeight(LIST_PX)
        self.more = QLabel(self)
        self.more.setProperty("role", "dim")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(4)
        for part in (self.input, self.list, self.more):
            layout.addWidget(part)
        self.input.textChanged.connect(self._show_matches)
        self.input.returnPressed.connect(self._choose)
        self.list.itemClicked.connect(lambda _item: self._choose())
        self.input.installEventFilter(self)

    def open(self, model: Model | None) -> None:
        """Offers the lanes of this model."""
        if model is None:
            return
        self._model = model
        self.input.clear()
        self._show_matches("")
        self.pop_up(self.input)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut and self.isVisible():
            self.hide()
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
            rows = self.list.topLevelItemCount()
            if step and rows:
                self._set_row((self.list.currentIndex().row() + step) % rows)
                return True
        return False

    def _show_matches(self, text: str) -> None:
        model = self._model
        if model is None:
            return
        scored = [
            (score, lane)
            for lane in model.lanes
            if (score := fuzzy_score(text, f"{model.lane_name(lane.id)} {self._place(model, lane)}")) is not None
        ]
        if text.strip():
            scored.sort(key=lambda pair: -pair[0])
        self.list.clear()
        for _, lane in scored[:MOST_SHOWN]:
            item = QTreeWidgetItem(self.list, [model.lane_name(lane.id), self._place(model, lane)])
            item.setData(0, Qt.ItemDataRole.UserRole, lane.id)
        left = len(scored) - MOST_SHOWN
        self.more.setText(f"and {count(left, 'lane')} more" if left > 0 else "" if scored else "No lane matches.")
        self._set_row(0)

    @staticmethod
    def _place(model: Model, lane: Lane) -> str:
        process = model.processes[lane.process]
        return f"{process.name or 'process'} {process.pid}"

    def _set_row(self, row: int) -> None:
        self.list.setCurrentIndex(self.list.model().index(row, 0))

    def _choose(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self.dismiss()
            self._go(int(item.data(0, Qt.ItemDataRole.UserRole)))
