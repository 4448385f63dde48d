"""What stands in the corner over the names: a field that filters lanes, and how many of them are hidden."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QToolButton, QWidget

from gui.state.filters import Filters

GAP_PX = 4
TYPING_PX = 320  # of width, while something is typed


class LaneFilter(QWidget):
    """Takes no room while there is nothing to say: no field is open and no lane hidden."""

    left = Signal()  # the keyboard may go back to the lanes
    resized = Signal()

    def __init__(self, filters: Filters, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._filters = filters
        self._opened = False
        self.setObjectName("lane-filter")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.field = QLineEdit(self)
        self.field.setPlaceholderText("Filter lanes")
        self.field.setAccessibleName("Filter lanes")
        self.field.setToolTip(
            "Words of a lane's name, process or pid, separated by commas; -word leaves out. Esc ends it."
        )
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(filters.set_text)
        self.field.installEventFilter(self)
        self.chip = QToolButton(self)
        self.chip.clicked.connect(self._on_chip_clicked)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GAP_PX, 2, GAP_PX, 2)
        layout.setSpacing(GAP_PX)
        layout.addWidget(self.field, 1)
        layout.addWidget(self.chip)
        filters.changed.connect(self._on_filters_changed)
        self.show_hidden(0)
        self._on_filters_changed()

    def open(self) -> None:
        """Shows the field and gives it the keyboard."""
        self._opened = True
        self._on_filters_changed()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def close_field(self) -> None:
        """Shows all lanes again and takes the field away."""
        self._opened = False
        self.field.clear()
        self._on_filters_changed()
        self.left.emit()

    def show_hidden(self, lanes: int) -> None:
        """How many lanes are not shown."""
        self.chip.setText(f"{lanes} hidden")
        self.chip.setAccessibleName(f"Show {lanes} hidden lanes")
        self.chip.setToolTip("Show all lanes again (Shift+H)")
        self.chip.setVisible(lanes > 0)
        self._fit()

    def place(self, width_px: int, height_px: int) -> None:
        """Into a corner of this size; only as wide as it needs to be. While one types it may cover the ruler."""
        room = max(width_px, TYPING_PX) if self.field.hasFocus() else width_px
        wanted = room if self.field.isVisibleTo(self) else min(self.sizeHint().width(), room)
        self.setGeometry(max(width_px - wanted, 0), 0, wanted - 1, height_px - 1)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.resized.emit()
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Escape:
                self.close_field()
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):  # which would go on to the lanes and fold some
                self.left.emit()
                return True
        return False

    def _on_chip_clicked(self) -> None:
        self._filters.show_all_lanes()
        self.left.emit()

    def _on_filters_changed(self) -> None:
        """The text may have been changed elsewhere: another recording, everything shown again."""
        if self.field.text() != self._filters.text:
            self.field.setText(self._filters.text)
            self._opened = False
        self.field.setVisible(self._opened or bool(self._filters.text))
        self._fit()

    def _fit(self) -> None:
        self.setVisible(self.field.isVisibleTo(self) or self.chip.isVisibleTo(self))
        self.resized.emit()
