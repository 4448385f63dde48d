"""What lies over the window for a moment, such as the overlay of keys. Esc takes it away."""

from collections.abc import Iterable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QWidget,
)

from gui.action_table import ACTIONS, MENUS, TIMELINE_KEYS, TIMELINE_MENU
from gui.actions import Actions

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
