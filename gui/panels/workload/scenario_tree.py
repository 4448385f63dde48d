"""The catalogue: scenarios grouped by idea, narrowed down by typing."""

from PySide6.QtCore import QEvent, QModelIndex, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from engine.scenarios import catalogue

NAME = Qt.ItemDataRole.UserRole


class ScenarioTree(QWidget):
    """A search line over a tree. Arrow keys in the line walk through the tree."""

    chosen = Signal(str)
    opened = Signal(str)  # Enter or double click: run it

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Search scenarios")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search scenarios")
        self.tree = QTreeWidget(self)
        self.tree.setHeaderHidden(True)
        self.tree.setIndentation(14)
        self.tree.setAccessibleName("Scenarios")
        self.tree.setUniformRowHeights(True)
        self.nothing = QLabel("No scenario has all of these words.", self)
        self.nothing.setProperty("role", "dim")
        self.nothing.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 0)
        layout.setSpacing(4)
        layout.addWidget(self.search)
        layout.addWidget(self.nothing)
        layout.addWidget(self.tree)
        self._items: dict[str, QTreeWidgetItem] = {}
        for group, scenarios in catalogue.groups().items():
            head = QTreeWidgetItem(self.tree, [group])
            head.setFlags(Qt.ItemFlag.ItemIsEnabled)
            head.setExpanded(True)
            font = head.font(0)
            font.setBold(True)
            head.setFont(0, font)
            for scenario in scenarios:
                item = QTreeWidgetItem(head, [scenario.title])
                item.setData(0, NAME, scenario.name)
                item.setToolTip(0, scenario.summary)
                self._items[scenario.name] = item
        self.search.textChanged.connect(self._filter)
        self.search.installEventFilter(self)
        self.tree.currentItemChanged.connect(self._on_current_item_changed)
        self.tree.itemActivated.connect(self._open)

    def show_chosen(self, name: str) -> None:
        """Marks that scenario; "" for none."""
        item = self._items.get(name)
        with QSignalBlocker(self.tree):
            if item is None:
                self.tree.setCurrentIndex(QModelIndex())
            else:
                self.tree.setCurrentItem(item)
        if item is not None:
            self.tree.scrollToItem(item.parent() or item)
            self.tree.scrollToItem(item)
        self.tree.viewport().update()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
                self._step(1 if event.key() == Qt.Key.Key_Down else -1)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._open(self.tree.currentItem())
                return True
            if event.key() == Qt.Key.Key_Escape and self.search.text():
                self.search.clear()
                return True
        return False

    def _step(self, by: int) -> None:
        shown = [item for item in self._items.values() if not item.isHidden()]
        if shown:
            current = self.tree.currentItem()
            place = shown.index(current) + by if current in shown else 0
            self.tree.setCurrentItem(shown[max(0, min(len(shown) - 1, place))])

    def _filter(self, text: str) -> None:
        found = {scenario.name for scenario in catalogue.search(text)}
        for name, item in self._items.items():
            item.setHidden(name not in found)
        for number in range(self.tree.topLevelItemCount()):
            head = self.tree.topLevelItem(number)
            if head is not None:
                head.setHidden(all(item.isHidden() for item in self._items.values() if item.parent() is head))
        self.nothing.setVisible(not found)

    def _on_current_item_changed(self, item: QTreeWidgetItem | None, _previous: object) -> None:
        if item is not None and item.data(0, NAME):
            self.chosen.emit(item.data(0, NAME))

    def _open(self, item: QTreeWidgetItem | None) -> None:
        if item is not None and item.data(0, NAME):
            self.opened.emit(item.data(0, NAME))
