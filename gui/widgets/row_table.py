"""A table of Python objects, one a row: sortable, refreshed in place, its selection kept by key."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyledItemDelegate, QTableView, QWidget

from engine.model.extract import as_tsv
from gui.theme import code_font

Row = TypeVar("Row")
_Index = QModelIndex | QPersistentModelIndex
SHARE_ROLE = Qt.ItemDataRole.UserRole + 1
ROW_HEIGHT = 24


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column: its title, what it says of a row, what it sorts by, its width in px (0: takes what is left)."""

    title: str
    text: Callable[[Row], str]
    width: int = 0
    sort_key: Callable[[Row], Any] | None = None
    number: bool = False
    tip: Callable[[Row], str] | None = None
    colour: Callable[[Row], str] | None = None  # "" for the ordinary text colour
    share: Callable[[Row], float | None] | None = None  # 0–1 for a bar behind the text
    explain: str = ""
    code: bool = False  # in the fixed-width font

    def in_words(self, row: Row) -> str:
        """What a cell says, or what its picture stands for."""
        return self.text(row) or (self.tip(row) if self.tip is not None else "")


class RowModel(QAbstractTableModel, Generic[Row]):
    """Rows in the order of the chosen column; without one, in the order given."""

    def __init__(self, columns: Sequence[Column[Row]], key: Callable[[Row], Hashable], parent: QWidget) -> None:
        super().__init__(parent)
        self.columns = columns
        self.key = key
        self.rows: list[Row] = []
        self._given: list[Row] = []
        self._sort: tuple[int, bool] | None = None

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Shows these rows; as long as their keys stay, only texts are repainted and nothing jumps."""
        self._given = list(rows)
        ordered = self._ordered()
        same = [self.key(row) for row in ordered] == [self.key(row) for row in self.rows]
        if same:
            self.rows = ordered
            self.retell()
            return
        self.beginResetModel()
        self.rows = ordered
        self.endResetModel()

    def retell(self) -> None:
        """What columns say of the same rows is another thing now."""
        if self.rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.rows) - 1, len(self.columns) - 1))

    def append_rows(self, rows: Sequence[Row]) -> None:
        """Adds rows at the end of an unsorted table."""
        if not rows:
            return
        self._given.extend(rows)
        self.beginInsertRows(QModelIndex(), len(self.rows), len(self.rows) + len(rows) - 1)
        self.rows.extend(rows)
        self.endInsertRows()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._sort = (column, order == Qt.SortOrder.DescendingOrder) if column >= 0 else None
        self.beginResetModel()
        self.rows = self._ordered()
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.explain or None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        column, row = self.columns[index.column()], self.rows[index.row()]
        answer = _ANSWERS.get(role)
        return answer(column, row) if answer is not None else None

    def _ordered(self) -> list[Row]:
        if self._sort is None:
            return list(self._given)
        number, descending = self._sort
        column = self.columns[number]
        return sorted(self._given, key=column.sort_key or column.text, reverse=descending)


class ShareBar(QStyledItemDelegate):
    """Paints a share as a bar behind the cell's text."""

    def __init__(self, parent: QWidget, colour: Callable[[], QColor]) -> None:
        super().__init__(parent)
        self._colour = colour

    def paint(self, painter: Any, option: Any, index: _Index) -> None:
        share = index.data(SHARE_ROLE)
        if share is not None:
            area = option.rect.adjusted(4, 4, -4, -4)
            track = QColor(self._colour())
            track.setAlpha(40)
            painter.fillRect(area, track)
            area.setWidth(round(area.width() * max(0.0, min(1.0, share))))
            fill = QColor(self._colour())
            fill.setAlpha(130)
            painter.fillRect(area, fill)
        super().paint(painter, option, index)


class RowTable(QTableView, Generic[Row]):
    """Shows a RowModel. `row_chosen` tells the row the user clicked or moved to with the keyboard."""

    row_chosen = Signal(object)
    row_opened = Signal(object)  # double click or Enter

    def __init__(
        self, name: str, columns: Sequence[Column[Row]], key: Callable[[Row], Hashable], parent: QWidget | None = None
    ) -> None:
        """`name` is what assistive technology calls the table; `key` tells rows apart across refreshes."""
        super().__init__(parent)
        self.setAccessibleName(name)
        self.row_model = RowModel(columns, key, self)
        self.setModel(self.row_model)
        self._refreshing = False
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.verticalHeader().setMinimumSectionSize(ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(40)
        for number, column in enumerate(columns):
            if column.width:
                self.setColumnWidth(number, column.width)
            else:
                header.setSectionResizeMode(number, QHeaderView.ResizeMode.Stretch)
        self.selectionModel().currentRowChanged.connect(self._on_current_row_changed)
        self.clicked.connect(lambda index: self.row_chosen.emit(self.row_model.rows[index.row()]))
        self.activated.connect(lambda index: self.row_opened.emit(self.row_model.rows[index.row()]))

    def make_sortable(self, column: int = -1, *, descending: bool = False) -> None:
        """Lets headers sort; begins with `column`, -1 for the order in which rows are given."""
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        self.horizontalHeader().setSortIndicator(column, order)
        self.setSortingEnabled(True)

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Shows these rows; the chosen one stays chosen, the scroll position stays."""
        chosen = self.chosen()
        key = self.row_model.key(chosen) if chosen is not None else None
        place = self.verticalScrollBar().value()
        self._refreshing = True
        self.row_model.set_rows(rows)
        if key is not None and self.chosen() is None:
            for number, row in enumerate(self.row_model.rows):
                if self.row_model.key(row) == key:
                    self.selectRow(number)
        self.verticalScrollBar().setValue(place)
        self._refreshing = False

    def chosen(self) -> Row | None:
        index = self.currentIndex()
        return self.row_model.rows[index.row()] if index.isValid() and index.row() < len(self.row_model.rows) else None

    def copied(self) -> str:
        """The chosen row, else all of them, under their headings: columns parted by tabs."""
        chosen = self.chosen()
        rows = self.row_model.rows if chosen is None else [chosen]
        columns = self.row_model.columns
        return as_tsv([[each.title for each in columns], *([each.in_words(row) for each in columns] for row in rows)])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.copied())
        else:
            super().keyPressEvent(event)

    def _on_current_row_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid() and self.hasFocus() and not self._refreshing:
            self.row_chosen.emit(self.row_model.rows[current.row()])


def _alignment(column: Column[Any]) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column.number else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _brush(column: Column[Any], row: Any) -> QBrush | None:
    colour = column.colour(row) if column.colour else ""
    return QBrush(QColor(colour)) if colour else None


_ANSWERS: dict[int, Callable[[Column[Any], Any], Any]] = {
    Qt.ItemDataRole.DisplayRole: lambda column, row: column.text(row),
    Qt.ItemDataRole.AccessibleTextRole: lambda column, row: column.in_words(row),
    Qt.ItemDataRole.TextAlignmentRole: lambda column, _row: _alignment(column),
    Qt.ItemDataRole.ToolTipRole: lambda column, row: (column.tip or column.text)(row),
    Qt.ItemDataRole.ForegroundRole: _brush,
    Qt.ItemDataRole.FontRole: lambda column, _row: code_font() if column.code else None,
    SHARE_ROLE: lambda column, row: column.share(row) if column.share else None,
}
