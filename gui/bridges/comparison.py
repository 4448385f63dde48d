"""A comparison carried out by a helper process: `main.py compare --events`, whose lines it turns into signals."""

import json
import signal
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QProcess, Signal

from engine.comparison.result import NotAComparison, Result
from gui.bridges.helper_process import last_words, start_helper
from gui.bridges.interpreter_list import lanescope_command

PATIENCE_MS = 5000  # for a trial that is stopped in order


class ComparisonBridge(QObject):
    """One comparison at a time."""

    progressed = Signal(float, str)  # share of the trials done, what is being run
    result_changed = Signal(object)  # Result, partial while it goes on
    ended = Signal(str)  # one plain line when it failed, else empty
    running_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder: Path | None = None  # of the result shown last
        self._process: QProcess | None = None
        self._cancelled = False

    @property
    def running(self) -> bool:
        return self._process is not None

    def start(self, arguments: list[str], folder: Path) -> None:
        """Carries out `main.py compare ARGUMENTS`, kept in `folder`."""
        if self.running:
            return
        self.folder = folder
        self._cancelled = False
        program, *rest = lanescope_command("compare", *arguments, "--events", "-o", str(folder))
        self._process = start_helper(
            self,
            program,
            rest,
            on_output=self._on_output,
            on_finished=self._on_finished,
            on_error=self._on_error,
        )
        self.running_changed.emit(True)

    def cancel(self) -> None:
        """Asks for an end; what has been measured is kept."""
        if self._process is not None:
            self._cancelled = True
            self._process.terminate()

    def close(self) -> None:
        """Ends the helper process and waits for it."""
        process = self._process
        if process is not None:
            process.blockSignals(True)
            process.terminate()
            if not process.waitForFinished(PATIENCE_MS):
                process.kill()
                process.waitForFinished(PATIENCE_MS)
            self._forget()

    def _on_output(self) -> None:
        process = self._process
        while process is not None and process.canReadLine():
            self._take(bytes(process.readLine().data()))

    def _take(self, line: bytes) -> None:
        try:
            event: dict[str, Any] = json.loads(line)
            result = Result.from_data(event["result"]) if event.get("result") else None
        except (ValueError, KeyError, NotAComparison):
            return  # not from us: a library's word on standard output
        if event["event"] == "progress":
            self.progressed.emit(event["share"], event["words"])
        if result is not None:
            self.result_changed.emit(result)

    def _on_finished(self, status: int, how: QProcess.ExitStatus) -> None:
        process = self._process
        if process is None:
            return
        self._on_output()
        said = last_words(process)
        self._forget()
        if self._cancelled:
            self.ended.emit("")  # before its first run it ends by the signal itself
        elif how is QProcess.ExitStatus.CrashExit:
            self.ended.emit(f"The comparison was ended by {signal.Signals(status).name}." if status else "It crashed.")
        else:
            reason = said.removeprefix("main.py compare: ") or "it said nothing"
            self.ended.emit("" if status in {0, 1, 130} else f"The comparison failed: {reason}")

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart and self._process is not None:
            reason = self._process.errorString()
            self._forget()
            self.ended.emit(f"The comparison could not be started: {reason}.")

    def _forget(self) -> None:
        if self._process is not None:
            self._process.deleteLater()
            self._process = None
            self.running_changed.emit(False)
