"""What every panel has in common: it shows a model, refreshes when told to, and says what will appear in it."""

import time
from collections.abc import Iterator

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLabel, QStackedLayout, QVBoxLayout, QWidget

from engine.model.model import Model

SOON_MS = 16  # about a frame
PIECE_S = 0.002  # of thread CPU time; what a piece of a long preparation should take
SHORT_S = 0.001  # the same of one after which the body may be brought up to date at once
REST_MS = 4  # between two pieces


class EmptyHint(QWidget):
    """A sentence in the middle of an empty panel: what will appear, and how to make it appear."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = label = QLabel(text, self)
        label.setProperty("role", "dim")
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 16, 24, 16)
        layout.addWidget(label)


class Panel(QWidget):
    """A body, and a hint in its place while there is nothing to show.

    `refresh` is called at a steady low rate while the panel can be seen; a subclass brings its body up to date in
    `update_body` and returns whether there is anything to show. What takes long is found out in `prepare` beforehand,
    in pieces that no frame notices; little is ready at once.
    """

    def __init__(self, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model: Model | None = None
        self._seen_version = -1
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON_MS)
        self._soon.timeout.connect(self._refresh_if_seen)
        self._preparing: Iterator[None] | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._prepare_further)
        self._stack = QStackedLayout(self)
        self._hint = EmptyHint(hint)
        self._stack.addWidget(self._hint)
        self.setFocusProxy(self._hint)  # from which the layout passes the focus on to the body, when that is shown

    def set_hint(self, text: str) -> None:
        """What is said while there is nothing to show."""
        self._hint.label.setText(text)

    def set_body(self, body: QWidget) -> None:
        """To be called once."""
        self._stack.addWidget(body)

    def show_model(self, model: Model | None) -> None:
        """Another recording, or none; what is in it comes with the next `refresh`."""
        self.model = model
        self.forget()
        self._preparing = None
        self._seen_version = -1
        self._stack.setCurrentIndex(0)

    def refresh(self) -> None:
        """Brings the body up to date if the model has changed since the last time."""
        if self.model is None:
            self._stack.setCurrentIndex(0)
        elif self._preparing is None and self.model.version != self._seen_version:
            self._seen_version = self.model.version
            self._preparing = self.prepare(self.model)
            self._prepare_further()

    def refresh_anew(self) -> None:
        """Brings the body up to date although the model is the same: a filter or the selection has changed."""
        self._soon.stop()
        self._preparing = None
        self._seen_version = -1
        self.refresh()

    def refresh_soon(self) -> None:
        """The same in a moment, by itself and once, however often and by whatever event this is asked for meanwhile."""
        if not self._soon.isActive():
            self._soon.start()

    def _refresh_if_seen(self) -> None:
        if self.isVisible():
            self.refresh_anew()
        else:
            self._seen_version = -1

    def _prepare_further(self) -> None:
        if self._preparing is None or self.model is None:
            return
        begun = time.thread_time()
        for _ in self._preparing:
            if time.thread_time() - begun >= PIECE_S:
                self._rest.start()
                return
        if time.thread_time() - begun >= SHORT_S:
            self._rest.start()  # there is nothing left of it
            return
        self._preparing = None
        self._stack.setCurrentIndex(1 if self.update_body(self.model) else 0)

    def prepare(self, _model: Model) -> Iterator[None]:
        """Subclasses find out what `update_body` will show, and yield now and then."""
        return iter(())

    def update_body(self, model: Model) -> bool:
        """Subclasses show the model and return whether there was anything to show."""
        raise NotImplementedError

    def forget(self) -> None:
        """Subclasses drop what belonged to the former model."""
