"""What assistive technology is told of widgets that paint themselves: what they are, and what has just been chosen."""

from functools import cache

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleInterface
from PySide6.QtWidgets import QAccessibleWidget, QLabel, QWidget

PAINTED = QAccessible.Role.Chart
WRITTEN = QAccessible.Role.StaticText
_ROLE = "_assistive_role"


def announce(widget: QWidget, words: str) -> None:
    """Says this at once to whoever has the focus on the widget."""
    if words and QAccessible.isActive() and widget.hasFocus():
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, words))


def give_role(widget: QWidget, role: QAccessible.Role) -> None:
    """Without one, a widget that paints itself is a filler, which screen readers pass over."""
    _offer_interfaces()
    widget.setProperty(_ROLE, role.value)


def label_unseen(widget: QWidget) -> None:
    """For one beside which no label stands: on Linux a combo box is called by its label, and by nothing else."""
    label = QLabel(widget.accessibleName(), widget.parentWidget())
    label.setBuddy(widget)
    label.hide()


@cache
def _offer_interfaces() -> None:
    QAccessible.installFactory(_interface)


def _interface(_class_name: str, thing: QObject) -> QAccessibleInterface | None:
    if not isinstance(thing, QWidget) or (role := thing.property(_ROLE)) is None:
        return None
    return QAccessibleWidget(thing, r=QAccessible.Role(role))
