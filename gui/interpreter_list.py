"""The Pythons that runs may use: found and examined by a helper process, so that the window never waits for one."""

import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal

from gui.settings import Settings

ROOT = Path(__file__).parent.parent
# What the helper process runs: one JSON object a line, in the order in which interpreters are found.
FIND = "import sys; from engine.interpreters import main; sys.exit(main(sys.argv[1:]))"


@dataclass(frozen=True)
class InterpreterEntry:
    """One interpreter as a choice: `path` "" stands for the one Lanescope runs on."""

    path: str
    title: str
    tip: str
    free_threaded: bool = False


class InterpreterList(QObject):
    """Observable list of interpreters; those the user has added are remembered in the settings."""

    changed = Signal()
    added = Signal(str)  # path
    refused = Signal(str)  # one plain line: why a path the user gave can't be used

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        version = ".".join(map(str, sys.version_info[:3]))
        own = InterpreterEntry("", f"{version} (Lanescope's own)", sys.executable)
        self.entries: list[InterpreterEntry] = [own]
        self._process: QProcess | None = None
        self._wanted = ""

    def find(self) -> None:
        """Begins to look for interpreters; `changed` tells when there is news."""
        self._start(self._settings.get_texts("interpreters"))

    def add(self, path: str) -> None:
        """Begins to examine an interpreter the user points to; `added` or `refused` tells the outcome."""
        self._wanted = path
        self._start([path])
