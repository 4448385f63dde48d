"""Saves a recording under another name: a helper process copies it, so that the window never waits for the disk."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QProcess, Signal

from gui.bridges.helper_process import last_words, start_helper

PATIENCE_MS = 2000


class Saving(QObject):
    """One copy at a time. What stood under the other name stays until the copy is whole."""

    progressed = Signal(float)  # share of the copy; 1.0: over, saved or not
    saved = Signal(object)  # Path
    noted = Signal(str)  # one plain line: what of it could not be kept
    failed = Signal(str)  # one plain line

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._target = Path()

    @property
    def running(self) -> bool:
        return self._process is not None

    def start(self, source: Path, target: Path, notes: Sequence[dict[str, Any]]) -> bool:
        """Begins to copy; `notes` are added to the copy. False, after `failed`, while another copy is being made."""
        if self._process is not None:
            self.failed.emit(f"{self._target.name} is still being saved; wait for it or cancel it first.")
            return False
        self._target = target
        self._process = start_helper(
            self,
            sys.executable,
            ["-m", "engine.recording.copying", str(source.absolute()), str(target.absolute())],
            on_output=self._on_output,
            on_finished=self._on_finished,
            on_error=self._on_error,
        )
        self._process.write(json.dumps(list(notes)).encode())
        self._process.closeWriteChannel()
        self.progressed.emit(0.0)
        return True

    def cancel(self) -> bool:
        """Gives up the copy; nothing of it stays. False when none is being made."""
        process = self._process
        if process is None:
            return False
        process.blockSignals(True)
        process.terminate()
        if not process.waitForFinished(PATIENCE_MS):
            process.kill()
            process.waitForFinished(PATIENCE_MS)
        self._end()
        self.noted.emit(f"{self._target.name} was not saved.")
        return True

    def finish(self) -> None:
        """Waits until the copy is whole."""
        if self._process is not None:
            self._process.waitForFinished(-1)

    def _on_output(self) -> None:
        while self._process is not None and self._process.canReadLine():
            news = json.loads(bytes(self._process.readLine().data()))
            if "done" in news:
                self.progressed.emit(min(news["done"], 0.999))
            else:
                self._on_saved(Path(news["saved"]), news["without_notes"])

    def _on_saved(self, path: Path, without_notes: str | None) -> None:
        self.saved.emit(path)
        if without_notes:
            self.noted.emit(f"The copy was saved without your notes: {without_notes}.")

    def _on_finished(self, status: int, how: QProcess.ExitStatus) -> None:
        self._on_output()
        if self._process is None:
            return
        said = last_words(self._process)
        self._end()
        if status or how is QProcess.ExitStatus.CrashExit:
            self._fail(said or "the process that copied it was ended")

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart and self._process is not None:
            reason = self._process.errorString()
            self._end()
            self._fail(reason)

    def _fail(self, why: str) -> None:
        self.failed.emit(f"{self._target} could not be written: {why.rstrip('.')}. Choose another place.")

    def _end(self) -> None:
        if self._process is not None:
            self._process.deleteLater()
            self._process = None
            self.progressed.emit(1.0)
