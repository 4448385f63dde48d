"""The catalogue: scenarios grouped by idea, narrowed down by typing."""

from PySide6.QtCore import QEvent, QModelIndex, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from engine.scenarios import catalogue
from engine.scenarios.base import Scenario

NAME = Qt.ItemDataRole.UserRole


class ScenarioTree(QWidget):
    """A search line over a tree. While there are words in it, what fits is listed without groups, the best first.

    Arrow keys in the line walk through what is shown, beginning with the best.
    """

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
        self._chosen = ""
        self._fill("")
        self.search.textChanged.connect(self._on_text_changed)
        self.search.installEventFilter(self)
        self.tree.currentItemChanged.connect(self._on_current_item_changed)
        self.tree.itemActivated.connect(self._open)

    @property
    def shown(self) -> list[str]:
        """The scenarios that are listed, in their order."""
        return list(self._items)

    def show_chosen(self, name: str) -> None:
        """Marks that scenario, "" for none; a search that hides it is given up."""
        other = name != self._chosen
        self._chosen = name
        if other:
            self.reveal_chosen()
        self._mark()

    def reveal_chosen(self) -> None:
        """A search that hides the chosen scenario is given up."""
        if self._chosen and self._chosen not in self._items:
            self.search.clear()

    def _mark(self) -> None:
        item = self._items.get(self._chosen)
        with QSignalBlocker(self.tree):
            if item is None:
                self.tree.setCurrentIndex(QModelIndex())
            else:
                self.tree.setCurrentItem(item)
        if item is not None:
            self.tree.scrollToItem(item)
            head = item.parent()
            if head is not None and head.indexOfChild(item) == 0:
                self.tree.scrollToItem(head)
        self.tree.viewport().update()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
                self._step(1 if event.key() == Qt.Key.Key_Down else -1)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._open(self.tree.currentItem() or next(iter(self._items.values()), None))
                return True
            if event.key() == Qt.Key.Key_Escape and self.search.text():
                self.search.clear()
                return True
        return False

    def _step(self, by: int) -> None:
        shown = list(self._items.values())
        if shown:
            current = self.tree.currentItem()
            place = shown.index(current) + by if current in shown else 0
            self.tree.setCurrentItem(shown[max(0, min(len(shown) - 1, place))])

    def _on_text_changed(self, text: str) -> None:
        self._fill(text)
        if text.strip():
            self.tree.scrollToTop()  # nothing is marked: the first step goes to the best
        else:
            self._mark()

    def _fill(self, text: str) -> None:
        """Lists what fits the words; everything, by groups, when there are none."""
        self._items.clear()
        with QSignalBlocker(self.tree):
            self.tree.clear()
            if text.strip():
                for scenario in catalogue.search(text):
                    self._add(self.tree.invisibleRootItem(), scenario)
            else:
                for group, scenarios in catalogue.groups().items():
                    head = QTreeWidgetItem(self.tree, [group])
                    head.setFlags(Qt.ItemFlag.ItemIsEnabled)
                    font = head.font(0)
                    font.setBold(True)
                    head.setFont(0, font)
                    for scenario in scenarios:
                        self._add(head, scenario)
                    head.setExpanded(True)
            self.tree.setCurrentIndex(QModelIndex())
        self.nothing.setVisible(not self._items)

    def _add(self, head: QTreeWidgetItem, scenario: Scenario) -> None:
        item = QTreeWidgetItem(head, [scenario.title])
        item.setData(0, NAME, scenario.name)
        item.setToolTip(0, scenario.summary)
        self._items[scenario.name] = item

    def _on_current_item_changed(self, item: QTreeWidgetItem | None, _previous: object) -> None:
        if item is not None and item.data(0, NAME):
            self.chosen.emit(item.data(0, NAME))

    def _open(self, item: QTreeWidgetItem | None) -> None:
        if item is not None and item.data(0, NAME):
            self.opened.emit(item.data(0, NAME))
