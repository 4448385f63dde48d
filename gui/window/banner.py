"""The deadlock banner: says in words who waits for whom, and never takes the keyboard."""

from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gui.theme import ActiveTheme
from gui.widgets.icons import icon, pixmap


class DeadlockBanner(QFrame):
    """Hidden until `show_finding`. Its buttons can be reached by Tab but never get the focus by themselves."""

    end_run = Signal()
    run_repaired = Signal()
    show_in_graph = Signal()

    def __init__(self, themes: ActiveTheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self.finding: dict[str, Any] | None = None
        self.setObjectName("deadlock-banner")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 8, 8)
        layout.setSpacing(12)
        self._sign = QLabel(self)
        self.title = QLabel(self)
        self.title.setProperty("role", "title")
        self.title.setWordWrap(True)
        self.words = QLabel(self)
        self.words.setWordWrap(True)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(self.title, 1)
        texts = QVBoxLayout()
        texts.setSpacing(4)
        texts.addLayout(first)
        texts.addWidget(self.words)
        layout.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(texts, 1)
        self.graph = self._button("Show in graph", self.show_in_graph)
        self.repaired = self._button("Run repaired version", self.run_repaired)
        self.end = self._button("End run", self.end_run)
        for button in (self.graph, self.repaired, self.end):
            first.addWidget(button)
        self.close_button = QToolButton(self)
        self.close_button.setAccessibleName("Dismiss the deadlock banner")
        self.close_button.setToolTip("Dismiss; F8 brings the deadlock back")
        self.close_button.setProperty("flat", True)
        self.close_button.setIconSize(QSize(16, 16))
        self.close_button.clicked.connect(self.hide)
        first.addWidget(self.close_button)
        themes.changed.connect(self._dress)
        self._dress()
        self.hide()

    def _button(self, text: str, signal: Any) -> QPushButton:
        button = QPushButton(text, self)
        button.setAutoDefault(False)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(signal)
        return button

    def show_finding(self, finding: dict[str, Any], *, running: bool, repaired: bool) -> None:
        """Shows a deadlock; `repaired`: there is a repaired version of what was run."""
        self.finding = finding
        self.title.setText(str(finding["title"]))
        self.words.setText(deadlock_words(finding))
        self.setAccessibleName(f"{finding['title']}: {self.words.text()}")
        self.end.setVisible(running)
        self.repaired.setVisible(repaired)
        self.show()

    def show_run_over(self) -> None:
        """There is nothing to end any more."""
        self.end.hide()

    def forget(self) -> None:
        self.finding = None
        self.hide()

    def _dress(self) -> None:
        colour = self._themes.current.surfaces.danger
        self._sign.setPixmap(pixmap("deadlock", colour, 24))
        self.close_button.setIcon(icon("close", self._themes.current.surfaces.text))


def deadlock_words(finding: dict[str, Any]) -> str:
    """Who holds what and waits for what: "worker-1 holds accounts and waits for audit; …"."""
    return str(finding["explanation"])
