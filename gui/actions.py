"""The table of actions as live QActions."""

from collections.abc import Callable, Set

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
            action.setStatusTip("")
            self._actions[spec.id] = action
            self.set_tip(spec.id, spec.tip)
        self.draw_icons()

    def __getitem__(self, identifier: str) -> QAction:
        return self._actions[identifier]

    def all(self) -> list[QAction]:
        return list(self._actions.values())

    def connect_to(self, **handlers: Callable[[], object]) -> None:
        """Connects actions to what they do; underscores stand for the hyphens of ids."""
        for name, handler in handlers.items():
            self._actions[name.replace("_", "-")].triggered.connect(lambda _checked=False, handler=handler: handler())

    def set_tip(self, identifier: str, tip: str) -> None:
        """What an action does, in the moment; its key is told with it."""
        action = self._actions[identifier]
        key = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{tip} ({key})" if key else tip)

    def update_enabled(self, holding: Set[When]) -> None:
        """Enables what is possible while the conditions in `holding` hold."""
        for spec in ACTIONS:
            self._actions[spec.id].setEnabled(spec.when is When.ALWAYS or spec.when in holding)

    @staticmethod
    def why_not(action: QAction) -> str:
        """When an action of the table that is not possible now would be; "" for one that is."""
        when = next((spec.when for spec in ACTIONS if spec.id == action.objectName()), When.ALWAYS)
        return "" if action.isEnabled() else f"possible when {when.value}"

    def draw_icons(self) -> None:
        """Draws the icons anew, in the theme's colour."""
        for spec in ACTIONS:
            if spec.icon:
                self._actions[spec.id].setIcon(icon(spec.icon, self._colour()))
