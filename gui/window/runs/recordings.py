"""Opening, keeping and naming recordings: menu, recent files, drag and drop, title."""

import itertools
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from engine.backends import registry
from engine.model.model import Model
from engine.recording.library import SUFFIX, folder, save_as
from gui.bridges.session import RunState, SessionBridge
from gui.settings import Settings
from gui.widgets.messages import Answer, Message, Messages

SAMPLES = Path(__file__).parents[3] / "resources" / "recordings"
PATTERN = "Lanescope recordings (*.lane);;All files (*)"
MOST_RECENT = 12
OF_BEFORE = ("failed", "damage", "saved", "ended", "note")  # messages that another recording makes stale


class Recordings(QObject):
    """Never lets go of a recording that is being made without asking."""

    opened = Signal()

    def __init__(
        self,
        bridge: SessionBridge,
        settings: Settings,
        messages: Messages,
        open_elsewhere: Callable[[Path], object],
        window: QWidget,
    ) -> None:
        """`open_elsewhere` opens a recording in another window."""
        super().__init__(window)
        self._bridge = bridge
        self._settings = settings
        self._messages = messages
        self._open_elsewhere = open_elsewhere
        self._window = window
        self._next: Path | None = None
        bridge.run_state_changed.connect(self._on_run_state)
        bridge.run_ended.connect(self._on_run_ended)
        bridge.damage_found.connect(self._on_damage_found)
        bridge.saved.connect(self._on_saved)

    def open(self, path: Path) -> None:
        """Opens a recording here, after asking when a run is going on."""
        self._messages.dismiss("open")
        if self._bridge.running:
            self._messages.show_message(
                Message(
                    "open",
                    f"A run is being recorded. Open {path.name} in another window, or end the run first?",
                    answers=(
                        Answer("Open in another window", lambda: self._open_elsewhere(path)),
                        Answer("End the run and open", lambda: self._end_and_open(path)),
                    ),
                )
            )
        elif self._bridge.open(path):
            for of_before in OF_BEFORE:
                self._messages.dismiss(of_before)
            self.remember(path)
            self.opened.emit()

    def ask_and_open(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self._window, "Open recording", str(self.folder()), PATTERN)
        if chosen:
            self._settings.put("last_folder", str(Path(chosen).parent))
            self.open(Path(chosen))

    def ask_and_save(self) -> None:
        """Copies the recording shown to a file of the user's choice."""
        if self._bridge.path is None:
            return
        start = self.folder() / self._bridge.path.name
        chosen, _ = QFileDialog.getSaveFileName(self._window, "Save recording as", str(start), PATTERN)
        if chosen:
            self.save_as(Path(chosen))

    def save_as(self, target: Path) -> bool:
        """Begins to save under that name; `.lane` is added where there is no ending. What stood there is replaced."""
        return self._bridge.save_as(target)

    def _on_saved(self, saved: Path) -> None:
        self._settings.put("last_folder", str(saved.parent))
        self.remember(saved)
        self._messages.show_message(Message("saved", f"Saved as {saved}."))

    def folder(self) -> Path:
        """Where a file is asked for: the folder that was good the last time, else where recordings are kept."""
        kept = (self._settings.get(key, "") for key in ("last_folder", "recordings_folder"))
        return next((Path(text) for text in kept if text and Path(text).is_dir()), folder())

    def remember(self, path: Path) -> None:
        """Puts a recording first among the recent ones."""
        text = str(path.absolute())
        others = [other for other in self._settings.get_texts("recent") if other != text]
        self._settings.put("recent", [text, *others][:MOST_RECENT])

    def recent(self) -> list[Path]:
        """The recordings opened or made of late that are still there, newest first."""
        return [path for path in map(Path, self._settings.get_texts("recent")) if path.exists()]

    def fill_recent(self, menu: QMenu) -> None:
        """The recent recordings that are still there."""
        menu.clear()
        for path in self.recent():
            action = menu.addAction(path.name, partial(self.open, path))
            action.setToolTip(str(path))
            action.setStatusTip("")
        if menu.isEmpty():
            menu.addAction("No recent recordings").setEnabled(False)

    @staticmethod
    def dropped(data: QMimeData) -> Path | None:
        """The one local file that is dragged."""
        urls = data.urls()
        return Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None

    def title(self) -> str:
        """Of the window."""
        if self._bridge.path is None:
            return "Lanescope"
        name = self._bridge.path.name
        header = self._bridge.model.header if self._bridge.model is not None else {}
        what = str(header.get("title") or "")
        return f"{what} – {name} – Lanescope" if what else f"{name} – Lanescope"

    def description(self) -> str:
        """What is shown, in one line: what ran, how, on what, when; "" for nothing."""
        model = self._bridge.model
        return described(model) if model is not None and self._bridge.path is not None else ""

    def _end_and_open(self, path: Path) -> None:
        if not self._bridge.running:
            self.open(path)
            return
        self._next = path
        self._bridge.stop()

    def _on_run_state(self, state: RunState) -> None:
        """A run is found again from its beginning on, even if this window does not see its end."""
        if state is RunState.RUNNING and self._bridge.path is not None:
            self.remember(self._bridge.path)

    def _on_run_ended(self) -> None:
        path, self._next = self._next, None
        if path is not None:
            self.open(path)

    def _on_damage_found(self, text: str) -> None:
        self._messages.show_message(Message("damage", f"{text[:1].upper()}{text[1:].rstrip('.')}.", "warning"))


def sample_recording() -> Path | None:
    """A recording that came with Lanescope; None when there is none."""
    return next(iter(sorted(SAMPLES.glob("*.lane"))), None)


def own_sample(shipped: Path) -> Path:
    """The reader's own copy of a recording that came with Lanescope, made the first time.

    Notes are kept in the recording that they stand on: the shipped one stays as it came. It is returned itself where
    no copy can be kept.
    """
    try:
        names = (f"sample {shipped.stem}{f' {number}' if number > 1 else ''}" for number in itertools.count(1))
        paths = (folder() / f"{name}{SUFFIX}" for name in names)
        own = next(path for path in paths if not path.exists() or _begins_as(path, shipped))
        return own if own.exists() else save_as(shipped, own)
    except OSError:
        return shipped


def _begins_as(path: Path, shipped: Path) -> bool:
    """Whether this is a copy of it, with or without notes behind its end."""
    return path.read_bytes().startswith(shipped.read_bytes())


def described(model: Model) -> str:
    """I/O-bound work · Threads, 4 workers · Python 3.13.15 free-threaded · 22 Nov 2026 16:55."""
    header = model.header
    backend, workers = str(header.get("backend") or ""), header.get("workers")
    how = registry.get(backend).title if backend in registry.BACKENDS else backend
    crew = f"{workers} worker{'' if workers == 1 else 's'}" if workers else ""
    parts = (
        str(header.get("title") or ""),
        ", ".join(part for part in (how, crew) if part),
        _python(model),
        _local_time(str(header.get("created") or "")),
    )
    return "  ·  ".join(part for part in parts if part)


def _python(model: Model) -> str:
    process = next((process for process in model.processes if process.python), None)
    if process is None:  # it has not yet said
        return Path(str(model.header.get("interpreter") or "")).name
    return f"Python {process.python}{' free-threaded' if process.free_threaded else ''}"


def _local_time(text: str) -> str:
    """A moment such as 2026-11-22T16:55:45+00:00, on this machine's clock, to the minute."""
    try:
        return datetime.fromisoformat(text).astimezone().strftime("%d %b %Y %H:%M")
    except ValueError:
        return ""
