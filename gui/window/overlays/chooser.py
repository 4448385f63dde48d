"""Finds one of many by any of its letters in order: the base of what is found so, and the command palette."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QHeaderView, QLabel, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from engine.model.format import count
from gui.widgets.assistive import announce
from gui.widgets.fuzzy import fuzzy_score
from gui.window.overlays.overlay import NATIVE, Overlay

LIST_PX = 280
MOST_SHOWN = 200


class Choice(NamedTuple):
    """One that can be chosen: what it is, what is searched and shown of it, what stands beside it.

    `faint`: it does not do much at the moment, and comes after what fits as well.
    """

    thing: Any
    text: str
    beside: str
    tip: str = ""
    also_searched: str = ""
    faint: bool = False


class Chooser(Overlay):
    """A field and what matches best; Enter or a click takes the chosen one."""

    def __init__(self, window: QWidget, name: str, field: str, hint: str, things: tuple[str, str]) -> None:
        """`name` of it, of its field, what the empty field says, and what one and many of its choices are called."""
        super().__init__(window)
        self.setAccessibleName(name)
        self._things = things
        self._offered: list[Choice] = []
        self._take: Callable[[Any], object] = lambda _thing: None
        self.input = QLineEdit(self)
        self.input.setPlaceholderText(hint)
        self.input.setAccessibleName(field)
        self.list = QTreeWidget(self)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setColumnCount(2)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.list.header().setStretchLastSection(False)
        self.list.setAccessibleName(f"{things[1].capitalize()} that match")
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

    def ask(self, offered: Iterable[Choice], take: Callable[[Any], object]) -> None:
        """Opens with these; `take` gets the thing that is chosen."""
        self._offered, self._take = list(offered), take
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
        scored = [(score, choice) for choice in self._offered if (score := _score(text, choice)) is not None]
        if text.strip():
            scored.sort(key=lambda pair: pair[0], reverse=True)
        scored.sort(key=lambda pair: pair[1].faint)
        self.list.clear()
        faint = self.palette().placeholderText()
        for _, choice in scored[:MOST_SHOWN]:
            item = QTreeWidgetItem(self.list, [choice.text, choice.beside])
            item.setData(0, Qt.ItemDataRole.UserRole, choice.thing)
            item.setToolTip(0, choice.tip)
            if choice.faint:
                for column in range(2):
                    item.setForeground(column, faint)
        left = len(scored) - MOST_SHOWN
        one, many = self._things
        self.more.setText(f"and {count(left, one, many)} more" if left > 0 else "" if scored else f"No {one} matches.")
        self.more.setVisible(bool(self.more.text()))
        self._set_row(0)

    def _set_row(self, row: int) -> None:
        self.list.setCurrentIndex(self.list.model().index(row, 0))
        item = self.list.currentItem()
        announce(self.input, f"{item.text(0)}, {item.text(1)}".rstrip(" ,") if item is not None else self.more.text())

    def _choose(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self.dismiss()
            self._take(item.data(0, Qt.ItemDataRole.UserRole))


def _score(typed: str, choice: Choice) -> tuple[bool, float] | None:
    """How well a choice matches, the greater the better: what is in its own text goes before what needs more."""
    own = fuzzy_score(typed, choice.text)
    if own is not None:
        return True, own
    score = fuzzy_score(typed, f"{choice.text} {choice.also_searched}") if choice.also_searched else None
    return (False, score) if score is not None else None


class CommandPalette(Chooser):
    """Finds an action and does it."""

    def __init__(self, window: QWidget, why_not: Callable[[QAction], str], remark: Callable[[str], object]) -> None:
        """`why_not` tells when an action that is not possible now would be; `remark` says it to who chooses it."""
        super().__init__(window, "Command palette", "Command", "Type what you want to do", ("command", "commands"))
        self._why_not, self._remark = why_not, remark

    def offer(self, actions: Iterable[QAction]) -> None:
        """Opens with these actions; those that are not possible now come last and say when they would be."""
        self.ask([self._choice(action) for action in actions if action.isVisible()], self._do)

    def _choice(self, action: QAction) -> Choice:
        key, why_not = action.shortcut().toString(NATIVE), self._why_not(action)
        beside = f"{why_not}   {key}".rstrip() if why_not else key
        return Choice(action, action.text().removesuffix("…"), beside, action.toolTip(), faint=bool(why_not))

    def _do(self, action: QAction) -> None:
        if action.isEnabled():
            action.trigger()
        else:
            self._remark(f"{action.text().removesuffix('…')}: {self._why_not(action)}.")
