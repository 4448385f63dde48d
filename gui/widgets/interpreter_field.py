"""Chooses the interpreter, and takes the path of another one: examined, and refused at the field with the reason."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from gui.bridges.interpreter_list import InterpreterList
from gui.state.run_configuration import RunConfiguration
from gui.widgets.parameter_field import FieldRow
from gui.widgets.run_choices import InterpreterBox


class InterpreterField(QWidget):
    """The choice, and a line for a path that opens on "Add interpreter…". Others may stand in the same window."""

    shown = Signal(QWidget)  # asks to be scrolled into view

    def __init__(
        self,
        configuration: RunConfiguration,
        interpreters: InterpreterList,
        parent: QWidget | None = None,
        *,
        width: int | None = None,
    ) -> None:
        """`width`: px of the choice, and of the line; without it they are as wide as they like."""
        super().__init__(parent)
        self._configuration = configuration
        self._interpreters = interpreters
        box = InterpreterBox(configuration, interpreters, self.ask_for_path)
        self.row = FieldRow("Interpreter", box)
        self.path = QLineEdit()
        self.path.setPlaceholderText("A Python 3.11 or newer, or its folder")
        self.path.returnPressed.connect(self._on_path_entered)
        browse = QPushButton("Browse…")
        browse.clicked.connect(self._on_browse_clicked)
        use = QPushButton("Add")
        use.clicked.connect(self._on_path_entered)
        line = QWidget()
        inner = QHBoxLayout(line)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(4)
        for widget in (self.path, browse, use):
            inner.addWidget(widget)
        if width is not None:
            box.setFixedWidth(width)
            line.setFixedWidth(width)
        self.adding = FieldRow("", line)
        self.adding.editor = self.path
        self.path.setAccessibleName("Path of another interpreter")
        self.adding.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.row)
        layout.addWidget(self.adding)
        interpreters.added.connect(self._on_added)
        interpreters.refused.connect(self._on_refused)
        self._chosen = configuration.interpreter
        configuration.changed.connect(self._on_choices_changed)

    def ask_for_path(self) -> None:
        """Opens the line for a path."""
        self.adding.show_error("")
        self.adding.show()
        self.path.setFocus()
        self._bring_into_view()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes the line."""
        if event.key() == Qt.Key.Key_Escape and self.adding.isVisible():
            self.leave_path()
        else:
            super().keyPressEvent(event)

    def leave_path(self) -> None:
        """Takes the line for a path away; who was in it goes on at the choice."""
        if self.adding.isHidden():
            return
        focused = QApplication.focusWidget()  # none while the path is examined: its line is disabled then
        had_focus = focused is None or self.adding.isAncestorOf(focused) or self._examining
        self.path.clear()
        self.adding.show_error("")
        self.adding.hide()
        if had_focus:
            self.row.editor.setFocus()

    def _bring_into_view(self) -> None:
        """Once the reason, too, has its place."""
        QTimer.singleShot(0, self, lambda: self.shown.emit(self))

    def _on_browse_clicked(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Choose a Python interpreter", self.path.text() or "/usr/bin")
        if chosen:
            self.path.setText(chosen)
            self._on_path_entered()

    def _on_path_entered(self) -> None:
        text = self.path.text().strip()
        if text:
            self.adding.show_error("")
            self.path.setEnabled(False)
            self._interpreters.add(text)

    @property
    def _examining(self) -> bool:
        """Whether the path that stands here is being looked at."""
        return not self.path.isEnabled()

    def _on_added(self, path: str) -> None:
        if self._examining:
            self._configuration.set_interpreter(path)
            self.leave_path()
            self.path.setEnabled(True)

    def _on_refused(self, reason: str) -> None:
        if not self._examining:
            return
        self.path.setEnabled(True)
        self.adding.show_error(f"{reason[:1].upper()}{reason[1:].rstrip('.')}.")
        self.path.setFocus()
        self._bring_into_view()

    def _on_choices_changed(self) -> None:
        self.row.show_error("")
        if self._configuration.interpreter != self._chosen:
            self._chosen = self._configuration.interpreter
            if not self._examining:
                self.leave_path()  # another one was chosen instead
