"""A read-only view of a Python file with line numbers and marked lines."""

from collections.abc import Mapping

from PySide6.QtCore import QRect, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent, QShowEvent, QTextCursor, QTextFormat
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from gui.panels.source.highlighter import PythonHighlighter
from gui.theme import ActiveTheme, code_font
from gui.widgets.dress_when_seen import DressWhenSeen


class SourceView(QPlainTextEdit):
    """Shows one file at a time."""

    def __init__(self, themes: ActiveTheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self.file = ""
        self._text = ""
        self._marked: dict[int, str] = {}
        self._centred_at = 0  # where the scroll bar stood then
        self.setReadOnly(True)
        self.setFont(code_font())
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setAccessibleName("Source")
        self._numbers = _LineNumbers(self)
        self._highlighter = PythonHighlighter(self.document(), themes.current)
        self.blockCountChanged.connect(self._make_room)
        self.updateRequest.connect(self._on_update_request)
        DressWhenSeen(self, themes, self._dress)
        self._make_room()

    def show_text(self, file: str, text: str) -> None:
        """Shows the text of a file."""
        if (file, text) != (self.file, self._text):
            self.file, self._text = file, text
            self._marked = {}
            self.setPlainText(text)

    def mark(self, lines: Mapping[int, str], show: int) -> None:
        """Marks lines, each with a colour, and brings the line `show` into the middle."""
        self._marked = dict(lines)
        self._paint_marks()
        block = self.document().findBlockByNumber(max(0, show - 1))
        cursor = QTextCursor(block)
        self.setTextCursor(cursor)
        self._centre()

    def showEvent(self, event: QShowEvent) -> None:
        """Only what has its size can bring a line into the middle."""
        super().showEvent(event)
        if self._marked:
            QTimer.singleShot(0, self, self._centre)

    def _centre(self) -> None:
        self.centerCursor()
        self._centred_at = self.verticalScrollBar().value()

    def number_width(self) -> int:
        digits = max(3, len(str(self.blockCount())))
        return self.fontMetrics().horizontalAdvance("9" * digits) + 16

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        area = self.contentsRect()
        self._numbers.setGeometry(QRect(area.left(), area.top(), self.number_width(), area.height()))
        if self._marked and self.verticalScrollBar().value() == self._centred_at:  # nobody has scrolled since
            self._centre()

    def paint_numbers(self, event: QPaintEvent) -> None:
        """Paints the margin."""
        theme = self._themes.current
        painter = QPainter(self._numbers)
        painter.fillRect(event.rect(), theme.color("panel"))
        painter.setFont(self.font())
        block = self.firstVisibleBlock()
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
        width, height = self._numbers.width() - 8, self.fontMetrics().height()
        while block.isValid() and top <= event.rect().bottom():
            number = block.blockNumber() + 1
            painter.setPen(QColor(theme.surfaces.text if number in self._marked else theme.surfaces.text_dim))
            if block.isVisible():
                painter.drawText(0, round(top), width, height, Qt.AlignmentFlag.AlignRight, str(number))
            top += self.blockBoundingRect(block).height()
            block = block.next()

    def _paint_marks(self) -> None:
        marks = []
        for line, colour in self._marked.items():
            mark = QTextEdit.ExtraSelection()
            mark.cursor = QTextCursor(self.document().findBlockByNumber(line - 1))
            mark.format.setBackground(QColor(colour))
            mark.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
            marks.append(mark)
        self.setExtraSelections(marks)

    def _make_room(self) -> None:
        self.setViewportMargins(self.number_width(), 0, 0, 0)

    def _on_update_request(self, area: QRect, scrolled: int) -> None:
        if scrolled:
            self._numbers.scroll(0, scrolled)
        else:
            self._numbers.update(0, area.y(), self._numbers.width(), area.height())

    def _dress(self) -> None:
        self._highlighter.dress(self._themes.current)
        self._paint_marks()


class _LineNumbers(QWidget):
    """The margin of a SourceView."""

    def __init__(self, view: SourceView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self) -> QSize:
        return QSize(self._view.number_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._view.paint_numbers(event)
