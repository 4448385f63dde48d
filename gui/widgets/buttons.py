"""Buttons whose icons follow the theme."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QToolButton, QWidget

from gui.theme import ActiveTheme
from gui.widgets.icons import icon

ICON_SIZE = QSize(16, 16)


class IconButton(QToolButton):
    """A small flat button that is all icon; `tip` names it."""

    def __init__(
        self, themes: ActiveTheme, sign: str, tip: str, do: Callable[[], object], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._themes = themes
        self._sign = sign
        self.setProperty("flat", True)
        self.setIconSize(ICON_SIZE)
        self.setToolTip(tip)
        self.setAccessibleName(tip)
        self.clicked.connect(lambda _=False: do())
        themes.changed.connect(self._draw)
        self._draw()

    def _draw(self) -> None:
        self.setIcon(icon(self._sign, self._themes.current.surfaces.text))


class ProminentButton(QToolButton):
    """Stands for an action, with its icon in a colour of the theme that suits the button's own."""

    def __init__(
        self, themes: ActiveTheme, action: QAction, sign: str, colour: str, parent: QWidget | None = None
    ) -> None:
        """`colour` names a field of the theme's surfaces."""
        super().__init__(parent)
        self._themes = themes
        self._action = action
        self._sign = sign
        self._colour = colour
        self.setText(action.text())
        self.setToolTip(action.toolTip())
        self.setIconSize(ICON_SIZE)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clicked.connect(action.trigger)
        action.changed.connect(self._follow)
        themes.changed.connect(self._draw)
        self._follow()
        self._draw()

    def _follow(self) -> None:
        self.setEnabled(self._action.isEnabled())

    def _draw(self) -> None:
        colours = self._themes.current.surfaces
        self.setIcon(icon(self._sign, getattr(colours, self._colour), colours.text_off))
