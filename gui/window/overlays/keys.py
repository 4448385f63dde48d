"""The overlay of keys: every action with its key, and what the timeline does for keys of its own."""

from collections.abc import Iterable
from html import escape

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QScrollArea, QWidget

from gui.action_table import ACTIONS, MENUS, TIMELINE_KEYS, TIMELINE_MENU
from gui.actions import Actions
from gui.window.overlays.overlay import NATIVE, Overlay

LINE_PERCENT = 125  # of a line's height


class KeysOverlay(Overlay):
    """All keys: those of the actions by menu, those that the timeline handles itself."""

    def __init__(self, actions: Actions, window: QWidget) -> None:
        super().__init__(window)
        self.setAccessibleName("Keys")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._sheet = _Sheet(self)
        frame = QHBoxLayout(self)
        frame.setContentsMargins(8, 8, 8, 8)
        frame.addWidget(self._sheet)
        columns = QHBoxLayout(self._sheet.page)
        columns.setContentsMargins(16, 8, 16, 8)
        columns.setSpacing(28)
        groups: dict[str, list[tuple[str, str]]] = {menu: [] for menu in MENUS}
        for spec in ACTIONS:
            if spec.key and spec.menu:
                groups[spec.menu].append((actions[spec.id].shortcut().toString(NATIVE), spec.text))
        groups["View"] += [
            ("Ctrl+1 … Ctrl+9", "Go to a panel; from it, close it"),
            ("Esc", "From a panel back to the lanes"),
        ]
        groups[TIMELINE_MENU] += [(hint.keys, hint.does) for hint in TIMELINE_KEYS]
        beside = [QGridLayout() for _ in range(3)]
        for name, keys in groups.items():
            self._add_group(beside[2 if name == TIMELINE_MENU else 0 if name in ("File", "Run") else 1], name, keys)
        for grid in beside:
            grid.setHorizontalSpacing(12)
            grid.setVerticalSpacing(4)
            grid.setRowStretch(grid.rowCount(), 1)
            columns.addLayout(grid)

    @staticmethod
    def _add_group(grid: QGridLayout, name: str, keys: Iterable[tuple[str, str]]) -> None:
        """Below what is there. A label a column: a hundred small ones take long to paint."""
        title = QLabel(name)
        title.setProperty("role", "title")
        row, column = grid.rowCount(), list(keys)
        grid.addWidget(title, row, 0, 1, 2)
        names = QLabel(_lines((key for key, _ in column), "right"))
        names.setProperty("role", "key")
        grid.addWidget(names, row + 1, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        does = QLabel(_lines((does.removesuffix("…") for _, does in column), "left"))
        grid.addWidget(does, row + 1, 1, Qt.AlignmentFlag.AlignTop)

    def mousePressEvent(self, _event: object) -> None:
        self.dismiss()

    def focusOutEvent(self, _event: object) -> None:
        self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        alone = event.key() in (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta)
        if not alone and not self._sheet.scroll_by_key(event):
            self.dismiss()


class _Sheet(QScrollArea):
    """As large as what is on it, if there is room for that, else it scrolls."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidgetResizable(True)
        self.page = QWidget(self)
        self.setWidget(self.page)
        for ground in (self.page, self.viewport()):
            ground.setAutoFillBackground(False)  # the overlay's shows

    def sizeHint(self) -> QSize:
        return self.page.sizeHint()

    def scroll_by_key(self, event: QKeyEvent) -> bool:
        """Whether this key leads to what could not be seen."""
        if not any(bar.maximum() for bar in (self.verticalScrollBar(), self.horizontalScrollBar())):
            return False
        self.keyPressEvent(event)
        return event.isAccepted()


def _lines(texts: Iterable[str], align: str) -> str:
    """Rich text: one a line, with some space between them."""
    rows = "<br>".join(escape(text).replace(" ", "&nbsp;") for text in texts)
    return f"<p align='{align}' style='line-height: {LINE_PERCENT}%'>{rows}</p>"
