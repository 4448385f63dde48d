"""A proof in the window: runs a program again to make a predicted deadlock happen, and tells how that stands."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from engine.model.model import Model
from engine.session import Proof, RunRequest, confirmed

POLL_MS = 60


class ProofBridge(QObject):
    """Owns at most one `Proof`."""

    changed = Signal()  # `finding`, `words` or whether one is going on
    ended = Signal(dict)  # the finding as it is now

    def __init__(self, parent: QObject | None = None, now: Callable[[], float] = time.monotonic) -> None:
        """`now` gives seconds."""
        super().__init__(parent)
        self._now = now
        self._began = 0.0
        self._proof: Proof | None = None
        self.finding: dict[str, Any] = {}  # that is being proven, or was the last time
        self.words = ""
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._poll)

    @property
    def running(self) -> bool:
        return self._proof is not None

    def start(self, finding: dict[str, Any], model: Model, request: RunRequest) -> None:
        """`request` started the run that `model` shows."""
        if self._proof is None:
            self.finding = finding
            self._proof = Proof(finding, model, request)
            self._began = self._now()
            self._proof.start()
            self._timer.start()
            self._poll()

    def cancel(self) -> None:
        """Ends the attempt; the finding stays as it was."""
        if self._proof is not None:
            self._proof.close()
            self._end("cancelled")

    def close(self) -> None:
        """Leaves nothing behind."""
        self.cancel()

    def _poll(self) -> None:
        if self._proof is None:
            return
        status = self._proof.poll()
        if status.over:
            self._proof.close()
            self._end(status.words)
            self.ended.emit(confirmed(self.finding, status))
            return
        words = f"{status.words}, {int(self._now() - self._began)} s"
        if words != self.words:
            self.words = words
            self.changed.emit()

    def _end(self, words: str) -> None:
        self._timer.stop()
        self._proof = None
        self.words = words
        self.changed.emit()


def command_line(request: RunRequest) -> str:
    """What is run, in words for people."""
    return f"{' '.join([Path(request.command[0]).name, *request.command[1:]])} in {request.cwd}"
