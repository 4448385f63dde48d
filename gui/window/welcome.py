"""The first launch: what Lanescope shows, and three obvious ways in."""

from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui.theme import ActiveTheme
from gui.widgets.icons import pixmap

CARD_WIDTH = 232


@dataclass(frozen=True)
class Card:
    """One way in: its icon, what it is, the button's text and what that does."""

    sign: str
    title: str
    words: str
    does: str
    action: QAction


class Welcome(QWidget):
    """Shown in place of the timeline while there is no recording."""

    def __init__(
        self,
        themes: ActiveTheme,
        run: QAction,
        deadlock: QAction,
        sample: QAction | None,
        parent: QWidget | None = None,
    ) -> None:
        """`sample` is None when no sample recording is there to be opened."""
        super().__init__(parent)
        self.setObjectName("welcome")
        self._themes = themes
        self._signs: list[tuple[QLabel, str]] = []
        title = QLabel("See what your threads and processes really do", self)
        title.setProperty("role", "large")
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        title.setWordWrap(True)
        words = QLabel(
            "Every thread becomes a lane: running, waiting for the GIL, a lock, another thread – live, as it happens."
        )
        words.setProperty("role", "dim")
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words.setWordWrap(True)
        cards = QHBoxLayout()
        cards.setSpacing(16)
        cards.addStretch(1)
        run_words = "Choose one on the left, press Run, watch its lanes."
        lock_words = "Two threads, two locks, opposite order: named while it happens."
        sample_words = "A recording that came with Lanescope, to look around in."
        offered = [
            Card("run", "Run a scenario", run_words, "Run this scenario", run),
            Card("deadlock", "See a deadlock", lock_words, "Deadlock", deadlock),
            *([Card("sample", "Open a sample", sample_words, "Open sample", sample)] if sample is not None else []),
        ]
        self.buttons = [self._add_card(cards, card) for card in offered]
        cards.addStretch(1)
        hint = QLabel(
            "Or drop a recording (.lane) anywhere on this window. Ctrl+Shift+P finds everything, ? shows the keys."
        )
        hint.setProperty("role", "small")
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        hint.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.setSpacing(8)
        layout.addStretch(2)
        layout.addWidget(title)
        layout.addWidget(words)
        layout.addSpacing(24)
        layout.addLayout(cards)
        layout.addSpacing(16)
        layout.addWidget(hint)
        layout.addStretch(3)
        themes.changed.connect(self._dress)
        self._dress()

    def _add_card(self, row: QHBoxLayout, offered: Card) -> QPushButton:
        card = QFrame(self)
        card.setObjectName("card")
        card.setMaximumWidth(CARD_WIDTH)
        grid = QGridLayout(card)
        grid.setContentsMargins(16, 16, 16, 16)
        grid.setVerticalSpacing(8)
        picture = QLabel(card)
        self._signs.append((picture, offered.sign))
        heading = QLabel(offered.title, card)
        heading.setProperty("role", "title")
        text = QLabel(offered.words, card)
        text.setProperty("role", "dim")
        text.setWordWrap(True)
        text.setAlignment(Qt.AlignmentFlag.AlignTop)
        button = QPushButton(offered.does, card)
        button.setProperty("primary", offered.sign == "run")
        button.setAutoDefault(True)
        button.clicked.connect(offered.action.trigger)
        button.setToolTip(offered.action.toolTip())
        offered.action.changed.connect(lambda: button.setEnabled(offered.action.isEnabled()))
        grid.addWidget(picture, 0, 0)
        grid.addWidget(heading, 0, 1)
        grid.setColumnStretch(1, 1)
        grid.addWidget(text, 1, 0, 1, 2)
        grid.setRowStretch(1, 1)
        grid.addWidget(button, 2, 0, 1, 2)
        row.addWidget(card, 2)
        return button

    def _dress(self) -> None:
        accent = self._themes.current.surfaces.accent
        for label, sign in self._signs:
            label.setPixmap(pixmap(sign, accent, 20))
            label.setFixedSize(QSize(24, 24))
