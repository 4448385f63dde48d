"""What stands beside a plot: its name, the top of its scale, values under the pointer; a click collapses the plot."""

from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

from gui.theme import FONT_PX, FONT_SMALL_PX, Theme, make_theme, ui_font
from gui.widgets.chevron import paint_chevron

COLLAPSED_PX = 24
LINE_PX = 16
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class PlotHeader(QAbstractButton):
    """A button that is checked while its plot is open."""

    def __init__(self, title: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._top = ""
        self._values: list[tuple[str, str, QColor]] = []
        self._theme: Theme = make_theme(dark=True)
        self.setCheckable(True)
        self.setChecked(True)
        self.setToolTip(f"{tip}. Click to collapse or expand.")
        self.setAccessibleName(title)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    @property
    def expanded(self) -> bool:
        return self.isChecked()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_top(self, text: str) -> None:
        """The value at the top of the scale."""
        if text != self._top:
            self._top = text
            self.update()

    def set_values(self, values: list[tuple[str, str, QColor]]) -> None:
        """Name (may be empty), value and colour of each curve."""
        if values != self._values:
            self._values = values
            self.setAccessibleDescription(", ".join(f"{name} {value}".strip() for name, value, _ in values))
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(160, COLLAPSED_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            theme, width = self._theme, self.width()
            painter.fillRect(self.rect(), theme.color("hovered" if self.underMouse() else "panel"))
            painter.fillRect(0, self.height() - 1, width, 1, theme.color("border"))
            painter.fillRect(width - 1, 0, 1, self.height(), theme.color("border"))
            paint_chevron(painter, QPointF(8, 12), self._theme.color("text_dim"), expanded=self.expanded)
            painter.setFont(ui_font(FONT_PX - 1))
            painter.setPen(theme.color("text" if self.expanded else "text_dim"))
            painter.drawText(QRect(24, 2, width - 32, 20), _LEFT, self._title)
            if self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(theme.color("accent"))
                painter.drawRect(self.rect().adjusted(0, 0, -2, -2))
            if not self.expanded:
                return
            small = QFontMetrics(ui_font(FONT_SMALL_PX))
            painter.setFont(ui_font(FONT_SMALL_PX))
            painter.setPen(theme.color("text_dim"))
            if self.height() < 2 * LINE_PX + 4:  # too low for a second line: the value counts for more than the scale
                self._paint_only_value(painter)
                return
            painter.drawText(QRect(24, 2, width - 32, 20), _RIGHT, self._top)
            top = 20
            for name, value, colour in self._values:
                if top + LINE_PX > self.height():
                    break
                painter.fillRect(24, top + 6, 8, 3, colour)
                painter.setPen(theme.color("text_dim"))
                shown = small.elidedText(name, Qt.TextElideMode.ElideRight, width - 116)
                painter.drawText(QRect(36, top, width - 110, LINE_PX), _LEFT, shown)
                painter.setPen(theme.color("text"))
                painter.drawText(QRect(24, top, width - 32, LINE_PX), _RIGHT, value)
                top += LINE_PX

    def _paint_only_value(self, painter: QPainter) -> None:
        if self._values:
            _, value, colour = self._values[0]
            width = QFontMetrics(painter.font()).horizontalAdvance(value)
            painter.fillRect(self.width() - width - 22, 11, 8, 3, colour)
            painter.setPen(self._theme.color("text"))
            painter.drawText(QRect(24, 2, self.width() - 32, 20), _RIGHT, value)
