"""Chooses the interpreter, and takes the path of another one: examined, and refused at the field with the reason."""

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from gui.interpreter_list import InterpreterList
from gui.state.run_configuration import RunConfiguration
from gui.widgets.parameter_field import FieldRow
from gui.widgets.run_choices import InterpreterBox


class InterpreterField(QWidget):
    """The choice, and a line for a path that opens on "Add interpreter…"."""

    def __init__(
        self, configuration: RunConfiguration, interpreters: InterpreterList, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._configuration = configuration
        self._interpreters = interpreters
        self.row = FieldRow("Interpreter", InterpreterBox(configuration, interpreters, self.ask_for_path))
        self.path = QLineEdit()
        self.path.setPlaceholderText("Path of a Python 3.11 or newer")
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
        configuration.changed.connect(lambda: self.row.show_error(""))

    def ask_for_path(self) -> None:
        """Opens the line for a path."""
        self.adding.show_error("")
        self.adding.show()
        self.path.setFocus()

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

    def _on_added(self, path: str) -> None:
        self.path.setEnabled(True)
        self.path.clear()
        self.adding.hide()
        self._configuration.set_interpreter(path)

    def _on_refused(self, reason: str) -> None:
        self.path.setEnabled(True)
        self.adding.show_error(reason)
        self.path.setFocus()
