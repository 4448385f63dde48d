"""Recording a script of the user's own: which one, with which arguments."""

import shlex
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from gui.settings import Settings
from gui.widgets.parameter_field import FieldRow
from gui.window.overlays import Overlay

FIELD_WIDTH = 300


class RecordScript(Overlay):
    """A small form over the window. The script runs in its own folder; it is offered again the next time."""

    def __init__(self, settings: Settings, record: Callable[[Path, list[str]], str | None], window: QWidget) -> None:
        """`record` begins the run, or gives one plain line that says why it can't."""
        super().__init__(window)
        self.setAccessibleName("Record a script")
        self._settings = settings
        self._record = record
        self.script = self._line("")
        self.script.setPlaceholderText("A Python script")
        self.arguments = self._line("")
        self.arguments.setPlaceholderText("None")
        browse = QPushButton("Browse…", self)
        browse.clicked.connect(self._on_browse_clicked)
        chosen = QWidget(self)
        inner = QHBoxLayout(chosen)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self.script)
        inner.addWidget(browse)
        self.script_row = FieldRow("Script", chosen)
        self.script_row.editor = self.script
        self.script.setAccessibleName("Script")
        remark = "As in a shell. The script runs on the interpreter in the tool bar."
        self.arguments_row = FieldRow("Arguments", self.arguments, remark=remark)
        record_button = QPushButton("Record", self)
        record_button.setProperty("primary", True)
        record_button.clicked.connect(self._on_record)
        close = QPushButton("Close", self)
        close.clicked.connect(self.dismiss)
        title = QLabel("Record a script", self)
        title.setProperty("role", "title")
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(close)
        foot.addWidget(record_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 16, 24, 16)
        layout.setSpacing(8)
        for part in (title, self.script_row, self.arguments_row):
            layout.addWidget(part)
        layout.addLayout(foot)

    def open(self) -> None:
        """Offers the script of the last time."""
        self.script.setText(self._settings.get("script", ""))
        self.arguments.setText(self._settings.get("script_arguments", ""))
        self.script_row.show_error("")
        self.arguments_row.show_error("")
        self.pop_up(self.script)

    def _line(self, text: str) -> QLineEdit:
        line = QLineEdit(text, self)
        line.setMinimumWidth(FIELD_WIDTH)
        line.returnPressed.connect(self._on_record)
        return line

    def _on_browse_clicked(self) -> None:
        start = self.script.text() or str(Path.home())
        chosen, _ = QFileDialog.getOpenFileName(self, "Script", start, "Python (*.py *.pyw);;All files (*)")
        if chosen:
            self.script.setText(chosen)
            self.arguments.setFocus()

    def _on_record(self) -> None:
        try:
            arguments = shlex.split(self.arguments.text())
        except ValueError:
            self.arguments_row.show_error("A quotation mark is not closed.")
            return
        self.arguments_row.show_error("")
        script = Path(self.script.text().strip()).expanduser()
        refused = self._record(script, arguments) if self.script.text().strip() else "Name a script."
        self.script_row.show_error(refused or "")
        if not refused:
            self._settings.put("script", str(script))
            self._settings.put("script_arguments", self.arguments.text())
            self.dismiss()
