"""Inline messages: a stack of one-line strips that never takes the keyboard and never blocks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gui.widgets.icons import icon, pixmap

MOST_SHOWN = 3
PLACING = (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide)


@dataclass(frozen=True)
class Answer:
    """A button of a message; pressing it takes the message away unless `keep`."""

    text: str
    do: Callable[[], object]
    keep: bool = False


@dataclass(frozen=True)
class Message:
    """`kind`: "info", "warning" or "error". A message of the same `key` replaces the former one."""

    key: str
    text: str
    kind: str = "info"
    answers: Sequence[Answer] = field(default_factory=tuple)


class MessageStrip(QFrame):
    """One message with its answers and a button to dismiss it."""

    def __init__(self, message: Message, dismiss: Callable[[], object], colour: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.message = message
        self.setObjectName("message")
        self.setProperty("kind", message.kind)
        self.setAccessibleName(message.text)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 4, 4, 4)
        layout.setSpacing(8)
        sign = QLabel(self)
        sign.setPixmap(pixmap("info" if message.kind == "info" else "warning", colour, 16))
        layout.addWidget(sign, 0, Qt.AlignmentFlag.AlignVCenter)
        self.label = QLabel(message.text, self)
        self.label.setWordWrap(True)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)  # else a second line is cut off
        self.label.setSizePolicy(policy)
        layout.addWidget(self.label, 1)
        for answer in message.answers:
            button = QPushButton(answer.text, self)
            button.setAutoDefault(False)
            button.clicked.connect(lambda _=False, answer=answer: self._answer(answer, dismiss))
            layout.addWidget(button)
        close = QToolButton(self)
        close.setIcon(icon("close", colour))
        close.setIconSize(QSize(14, 14))
        close.setAutoRaise(True)
        close.setAccessibleName("Dismiss message")
        close.setToolTip("Dismiss")
        close.clicked.connect(lambda _=False: dismiss())
        layout.addWidget(close)

    @staticmethod
    def _answer(answer: Answer, dismiss: Callable[[], object]) -> None:
        if not answer.keep:
            dismiss()
        answer.do()


class Messages(QWidget):
    """The messages of a window, newest first. They lie over the foot of their parent, or above what must stay in sight
    there: what is read there stays where it is.
    """

    def __init__(self, colour: Callable[[], str], parent: QWidget) -> None:
        super().__init__(parent)
        self._below = parent
        self._spared: QWidget | None = None
        parent.installEventFilter(self)
        self._colour = colour
        self._strips: dict[str, MessageStrip] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(1)
        self.hide()

    def spare(self, widget: QWidget) -> None:
        """Never lies on this descendant of the parent."""
        self._spared = widget
        widget.installEventFilter(self)

    def show_message(self, message: Message) -> None:
        """Shows it uppermost."""
        self.dismiss(message.key)
        strip = MessageStrip(message, lambda: self.dismiss(message.key), self._colour(), self)
        self._strips[message.key] = strip
        self._layout.insertWidget(0, strip)
        while len(self._strips) > MOST_SHOWN:
            self.dismiss(next(iter(self._strips)))
        self.show()
        strip.show()
        self._place()

    def dismiss(self, key: str) -> None:
        """Takes that message away; without one of that key nothing happens."""
        strip = self._strips.pop(key, None)
        if strip is not None:
            self._layout.removeWidget(strip)
            strip.hide()
            strip.deleteLater()
        self.setVisible(bool(self._strips))
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follows the parent's size, and where what is spared has its place."""
        if event.type() in PLACING and not self.isHidden():
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        self._layout.activate()
        room = self._below.rect()
        height = min(self._layout.totalHeightForWidth(room.width()), room.height())
        foot = room.height()
        if (spared := self._spared) is not None and spared.isVisibleTo(self._below):
            top = spared.mapTo(self._below, spared.rect().topLeft()).y()
            if top < foot and foot - height < top + spared.height():
                foot = max(top, height)
        self.setGeometry(0, foot - height, room.width(), height)
        self.raise_()

    def dismiss_newest(self) -> bool:
        """Takes the uppermost message away; False when there was none."""
        if not self._strips:
            return False
        self.dismiss(next(reversed(self._strips)))
        return True

    def texts(self) -> list[str]:
        """What is shown, newest first."""
        return [strip.message.text for strip in reversed(self._strips.values())]

    def strip(self, key: str) -> MessageStrip | None:
        return self._strips.get(key)
