"""The first launch: what Lanescope shows, and three obvious ways in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gui.theme import ActiveTheme
from gui.widgets.icons import pixmap

CARD_WIDTH = 232
BESIDE_WIDTH = 650  # of the page; in a narrower one three cards do not stand side by side
MOST_RECENT = 3


@dataclass(frozen=True)
class Card:
    """One way in: its icon, what it is, the button's text and what that does; `further` is another button below."""

    sign: str
    title: str
    words: str
    does: str
    action: QAction
    further: tuple[str, QAction] | None = None


class Welcome(QScrollArea):
    """Shown in place of the timeline while there is no recording. Where there is little room, its cards stand one below
    another, and all of it scrolls."""

    def __init__(
        self,
        themes: ActiveTheme,
        run: QAction,
        program: QAction,
        deadlock: QAction,
        sample: QAction | None,
        parent: QWidget | None = None,
    ) -> None:
        """`sample` is None when no sample recording is there to be opened. See `offer_recordings` for the third way."""
        super().__init__(parent)
        self.setObjectName("welcome")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        body = QWidget(self)
        body.setObjectName("welcome-body")
        self._themes = themes
        self._signs: list[tuple[QLabel, str]] = []
        self.recent: list[QPushButton] = []
        self._recent: Callable[[], list[Path]] = list
        self._open_one: Callable[[Path], object] = lambda _path: None
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
        self._cards = cards = QHBoxLayout()
        self._words: list[QLabel] = []
        cards.setSpacing(16)
        cards.addStretch(1)
        run_words = "Choose one on the left and watch its lanes. Or run a program of your own, unchanged."
        lock_words = "Two threads, two locks, opposite order: named while it happens."
        offered = [
            Card("run", "Run a scenario", run_words, "Run this scenario", run, ("Run program…", program)),
            Card("deadlock", "See a deadlock", lock_words, "Deadlock", deadlock),
        ]
        self.buttons = [self._add_card(cards, card) for card in offered]
        self._recordings = self._make_recordings_card(sample)
        cards.addWidget(self._recordings, 2)
        cards.addStretch(1)
        hint = QLabel(
            "Or drop a recording (.lane) anywhere on this window. Ctrl+Shift+P finds every command, ? shows the keys."
        )
        hint.setProperty("role", "small")
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        hint.setWordWrap(True)
        layout = QVBoxLayout(body)
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
        self.setWidget(body)
        themes.changed.connect(self._dress)
        self._dress()

    def say_what_runs(self, words: str) -> None:
        """What the first button says: the action behind it runs whatever is chosen."""
        button = self.buttons[0]
        button.setText(button.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, CARD_WIDTH - 64))

    def offer_recordings(
        self, choose: QAction, recent: Callable[[], list[Path]], open_one: Callable[[Path], object]
    ) -> None:
        """Fills the third card: `choose` asks for a file, `recent` gives the latest recordings, newest first."""
        self._recent, self._open_one = recent, open_one
        button = self._link("Open…", choose.toolTip(), choose.trigger)
        self._more.addWidget(button)
        self.buttons.append(button)
        self._show_recent()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cards beside or below each other, as there is room for their words or not."""
        below = event.size().width() < BESIDE_WIDTH
        self._cards.setDirection(QBoxLayout.Direction.TopToBottom if below else QBoxLayout.Direction.LeftToRight)
        self._cards.setSpacing(8 if below else 16)
        for card in self.findChildren(QFrame, "card"):
            card.setMaximumWidth(BESIDE_WIDTH if below else CARD_WIDTH)
        for words in self._words:
            words.setVisible(not below)
        super().resizeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Runs may have been recorded since."""
        self._show_recent()
        super().showEvent(event)

    def _make_recordings_card(self, sample: QAction | None) -> QFrame:
        words = "One of your own, or the sample that came with Lanescope." if sample else "One that you made before."
        card, grid = self._make_card("open", "Open a recording", words)
        self._more = QVBoxLayout()
        self._more.setSpacing(4)
        if sample is not None:
            button = self._link("Open sample", sample.toolTip(), sample.trigger)
            self._more.addWidget(button)
            self.buttons.append(button)
        grid.addLayout(self._more, 2, 0, 1, 2)
        return card

    def _show_recent(self) -> None:
        for former in self.recent:
            self._more.removeWidget(former)
            former.hide()
            former.deleteLater()
        self.recent = []
        for path in self._recent()[:MOST_RECENT]:
            button = self._link("", str(path), partial(self._open_one, path))
            button.setFlat(True)
            text = button.fontMetrics().elidedText(_short_name(path), Qt.TextElideMode.ElideRight, CARD_WIDTH - 64)
            button.setText(text)
            button.setAccessibleName(f"Open {path.name}")
            self._more.addWidget(button)
            self.recent.append(button)

    def _link(self, text: str, tip: str, do: Callable[[], object]) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(tip)
        button.setAutoDefault(True)
        button.clicked.connect(lambda _=False: do())
        return button

    def _add_card(self, row: QHBoxLayout, offered: Card) -> QPushButton:
        card, grid = self._make_card(offered.sign, offered.title, offered.words)
        button = self._button(offered.does, offered.action)
        button.setProperty("primary", offered.sign == "run")
        buttons = QVBoxLayout()
        buttons.setSpacing(4)
        buttons.addWidget(button)
        if offered.further is not None:
            buttons.addWidget(self._button(*offered.further))
        grid.addLayout(buttons, 2, 0, 1, 2)
        row.addWidget(card, 2)
        return button

    def _button(self, text: str, action: QAction) -> QPushButton:
        button = self._link(text, action.toolTip(), action.trigger)
        action.changed.connect(lambda: button.setEnabled(action.isEnabled()))
        return button

    def _make_card(self, sign: str, title: str, words: str) -> tuple[QFrame, QGridLayout]:
        """Icon, title and words; row 2 of the grid is for what can be pressed."""
        card = QFrame(self)
        card.setObjectName("card")
        card.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        grid = QGridLayout(card)
        grid.setContentsMargins(16, 16, 16, 16)
        grid.setVerticalSpacing(8)
        picture = QLabel(card)
        self._signs.append((picture, sign))
        heading = QLabel(title, card)
        heading.setProperty("role", "title")
        text = QLabel(words, card)
        text.setProperty("role", "dim")
        text.setWordWrap(True)
        text.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._words.append(text)
        grid.addWidget(picture, 0, 0)
        grid.addWidget(heading, 0, 1)
        grid.setColumnStretch(1, 1)
        grid.addWidget(text, 1, 0, 1, 2)
        grid.setRowStretch(1, 1)
        return card, grid

    def _dress(self) -> None:
        accent = self._themes.current.surfaces.accent
        for label, sign in self._signs:
            label.setPixmap(pixmap(sign, accent, 20))
            label.setFixedSize(QSize(24, 24))


def _short_name(path: Path) -> str:
    """Its name without what is the same in the names of all runs of today, or of this year."""
    today = datetime.now()
    return path.stem.removeprefix(f"{today:%Y-%m-%d} ").removeprefix(f"{today:%Y-}")
