"""A label that never asks for more room than a few lines: what does not fit is elided and told by the tooltip."""

import math

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import QLabel, QWidget


class ElidedText(QLabel):
    """At most `lines` lines of wrapped text, the last one elided; in one line where that is enough."""

    def __init__(self, lines: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines = lines
        self.setMinimumWidth(1)

    def show_text(self, text: str) -> None:
        """Another text; the tooltip tells all of it."""
        self.setText(text)
        self.setToolTip(text)
        self.setAccessibleName(text)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return len(self.wrapped(width)) * self.fontMetrics().lineSpacing()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        whole = metrics.horizontalAdvance(self.text()) + 2
        return QSize(math.ceil(whole / self._lines), self._lines * metrics.lineSpacing())

    def minimumSizeHint(self) -> QSize:
        return QSize(1, self.fontMetrics().lineSpacing())

    def wrapped(self, width: int) -> list[str]:
        """The lines as they are shown in a width of so many px."""
        text, metrics = self.text(), QFontMetrics(self.font())
        layout = QTextLayout(text, self.font())
        layout.setTextOption(QTextOption())
        lines: list[str] = []
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(max(width, 1))
            start = line.textStart()
            if len(lines) == self._lines - 1:
                lines.append(metrics.elidedText(text[start:], Qt.TextElideMode.ElideRight, width))
                break
            lines.append(text[start : start + line.textLength()].rstrip())
        layout.endLayout()
        return lines or [""]

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setPen(self.palette().windowText().color())
            height, indent = self.fontMetrics().lineSpacing(), max(self.indent(), 0)
            lines = self.wrapped(self.width() - 2 * indent)
            top = (self.height() - height * len(lines)) // 2 + self.fontMetrics().ascent()
            for number, line in enumerate(lines):
                painter.drawText(indent, top + number * height, line)
