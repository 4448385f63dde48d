"""The comparison page in the window: starts comparisons of what Run would start, opens their runs, comes and goes."""

import contextlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QWidget

from engine.comparison import result as results
from engine.comparison.run import comparisons_folder, new_folder
from gui.bridges.comparison import ComparisonBridge
from gui.panels.comparison import ComparisonPage
from gui.panels.workload.custom_data import CustomData
from gui.settings import Settings
from gui.state.run_configuration import RunConfiguration
from gui.widgets.messages import Answer, Message, Messages
from gui.window.layout.docks import Docks
from gui.window.runs.run_control import RefusalView

WIDE = 1500  # px; in a window at least so wide the workload stays beside the page
WORKLOAD_FILE = "workload.json"
ENDED = "comparison"  # the message that one has ended


class RecordingOpener(Protocol):
    """What opens recordings."""

    def open(self, path: Path) -> None: ...


class Comparing(QObject):
    """Shows the page in place of the timeline; the panels that tell of a recording make room for it."""

    def __init__(
        self,
        page: ComparisonPage,
        bridge: ComparisonBridge,
        pages: QStackedWidget,
        docks: Docks,
        configuration: RunConfiguration,
        settings: Settings,
        choices: RefusalView,
        recordings: RecordingOpener,
        custom: CustomData,
        messages: Messages,
        *,
        busy: Callable[[], bool],
        later: Callable[[Callable[[], object]], object],
    ) -> None:
        """`busy`: whether a run is going on, beside which nothing can be measured; `later` does something soon."""
        super().__init__(page)
        self._page, self._bridge, self._pages, self._docks = page, bridge, pages, docks
        self._configuration, self._settings = configuration, settings
        self._choices, self._recordings, self._busy = choices, recordings, busy
        self._later, self._messages = later, messages
        self.share: float | None = None  # of the comparison that goes on
        self._before: tuple[int, bytes] | None = None  # page and docks that were shown
        self._focused: QWidget | None = None  # what had the keyboard then
        self._docks_due: bytes | None = None  # that are going to be shown again
        page.start_requested.connect(self._start)
        page.recording_requested.connect(self._open_run)
        page.open_requested.connect(self._ask_and_open)
        page.left.connect(self.leave)
        custom.structure_changed.connect(lambda: self._show_custom(custom))
        self._show_custom(custom)
        bridge.running_changed.connect(lambda running: self._on_progressed(0.0 if running else None))
        bridge.progressed.connect(lambda share, _words: self._on_progressed(share))
        bridge.ended.connect(self._on_ended)

    def _show_custom(self, custom: CustomData) -> None:
        self._page.choices.show_custom(len(custom.groups), len(custom.queues))

    @property
    def shown(self) -> bool:
        return self._before is not None

    def toggle(self) -> None:
        """Shows the page, or goes back to what was there before."""
        if self.shown:
            self.leave()
            return
        self._messages.dismiss(ENDED)
        docks, self._docks_due = self._docks_due or self._docks.save(), None
        self._before = self._pages.currentIndex(), docks
        self._focused = self._pages.window().focusWidget()
        self._pages.setFocus()  # else Qt looks through the whole window for who is to have it instead
        self._pages.setCurrentWidget(self._page)
        self._open_last()
        self._page.start.setFocus()
        self._later(self._make_room)

    def leave(self) -> None:
        """Back to what was there before: the page at once, the panels in a moment."""
        if self._before is not None:
            (page, self._docks_due), self._before = self._before, None
            if self._page.isAncestorOf(self._pages.window().focusWidget()):
                self._pages.setFocus()  # else it would pass on to a choice of the tool bar, and keys would change that
            if self._pages.currentWidget() is self._page:
                self._pages.setCurrentIndex(page)
            self._later(self._bring_back_docks)
            self._later(self._give_back_focus)

    def leave_at_once(self) -> None:
        """As `leave`, the panels too."""
        self.leave()
        self._bring_back_docks()

    def close(self) -> None:
        """With the window: ends what is going on, keeps what was chosen."""
        self.leave_at_once()
        self._bridge.close()
        self._settings.put("comparison", self._page.choices.to_data())

    def _make_room(self) -> None:
        if self.shown:
            self._docks.show_only(("workload",) if self._page.window().width() >= WIDE else ())

    def _bring_back_docks(self) -> None:
        docks, self._docks_due = self._docks_due, None
        if docks is not None:
            self._docks.restore(docks)

    def _give_back_focus(self) -> None:
        """To what had the keyboard before, unless something else has got it meanwhile."""
        if self._focused is not None and self._pages.hasFocus():
            self._focused.setFocus()
        self._focused = None

    def _start(self) -> None:
        if self._busy():
            self._page.refuse("A run is going on: end it first, for it would disturb the measuring.")
            return
        custom = self._choices.custom_workload() if self._configuration.custom else None
        if self._configuration.custom and custom is None:
            self._page.refuse("The custom workload can't be run: see its marked fields.")
            return
        choices = self._page.choices
        name = "custom" if custom else self._configuration.scenario.name
        try:
            folder = new_folder(f"compare {name}")
            if custom:
                target = str(folder / WORKLOAD_FILE)
                Path(target).write_text(json.dumps(custom), encoding="utf-8")
            else:
                target = name
        except OSError as error:
            self._page.refuse(f"The comparison can't be kept: {error.strerror or error}.")
            return
        given = {} if custom else self._configuration.parameters
        method = "" if custom else self._configuration.start_method
        sets = [part for key, value in given.items() for part in ("--set", f"{key}={value}")]
        self._bridge.start(
            [
                target,
                "--backends", ",".join(choices.chosen_backends()),
                "--workers", ",".join(map(str, choices.worker_counts())),
                "--interpreters", ",".join(path or sys.executable for path in choices.chosen_pythons()),
                "--repeat", str(choices.repeats.value()),
                *(("--start-method", method) if method else ()),
                *sets,
            ],
            folder,
        )  # fmt: skip
        self._settings.put("comparison", choices.to_data())
        self._settings.put("last_comparison", str(folder))

    def _on_progressed(self, share: float | None) -> None:
        self.share = share

    def _on_ended(self, fault: str) -> None:
        """Whoever looks at something else meanwhile is told."""
        self._drop_nothing()
        if not self.shown:
            text = fault or "The comparison has ended."
            self._messages.show_message(
                Message(ENDED, text, "warning" if fault else "info", (Answer("Show it", self.toggle),))
            )

    def _drop_nothing(self) -> None:
        """Of a comparison that ended before anything was measured nothing is kept."""
        folder = self._bridge.folder
        if folder is not None and folder.is_dir() and not any(folder.glob(f"{results.FILE_NAME}*")):
            with contextlib.suppress(OSError):  # something else lies there
                (folder / WORKLOAD_FILE).unlink(missing_ok=True)
                folder.rmdir()

    def _open_run(self, recording: Path) -> None:
        self.leave()
        self._recordings.open(recording)

    def _open_last(self) -> None:
        last = str(self._settings.get("last_comparison", ""))
        if last and self._page.result is None and not self._bridge.running:
            self._open(Path(last), quiet=True)

    def _ask_and_open(self) -> None:
        start = self._bridge.folder.parent if self._bridge.folder else comparisons_folder()
        chosen, _ = QFileDialog.getOpenFileName(self._page, "Open a comparison", str(start), "Comparisons (*.json)")
        if chosen:
            self._open(Path(chosen), quiet=False)

    def _open(self, path: Path, *, quiet: bool) -> None:
        """A former result; `quiet`: nobody asked for it, so nobody wants to know why it can't be shown."""
        try:
            found = results.load(path)
        except (OSError, results.NotAComparison) as error:
            if not quiet:
                self._page.refuse(f"{path.name} can't be opened: {error}")
            return
        self._bridge.folder = path if path.is_dir() else path.parent
        self._page.show_result(found)
