"""Helper processes: Lanescope's own code, run beside the window so that it never waits."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QProcess

from gui.bridges.interpreter_list import ROOT


def start_helper(
    parent: QObject,
    program: str,
    arguments: Sequence[str],
    *,
    on_output: Callable[[], None],
    on_finished: Callable[[int, QProcess.ExitStatus], None],
    on_error: Callable[[QProcess.ProcessError], None],
) -> QProcess:
    """Starts one where Lanescope's packages are found."""
    process = QProcess(parent)
    process.setWorkingDirectory(str(ROOT))
    process.readyReadStandardOutput.connect(on_output)
    process.finished.connect(on_finished)
    process.errorOccurred.connect(on_error)
    process.start(program, list(arguments))
    return process


def last_words(process: QProcess) -> str:
    """The last line that it wrote to standard error and nobody has read; "" when there is none."""
    said = bytes(process.readAllStandardError().data()).decode(errors="replace").strip().splitlines()
    return said[-1] if said else ""
