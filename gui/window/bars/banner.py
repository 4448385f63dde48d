"""The deadlock banner: says in words who waits for whom, and never takes the keyboard."""

from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from gui.theme import ActiveTheme
from gui.widgets.elided_text import ElidedText
from gui.widgets.icons import icon, pixmap

NARROW, CRAMPED = 760, 480  # px
LINES = 2  # of the words; what more there is to say is in the tooltip, and in the graph


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
        self._sign = QLabel(self)
        self.title = ElidedText(1, self)
        self.title.setProperty("role", "title")
        self.words = ElidedText(LINES, self)
        self.graph = self._button("Show in graph", self.show_in_graph)
        self.repaired = self._button("Run repaired version", self.run_repaired)
        self.end = self._button("End run", self.end_run)
        self.close_button = QToolButton(self)
        self.close_button.setAccessibleName("Dismiss the deadlock banner")
        self.close_button.setToolTip("Dismiss; F8 brings the deadlock back")
        self.close_button.setProperty("flat", True)
        self.close_button.setIconSize(QSize(16, 16))
        self.close_button.clicked.connect(self.hide)
        self._lay_out()
        themes.changed.connect(self._dress)
        self._dress()
        self.hide()

    def _lay_out(self) -> None:
        """The title with the buttons beside it, or below it; the words below them, over the whole width."""
        self._buttons = QWidget(self)
        buttons = QHBoxLayout(self._buttons)
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.setSpacing(8)
        for button in (self.graph, self.repaired, self.end):
            buttons.addWidget(button)
        self._head = QGridLayout()
        self._head.setSpacing(4)
        self._head.setColumnStretch(0, 1)
        self._head.addWidget(self.title, 0, 0)
        self._head.addWidget(self._buttons, 0, 1)
        self._head.addWidget(self.close_button, 0, 2)
        rows = QVBoxLayout()
        rows.setSpacing(2)
        rows.addLayout(self._head)
        rows.addWidget(self.words)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 4, 8, 6)
        layout.setSpacing(12)
        layout.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(rows, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """With little room the buttons have short words; with still less they stand where the words would."""
        super().resizeEvent(event)
        narrow = event.size().width() < NARROW
        cramped = event.size().width() < CRAMPED
        if cramped:
            self._head.addWidget(self._buttons, 1, 0, 1, 3)
        else:
            self._head.addWidget(self._buttons, 0, 1)
        self.words.setVisible(not cramped)
        self.graph.setText("Graph" if narrow else "Show in graph")
        self.repaired.setText("Run repaired" if narrow else "Run repaired version")

    def _button(self, text: str, signal: Any) -> QPushButton:
        button = QPushButton(text, self)
        button.setAutoDefault(False)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(signal)
        return button

    def show_finding(self, finding: dict[str, Any], *, running: bool, repaired: bool) -> None:
        """Shows a deadlock; `repaired`: there is a repaired version of what was run."""
        self.finding = finding
        self.title.show_text(str(finding["title"]))
        self.title.setToolTip(f"{finding['title']}: {deadlock_words(finding)}")
        self.words.show_text(deadlock_words(finding))
        self.setAccessibleName(f"{finding['title']}: {deadlock_words(finding)}")
        self.graph.setVisible(bool(finding.get("edges")))  # who waits for nobody is in no graph
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
