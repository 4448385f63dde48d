"""The Pythons that runs may use: found and examined by a helper process, so that the window never waits for one."""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from sysconfig import get_config_var
from typing import Any

from PySide6.QtCore import QObject, QProcess, Signal

from gui.settings import Settings
from gui.widgets.natural import natural

OWN = "Lanescope"  # origin of the one it runs on itself
ROOT = Path(__file__).parents[2]
# What the helper process runs: one JSON object a line, as soon as an interpreter has been examined.
FIND = """
import json, sys
from pathlib import Path
from engine.interpreters import UnusableInterpreter, find, probe_all
command, folders, *paths = sys.argv[1:]
try:
    for found in probe_all(*paths) if command == "probe" else find(map(Path, json.loads(folders)), paths):
        answer = {"path": str(found.path), "title": found.title, "origin": found.origin,
                  "free_threaded": found.free_threaded, "abilities": found.abilities}
        print(json.dumps(answer), flush=True)
except UnusableInterpreter as error:
    print(json.dumps({"refused": str(error)}), flush=True)
"""


def lanescope_command(*arguments: str) -> list[str]:
    """The command that starts another Lanescope."""
    return [sys.executable, str(ROOT / "main.py"), *arguments]


@dataclass(frozen=True)
class InterpreterEntry:
    """One interpreter as a choice: `path` "" stands for the one Lanescope runs on."""

    path: str
    title: str  # "Python 3.13.0 free-threaded"
    tip: str
    origin: str = ""  # "pyenv"
    free_threaded: bool = False
    sub_interpreters: bool = False


class InterpreterList(QObject):
    """Observable list of interpreters; those the user has added are remembered in the settings."""

    changed = Signal()
    added = Signal(str)  # path
    refused = Signal(str)  # one plain line: why a path the user gave can't be used

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.entries: list[InterpreterEntry] = [_own_entry()]
        self._inquiries: dict[QProcess, _Inquiry] = {}  # a search, and what has been added meanwhile

    def find(self, projects: Iterable[Path]) -> None:
        """Begins to look for interpreters, in the virtual environments of these folders too; `changed` tells when there
        is news."""
        for process in [process for process, inquiry in self._inquiries.items() if not inquiry.adding]:
            self._end(process)
        folders = list(dict.fromkeys(map(str, projects)))
        self._start("", ["find", json.dumps(folders), *self._settings.get_texts("interpreters")])

    def add(self, path: str) -> None:
        """Begins to examine an interpreter the user points to; `added` or `refused` tells the outcome."""
        self._start(path, ["probe", "[]", path])

    def choices(self) -> list[tuple[str, str]]:
        """Path and text of each entry, "Python 3.13.0 · pyenv"; one like another before it tells its path instead."""
        texts = [f"{entry.title} · {entry.origin}" for entry in self.entries]
        return [
            (entry.path, f"{entry.title} · {entry.path}" if texts[number] in texts[:number] else texts[number])
            for number, entry in enumerate(self.entries)
        ]

    def missing(self) -> list[tuple[str, str]]:
        """Kinds of Python that none of them is, with what to do about it."""
        add = "Install one, or point to it with Add interpreter…"
        kinds = []
        if not any(entry.free_threaded for entry in self.entries):
            kinds.append(("No free-threaded Python found", f"There threads run at once: Python 3.13t or newer. {add}"))
        if not any(entry.sub_interpreters for entry in self.entries):
            kinds.append(("None with sub-interpreters found", f"They come with Python 3.14. {add}"))
        return kinds

    def describe(self, path: str) -> str:
        """The entry in words, for a tip."""
        return next((entry.tip for entry in self.entries if entry.path == path), path)

    def close(self) -> None:
        """Ends the helper processes."""
        for process in list(self._inquiries):
            self._end(process)

    def _start(self, wanted: str, arguments: list[str]) -> None:
        process = QProcess(self)
        self._inquiries[process] = _Inquiry(wanted, bool(wanted))
        process.setWorkingDirectory(str(ROOT))
        process.readyReadStandardOutput.connect(self._on_output)  # a function that holds the process would outlive it
        process.finished.connect(self._on_finished)
        process.start(sys.executable, ["-c", FIND, *arguments])

    def _on_output(self) -> None:
        for process in list(self._inquiries):
            self._read(process)

    def _read(self, process: QProcess) -> None:
        while (inquiry := self._inquiries.get(process)) is not None and process.canReadLine():
            self._take(inquiry, bytes(process.readLine().data()))

    def _take(self, inquiry: "_Inquiry", line: bytes) -> None:
        try:
            answer = json.loads(line)
        except ValueError:
            return
        if "refused" in answer:
            self._refuse(inquiry, str(answer["refused"]))
            return
        entry = entry_of(answer)
        if entry.path != sys.executable and not self._is_known(entry.path):
            self.entries = [self.entries[0], *sorted([*self.entries[1:], entry], key=lambda e: natural(e.title))]
            self.changed.emit()
        if inquiry.adding:
            kept = [path for path in self._settings.get_texts("interpreters") if path != entry.path]
            self._settings.put("interpreters", [*kept, entry.path])
        if inquiry.wanted:  # of those in a folder, the first is the choice
            inquiry.wanted = ""
            self.added.emit("" if entry.path == sys.executable else entry.path)

    def _refuse(self, inquiry: "_Inquiry", reason: str) -> None:
        if inquiry.wanted:
            inquiry.wanted = ""
            self.refused.emit(reason)

    def _on_finished(self) -> None:
        over = QProcess.ProcessState.NotRunning
        for process in [process for process in self._inquiries if process.state() is over]:
            self._read(process)
            inquiry = self._inquiries.get(process)
            if inquiry is not None:
                self._refuse(inquiry, f"{inquiry.wanted} could not be examined.")
                self._forget(process)

    def _is_known(self, path: str) -> bool:
        return any(entry.path == path for entry in self.entries)

    def _end(self, process: QProcess) -> None:
        process.blockSignals(True)
        process.kill()
        process.waitForFinished(1000)
        self._forget(process)

    def _forget(self, process: QProcess) -> None:
        del self._inquiries[process]
        process.deleteLater()


@dataclass
class _Inquiry:
    """What a helper process was asked."""

    wanted: str  # what is being examined, until the first answer; "": a search
    adding: bool


def entry_of(answer: dict[str, Any]) -> InterpreterEntry:
    """Of what the helper process has said."""
    path, free = str(answer["path"]), bool(answer["free_threaded"])
    subs = "sub-interpreters" in answer["abilities"]
    tip = _tip(path, free_threaded=free, sub_interpreters=subs)
    return InterpreterEntry(path, str(answer["title"]), tip, str(answer["origin"]), free, subs)


def _own_entry() -> InterpreterEntry:
    version = ".".join(map(str, sys.version_info[:3]))
    free, subs = bool(get_config_var("Py_GIL_DISABLED")), sys.version_info >= (3, 14)
    title = f"Python {version}{' free-threaded' if free else ''}"
    return InterpreterEntry("", title, _tip(sys.executable, free_threaded=free, sub_interpreters=subs), OWN, free, subs)


def _tip(path: str, *, free_threaded: bool, sub_interpreters: bool) -> str:
    """Where it is and what it can do."""
    threads = "No GIL: threads run at once" if free_threaded else "GIL: one thread at a time runs Python code"
    if not sub_interpreters:
        subs = "No sub-interpreters: they come with Python 3.14"
    else:
        subs = "Sub-interpreters" if free_threaded else "Sub-interpreters, each with a GIL of its own"
    return f"{path}\n{threads}\n{subs}"
