"""What takes the focus by Tab within a widget, as it stands on screen, and who has it next."""

from collections.abc import Iterator, Sequence

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QMainWindow, QScrollArea, QTabBar, QWidget

ROW_PX = 10  # middles less than this apart stand in one row


def move_focus(stops: Sequence[QWidget], *, forward: bool) -> bool:
    """Gives the focus to the next of these stops, or the previous one, all around; False when there is none."""
    if not stops:
        return False
    current: QWidget | None = stops[0].window().focusWidget()
    while current is not None and current not in stops:
        current = current.parentWidget()
    step = 1 if forward else -1
    place = stops.index(current) + step if current is not None else (0 if forward else -1)
    target = stops[place % len(stops)]
    target.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
    _scroll_to(target)
    return True


def stops_in(widget: QWidget) -> Iterator[QWidget]:
    """The widget itself and what is in it, as far as it can be seen and takes the focus by Tab."""
    if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isEnabled() and widget.focusProxy() is None:
        scrolls = isinstance(widget, QScrollArea)  # it has nothing to do with the focus that its contents haven't
        if not scrolls:
            yield widget
    if isinstance(widget, QTabBar):
        return  # its own arrows scroll by themselves
    for child in _in_rows(shown(widget)):
        yield from stops_in(child)


def shown(widget: QWidget) -> list[QWidget]:
    """Children that can be seen; panels behind other tabs stay "visible" for Qt and stand outside of the window."""
    children = (child for child in widget.children() if isinstance(child, QWidget))
    inside = QRect(QPoint(0, 0), widget.size())
    is_window = isinstance(widget, QMainWindow)
    return [
        child
        for child in children
        if child.isVisible() and not child.isWindow() and (not is_window or child.geometry().intersects(inside))
    ]


def _in_rows(widgets: list[QWidget]) -> list[QWidget]:
    """From top to bottom, in a row from left to right."""
    ordered: list[QWidget] = []
    row: list[QWidget] = []
    for widget in sorted(widgets, key=lambda one: one.geometry().center().y()):
        if row and widget.geometry().center().y() - row[0].geometry().center().y() >= ROW_PX:
            ordered += sorted(row, key=QWidget.x)
            row = []
        row.append(widget)
    return ordered + sorted(row, key=QWidget.x)


def _scroll_to(target: QWidget) -> None:
    above = target.parentWidget()
    while above is not None:
        if isinstance(above, QScrollArea):
            above.ensureWidgetVisible(target)
        above = above.parentWidget()
