"""Where a note is written: one line over the window. Enter keeps it, Esc leaves everything as it was."""

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from gui.window.overlays.overlay import Overlay

MOST_LETTERS = 2_000


class NoteEditor(Overlay):
    """For one note at a time."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAccessibleName("Note")
        self._keep: Callable[[str], object] = lambda _text: None
        self.title = QLabel(self)
        self.title.setProperty("role", "title")
        self.line = QLineEdit(self)
        self.line.setAccessibleName("Text of the note")
        self.line.setPlaceholderText("What is to be seen here (may stay empty)")
        self.line.setMaxLength(MOST_LETTERS)
        self.line.returnPressed.connect(self._done)
        keep = QPushButton("Keep", self)
        keep.setProperty("primary", True)
        keep.clicked.connect(self._done)
        cancel = QPushButton("Cancel", self)
        cancel.clicked.connect(self.dismiss)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(cancel)
        foot.addWidget(keep)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 16, 24, 16)
        layout.setSpacing(8)
        layout.addWidget(self.title)
        layout.addWidget(self.line)
        layout.addLayout(foot)

    def ask(self, title: str, text: str, keep: Callable[[str], object]) -> None:
        """Opens with this text; `keep` is called with what it has become, unless the user changes their mind."""
        self._keep = keep
        self.title.setText(title)
        self.line.setText(text)
        self.pop_up(self.line)
        self.line.selectAll()

    @property
    def unfinished(self) -> str:
        """What has been typed of a note that is neither kept nor given up yet."""
        return self.line.text().strip() if self.isVisible() and self.line.isModified() else ""

    def _done(self) -> None:
        self.dismiss()
        self._keep(self.line.text().strip())
