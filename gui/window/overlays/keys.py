"""The overlay of keys: every action with its key, each menu with its own, and what the timeline does for others."""

from collections import deque
from collections.abc import Iterable
from textwrap import wrap

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QScrollArea, QWidget

from gui.action_table import ACTIONS, MENUS, POINTER_KEYS, TIMELINE_KEYS, TIMELINE_MENU
from gui.actions import Actions
from gui.window.overlays.overlay import NATIVE, Overlay

WRAPPED = 52  # letters in a line of what has no key
POINTER = "With the pointer"
COLUMNS = (("File", "Run", "View"), ("Edit", "Search", "Lanes", "Help"), (TIMELINE_MENU, POINTER))


class KeysOverlay(Overlay):
    """All keys: those of the actions by menu, those that the timeline handles itself."""

    def __init__(self, actions: Actions, window: QWidget) -> None:
        super().__init__(window)
        self.setAccessibleName("Keys")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._sheet = _Sheet(self)
        frame = QHBoxLayout(self)
        frame.setContentsMargins(8, 8, 4, 8)
        frame.addWidget(self._sheet)
        columns = QHBoxLayout(self._sheet.page)
        columns.setContentsMargins(16, 0, 16, 0)
        columns.setSpacing(28)
        self._keys = _keys_by_group(actions)
        self._to_come = deque((QGridLayout(), names) for names in COLUMNS)
        for grid, _ in self._to_come:
            grid.setHorizontalSpacing(12)
            grid.setVerticalSpacing(2)
            columns.addLayout(grid)

    def prepare(self) -> None:
        """Beforehand, in pieces: adds the next column or, when all are there, lays them out."""
        if self._to_come:
            self._add_column(*self._to_come.popleft())
        else:
            self.lay_out()

    def pop_up(self, focused: QWidget) -> None:
        while self._to_come:
            self.prepare()
        super().pop_up(focused)

    def _add_column(self, grid: QGridLayout, names: Iterable[str]) -> None:
        for name in names:
            alone = [spec.text for spec in ACTIONS if spec.menu == name and not spec.key]
            self._add_group(grid, name, self._keys[name], alone)
        grid.setRowStretch(grid.rowCount(), 1)

    @staticmethod
    def _add_group(grid: QGridLayout, name: str, keys: list[tuple[str, str]], alone: list[str]) -> None:
        """Below what is there: keys, then what only stands in the menu. A label a column: many take long to
        paint, rich text longer still."""
        row = grid.rowCount()
        if name in MENUS:
            opener = QLabel(f"Alt+{name[0]}")
            opener.setProperty("role", "key")
            grid.addWidget(opener, row, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom)
        title = QLabel(name)
        title.setProperty("role", "title")
        title.setContentsMargins(0, 4, 0, 0)
        grid.addWidget(title, row, 1)
        names = QLabel("\n".join(key for key, _ in keys))
        names.setAlignment(Qt.AlignmentFlag.AlignRight)
        names.setProperty("role", "key")
        grid.addWidget(names, row + 1, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        does = QLabel("\n".join(does for _, does in keys))
        grid.addWidget(does, row + 1, 1, Qt.AlignmentFlag.AlignTop)
        if alone:
            also = QLabel("\n".join(wrap(_listed(alone), WRAPPED)))
            also.setProperty("role", "dim")
            grid.addWidget(also, row + 2, 0, 1, 2, Qt.AlignmentFlag.AlignTop)

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
        """With room for a bar at the side: where one is needed, none is needed below."""
        return self.page.sizeHint() + QSize(self.verticalScrollBar().sizeHint().width(), 0)

    def scroll_by_key(self, event: QKeyEvent) -> bool:
        """Whether this key leads to what could not be seen."""
        if not any(bar.maximum() for bar in (self.verticalScrollBar(), self.horizontalScrollBar())):
            return False
        self.keyPressEvent(event)
        return event.isAccepted()


def _keys_by_group(actions: Actions) -> dict[str, list[tuple[str, str]]]:
    """Keys and what they do, by the heading below which they stand."""
    groups: dict[str, list[tuple[str, str]]] = {menu: [] for menu in MENUS}
    for spec in ACTIONS:
        if spec.key:
            groups[spec.menu].append((actions[spec.id].shortcut().toString(NATIVE), spec.text.removesuffix("…")))
    groups["View"] += [
        ("Ctrl+1 … Ctrl+9", "Go to a panel; from it, close it"),
        ("Esc", "From a panel back to the lanes"),
    ]
    groups[TIMELINE_MENU] += [(hint.keys, hint.does) for hint in TIMELINE_KEYS]
    groups[POINTER] = [(hint.keys, hint.does) for hint in POINTER_KEYS]
    return groups


def _listed(texts: Iterable[str]) -> str:
    """In one sentence, to be broken between its entries rather than within them."""
    return "In the menu: " + ", ".join(text.removesuffix("…") for text in texts)
