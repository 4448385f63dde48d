"""A line to type in, with suggestions below it that never take the keyboard away."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QHeaderView, QLineEdit, QTreeWidget, QTreeWidgetItem, QWidget

from gui.widgets.assistive import announce

MOST_LINES = 12
LINE_PX = 24
WIDTH = 560


class SuggestionList(QTreeWidget):
    """Texts and what they mean, floating over the window."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("suggestions")
        self.setAccessibleName("Suggestions")
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setColumnCount(2)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.header().setStretchLastSection(True)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.hide()


class SuggestingLine(QLineEdit):
    """`offer` shows suggestions; Up and Down choose one, Enter or Tab takes it: `taken` tells which. Esc hides them."""

    taken = Signal(int)
    left_line = Signal()  # Esc with no suggestions on show
    stepped = Signal(int)  # Enter (+1) or Shift+Enter (-1) with no suggestion chosen

    def __init__(self, window: QWidget, parent: QWidget | None = None) -> None:
        """The suggestions float over `window`, which must contain the line."""
        super().__init__(parent)
        self._window = window
        self.list = SuggestionList(window)
        self.list.itemClicked.connect(lambda item: self._take(self.list.indexOfTopLevelItem(item)))

    def offer(self, suggestions: Sequence[tuple[str, str]]) -> None:
        """Shows these (text, explanation) below the line; none of them is chosen. An empty sequence hides the list."""
        self.list.clear()
        if not suggestions or not self.hasFocus():
            self.list.hide()
            return
        dim = self.palette().placeholderText()
        for text, explanation in suggestions:
            item = QTreeWidgetItem(self.list, [text, explanation])
            item.setForeground(1, dim)
        self.list.setCurrentIndex(QModelIndex())
        self._place(len(suggestions))
        self.list.show()
        self.list.raise_()

    def event(self, event: QEvent) -> bool:
        """Tab takes what is chosen before it moves the focus."""
        chosen = self._chosen()
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Tab:
            if chosen is None and self.list.isVisible() and self.text():
                chosen = 0
            if chosen is not None:
                self._take(chosen)
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(key), 0)
        if step and self.list.isVisible():
            self._choose(step)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            chosen = self._chosen()
            if chosen is not None:
                self._take(chosen)
            else:
                self.list.hide()
                self.stepped.emit(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        elif key == Qt.Key.Key_Escape:
            if self.list.isVisible():
                self.list.hide()
            else:
                self.left_line.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.list.hide()

    def _chosen(self) -> int | None:
        item = self.list.currentItem() if self.list.isVisible() else None
        return self.list.indexOfTopLevelItem(item) if item is not None else None

    def _choose(self, step: int) -> None:
        count = self.list.topLevelItemCount()
        if not count:
            return
        now = self._chosen()
        place = (now + step) % count if now is not None else (0 if step > 0 else count - 1)
        self.list.setCurrentIndex(self.list.model().index(place, 0))
        item = self.list.topLevelItem(place)
        if item is not None:
            announce(self, f"{item.text(0)}, {item.text(1)}".rstrip(" ,"))

    def _take(self, number: int) -> None:
        self.list.hide()
        self.taken.emit(number)

    def _place(self, lines: int) -> None:
        window = self._window
        below = self.mapTo(window, QPoint(0, self.height() + 2))
        height = min(lines, MOST_LINES) * LINE_PX + 6
        width = min(max(self.width(), WIDTH), window.width() - below.x() - 8)
        self.list.setGeometry(below.x(), below.y(), width, min(height, window.height() - below.y() - 8))
