"""The table of actions as live QActions."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence

from gui.action_table import ACTIONS, IN_TIMELINE, When
from gui.widgets.icons import icon


class Actions(QObject):
    """The table as live QActions, looked up by id."""

    def __init__(self, parent: QObject, dark_icons: Callable[[], str]) -> None:
        """`dark_icons` gives the colour icons are drawn in at the moment."""
        super().__init__(parent)
        self._colour = dark_icons
        self._actions: dict[str, QAction] = {}
        for spec in ACTIONS:
            action = QAction(spec.text, self)
            action.setObjectName(spec.id)
            action.setCheckable(spec.checkable)
            if spec.key:
                action.setShortcut(QKeySequence(spec.key))
            if spec.menu in IN_TIMELINE and not (spec.menu == "Lanes" and spec.key.startswith("Ctrl+")):
                # what is typed elsewhere is no key of the timeline; Ctrl+F finds a lane wherever one is
                action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            key = f" ({action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)})" if spec.key else ""
            action.setToolTip(f"{spec.tip}{key}")
            action.setStatusTip("")
            self._actions[spec.id] = action
        self.draw_icons()

    def __getitem__(self, identifier: str) -> QAction:
        return self._actions[identifier]

    def all(self) -> list[QAction]:
        return list(self._actions.values())

    def connect_to(self, **handlers: Callable[[], object]) -> None:
        """Connects actions to what they do; underscores stand for the hyphens of ids."""
        for name, handler in handlers.items():
            self._actions[name.replace("_", "-")].triggered.connect(lambda _checked=False, handler=handler: handler())

    def update_enabled(self, holding: set[When]) -> None:
        """Enables what is possible while the conditions in `holding` hold."""
        for spec in ACTIONS:
            self._actions[spec.id].setEnabled(spec.when is When.ALWAYS or spec.when in holding)

    def draw_icons(self) -> None:
        """Draws the icons anew, in the theme's colour."""
        for spec in ACTIONS:
            if spec.icon:
                self._actions[spec.id].setIcon(icon(spec.icon, self._colour()))
