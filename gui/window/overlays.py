"""What lies over the window for a moment: the overlay of keys and the command palette. Esc takes both away."""

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui.action_table import ACTIONS, MENUS, TIMELINE_KEYS, TIMELINE_MENU
from gui.actions import Actions
from gui.widgets.fuzzy import fuzzy_score

WIDTH = 560
NATIVE = QKeySequence.SequenceFormat.NativeText


class Overlay(QFrame):
    """A frame in the middle of the window's upper part."""

    preferred_height = 0  # px; 0: as much as its contents ask for

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._former: QWidget | None = None
        self.setObjectName("overlay")
        self.setAutoFillBackground(True)
        self.hide()

    def pop_up(self, focused: QWidget) -> None:
        """Shows it and gives it the keyboard; dismissing gives the keyboard back."""
        self._former = self._window.window().focusWidget()
        self.adjustSize()
        self._lay_over()
        self.show()
        self.raise_()
        focused.setFocus(Qt.FocusReason.PopupFocusReason)

    def event(self, event: QEvent) -> bool:
        """What needs more room while it is shown, an error say, gets it."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            self._lay_over()
        return done

    def _lay_over(self) -> None:
        window = self._window
        width = min(max(WIDTH, self.sizeHint().width()), window.width() - 64)
        height = min(self.preferred_height or self.sizeHint().height(), window.height() - 96)
        self.setGeometry((window.width() - width) // 2, 64, width, height)

    def dismiss(self) -> None:
        self.hide()
        if self._former is not None and self._former.isVisible():
            self._former.setFocus(Qt.FocusReason.PopupFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)


class KeysOverlay(Overlay):
    """All keys: those of the actions by menu, those that the timeline handles itself."""

    def __init__(self, actions: Actions, window: QWidget) -> None:
        super().__init__(window)
        self.setAccessibleName("Keys")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        grid = QGridLayout(self)
        grid.setContentsMargins(24, 16, 24, 16)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        groups: dict[str, list[tuple[str, str]]] = {menu: [] for menu in MENUS}
        for spec in ACTIONS:
            if spec.key and spec.menu:
                groups[spec.menu].append((actions[spec.id].shortcut().toString(NATIVE), spec.text))
        groups["View"].append(("Ctrl+1 … Ctrl+9", "Show or hide a panel"))
        groups[TIMELINE_MENU] += [(hint.keys, hint.does) for hint in TIMELINE_KEYS]
        rows = [0, 0, 0]
        for name, keys in groups.items():
            place = 2 if name == TIMELINE_MENU else (0 if name in ("File", "Run") else 1)
            self._add_group(grid, name, keys, place, rows)
        for place in range(3):
            grid.setRowStretch(rows[place], 1)

    @staticmethod
    def _add_group(grid: QGridLayout, name: str, keys: Iterable[tuple[str, str]], place: int, rows: list[int]) -> None:
        title = QLabel(name)
        title.setProperty("role", "title")
        grid.addWidget(title, rows[place], 3 * place, 1, 2)
        rows[place] += 1
        for key, does in keys:
            label = QLabel(key)
            label.setProperty("role", "key")
            grid.addWidget(label, rows[place], 3 * place, Qt.AlignmentFlag.AlignRight)
            grid.addWidget(QLabel(does.removesuffix("…")), rows[place], 3 * place + 1)
            grid.setColumnMinimumWidth(3 * place + 2, 16)
            rows[place] += 1

    def mousePressEvent(self, _event: object) -> None:
        self.dismiss()

    def focusOutEvent(self, _event: object) -> None:
        self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta):
            self.dismiss()


class CommandPalette(Overlay):
    """Finds an action by any of its letters in order, and does it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAccessibleName("Command palette")
        self._offered: list[QAction] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(4)
        self.input = QLineEdit(self)
        self.input.setPlaceholderText("Type what you want to do")
        self.input.setAccessibleName("Command")
        self.list = QTreeWidget(self)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setColumnCount(2)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.list.header().setStretchLastSection(False)
        self.list.setAccessibleName("Commands that match")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setMinimumHeight(280)
        layout.addWidget(self.input)
        layout.addWidget(self.list)
        self.input.textChanged.connect(self._filter)
        self.input.returnPressed.connect(self._do)
        self.list.itemClicked.connect(lambda _item: self._do())
        self.input.installEventFilter(self)

    def offer(self, actions: Iterable[QAction]) -> None:
        """Opens with these actions; those that are not possible now are left out."""
        self._offered = [action for action in actions if action.isEnabled() and action.text()]
        self.input.clear()
        self._filter("")
        self.pop_up(self.input)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut and self.isVisible():
            self.hide()
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
            count = self.list.topLevelItemCount()
            if step and count:
                self._choose((self.list.currentIndex().row() + step) % count)
                return True
        return False

    def _filter(self, text: str) -> None:
        scored = [
            (score, action) for action in self._offered if (score := fuzzy_score(text, action.text())) is not None
        ]
        if text.strip():
            scored.sort(key=lambda pair: -pair[0])
        self.list.clear()
        for _, action in scored:
            key = action.shortcut().toString(NATIVE)
            item = QTreeWidgetItem(self.list, [action.text().removesuffix("…"), key])
            item.setData(0, Qt.ItemDataRole.UserRole, action)
            item.setToolTip(0, action.toolTip())
        self._choose(0)

    def _choose(self, row: int) -> None:
        self.list.setCurrentIndex(self.list.model().index(row, 0))

    def _do(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            action = item.data(0, Qt.ItemDataRole.UserRole)
            self.dismiss()
            action.trigger()
