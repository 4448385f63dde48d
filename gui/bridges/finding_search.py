"""The search for findings in a whole recording, done by a helper process so that the window never waits for it."""

import json
import sys
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, Signal

from gui.bridges.helper_process import last_words, start_helper

PATIENCE_MS = 1000


class FindingSearch(QObject):
    """One search at a time, in what the file holds when it begins."""

    found = Signal(dict)  # a finding that the recording itself does not hold
    progressed = Signal(float)  # share of the work; 1.0: over, completed or not
    failed = Signal(str)  # why, in a few words

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self.completed = False  # the last search came to its end

    @property
    def running(self) -> bool:
        return self._process is not None

    def start(self, path: Path) -> None:
        """Begins to search a recording; a search that goes on is given up."""
        self.cancel()
        self.completed = False
        self._process = start_helper(
            self,
            sys.executable,
            ["-m", "engine.analysis.looking", str(path.absolute())],
            on_output=self._on_output,
            on_finished=self._on_finished,
            on_error=self._on_error,
        )
        self.progressed.emit(0.0)

    def cancel(self) -> None:
        """Ends the helper process; what it has found stays."""
        process = self._process
        if process is not None:
            process.blockSignals(True)
            process.kill()
            process.waitForFinished(PATIENCE_MS)
            self._end()

    def _on_output(self) -> None:
        process = self._process
        while process is self._process and process is not None and process.canReadLine():
            self._take(bytes(process.readLine().data()))

    def _take(self, line: bytes) -> None:
        try:
            news = json.loads(line)
        except ValueError:
            return  # not from us: a library's word on standard output
        if "finding" in news:
            self.found.emit(news["finding"])
        elif news["done"] < 1.0:
            self.progressed.emit(news["done"])

    def _on_finished(self, status: int, how: QProcess.ExitStatus) -> None:
        process = self._process
        if process is None:
            return
        self._on_output()
        said = last_words(process)
        self.completed = status == 0 and how is QProcess.ExitStatus.NormalExit
        self._end()
        if how is QProcess.ExitStatus.CrashExit:
            self.failed.emit("the process that looked for them was ended")
        elif status:
            self.failed.emit(said or f"exit status {status}")

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart and self._process is not None:
            reason = self._process.errorString()
            self._end()
            self.failed.emit(reason)

    def _end(self) -> None:
        if self._process is not None:
            self._process.deleteLater()
            self._process = None
            self.progressed.emit(1.0)
