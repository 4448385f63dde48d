"""The only owner of a run and of the recording that is shown: starts, stops, opens, takes in within a frame's budget.

The frame clock calls `take_in`; everything else follows from what has arrived by then. Nothing here blocks for longer
than starting a process takes.
"""

import time
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from engine.model.model import Model
from engine.recording import library
from engine.recording.reader import RecordingReader
from engine.session import RunRequest, Session, SessionError, SessionStatus
from gui.bridges.feed import STEP_S, CannotShow, Feed, open_recording
from gui.bridges.finding_watch import FindingWatch
from gui.bridges.notes import UnwrittenNotes, Warnings
from gui.bridges.saving import Saving


class RunState(Enum):
    """What the run this window started is doing."""

    NONE = "none"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"  # nobody is left; what they have recorded is still taken in


class SessionBridge(QObject):
    """Owns at most one `Session`, and the `Feed` of the recording that is shown.

    Invariant: while a run is going on the recording shown is its own; opening another waits until it has ended.
    """

    model_replaced = Signal(object)  # Model, or None
    data_taken_in = Signal()
    run_state_changed = Signal(object)  # RunState
    run_ended = Signal()
    finding_added = Signal(dict)
    finding_changed = Signal(dict)
    finding_removed = Signal(dict)  # a prediction that no longer holds
    failed = Signal(str)  # one plain line
    noted = Signal(str)  # one plain line worth knowing about the run, which went on
    opening_progressed = Signal(float)  # share of the file that has been taken in; 1.0: all
    search_progressed = Signal(float)  # share of the search for findings that is done; 1.0: over
    saving_progressed = Signal(float)  # share of a copy that has been written; 1.0: over
    saved = Signal(object)  # Path of a copy
    damage_found = Signal(str)  # one plain line: what of the recording is missing

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        """`clock` gives seconds and is what the frame budget is measured with."""
        super().__init__()
        self._session: Session | None = None
        self._feed = Feed(clock, self)
        self._feed.progressed.connect(self.opening_progressed)
        self._feed.damaged.connect(self.damage_found)
        self._unwritten = UnwrittenNotes()
        self._warnings = Warnings()
        self._findings = FindingWatch(clock, self)
        self._findings.added.connect(self.finding_added)
        self._findings.changed.connect(self.finding_changed)
        self._findings.removed.connect(self.finding_removed)
        self._findings.progressed.connect(self.search_progressed)
        self._findings.failed.connect(lambda why: self.noted.emit(f"Findings could not be looked for: {why}."))
        self._saving = Saving(self)
        self._saving.progressed.connect(self.saving_progressed)
        self._saving.saved.connect(self.saved)
        self._saving.noted.connect(self.noted)
        self._saving.failed.connect(self.failed)
        self._said = ""  # by the session of the recording shown, last
        self.request: RunRequest | None = None
        self.path: Path | None = None
        self.run_state = RunState.NONE

    @property
    def running(self) -> bool:
        return self._session is not None

    @property
    def model(self) -> Model | None:
        """Of the recording shown."""
        return self._feed.model

    @property
    def opening(self) -> bool:
        """Whether a saved recording is being taken in."""
        return self._feed.opening

    @property
    def told_version(self) -> int:
        """Of the model, when `take_in` last said that it has changed."""
        return self._feed.told_version

    @property
    def searched(self) -> bool:
        """Whether the last search for findings that a helper process did came to its end."""
        return self._findings.searched

    def start(self, request: RunRequest) -> bool:
        """Starts a run and shows its recording as it grows; False, after `failed`, when it can't be started."""
        if self._session is not None:
            library.give_up(request.recording)
            self.failed.emit("A run is going on already; end it before you start another.")
            return False
        session = Session(request)
        self._show_nothing()
        try:
            session.start()
        except SessionError as error:
            session.close()
            self.failed.emit(str(error))
            return False
        self._session = session
        self.request = request
        self.path = Path(request.recording)
        self._set_state(RunState.STARTING)
        return True

    def stop(self) -> None:
        """Asks the run to end; it is gone within 2 s."""
        if self._session is not None:
            self._session.stop()
            if self.run_state is not RunState.STOPPED:
                self._set_state(RunState.STOPPING)

    def open(self, path: Path) -> bool:
        """Shows a recording, in steps; False, after `failed`, when it can't be shown. What was shown stays then."""
        if self._session is not None:
            self.failed.emit("A run is being recorded; end it before you open another recording in this window.")
            return False
        try:
            reader = open_recording(path)
        except CannotShow as error:
            self.failed.emit(str(error))
            return False
        self._show_nothing()
        self._show(reader, path, saved=True)
        return True

    def cancel_work(self) -> None:
        """Stops what was begun last: saving a copy, of which nothing stays; or else taking in a recording, and looking
        for findings in it, of which stays what has been taken in or found.
        """
        if self._saving.cancel():
            return
        self._findings.cancel()
        if self._feed.opening:
            self._findings.stop()
            self._feed.cancel()

    def save_as(self, target: Path) -> bool:
        """Begins to copy the recording shown; `saved` tells where to. False, after `failed`, when that can't be done.

        What the recording's own file could not take of the notes goes into the copy.
        """
        if self.path is None:
            return False
        notes = self._unwritten.texts() if self._session is None else []
        return self._saving.start(self.path, target, notes)

    def put_bookmark(self, bookmark: dict[str, Any]) -> None:
        """Keeps a bookmark (as in the schema, without its type) with the recording shown, as soon as that can be.

        One of the same id is replaced; a text of None removes it. What cannot be written stays in this window, after
        `noted`, and goes into every copy that is saved.
        """
        if self.model is None or self._feed.reader is None:
            return
        self._unwritten.put(bookmark)
        if self._session is not None:
            self._session.bookmark(bookmark)
        else:
            self._write_notes()

    def _write_notes(self) -> None:
        assert self._feed.reader is not None
        assert self.model is not None
        refused = self._unwritten.write(self._feed.reader, self.model)
        if refused:
            self.noted.emit(refused)

    def close(self) -> None:
        """Ends what is going on, at once, and lets go of the recording."""
        if self._session is not None:
            self._session.close()
            self._session = None
            self._set_state(RunState.NONE)
        self._findings.stop()
        self._feed.close()
        self._saving.finish()

    def take_in(self, budget_s: float = STEP_S) -> bool:
        """Follows the run, takes in what has been recorded, for `budget_s` or less; True when the model has changed.

        What is left then is taken in before the next time, in events of its own. A saved recording of which more comes
        counts as changed every OPENING_S only: what takes it in is then not held up by what shows it.
        """
        self._follow_session()
        feed, model = self._feed, self._feed.model
        if feed.reader is None or model is None:
            return False
        feed.take_in(budget_s)
        new, changed = feed.new, feed.worth_telling
        if changed:
            feed.note_telling()
            self.data_taken_in.emit()
            self._findings.report()
            self._report_warnings()
            if self._session is not None:
                self._unwritten.forget_written(model)
        elif not new and not self.running and feed.at_end:
            changed = self._findings.go_on()
        feed.report(damage=not self.running and not self._said)  # what was said tells why something is missing
        found = self._findings.take_news() or (self.running and self._findings.foresee())
        if changed or not new:
            feed.note_told()
        return changed or found

    def _follow_session(self) -> None:
        if self._session is None:
            return
        status = self._session.poll()
        self._tell_what_it_says(status)
        if self._feed.reader is None and self.path is not None:
            self._try_to_follow(self.path)
        if status.phase == "running" and self.run_state is RunState.STARTING:
            self._set_state(RunState.RUNNING)
        elif status.phase == "stopped":
            self._set_state(RunState.STOPPED)
        elif status.over and self._feed.at_end:
            self._end_run()

    def _end_run(self) -> None:
        assert self._session is not None
        model = self._feed.model
        if model is not None:
            self._findings.report()
            self._report_warnings()
        self._session.close()
        self._session = None
        if model is not None:
            self._unwritten.forget_written(model)
        if self._unwritten and self._feed.reader is not None:  # made when the recorder had already written its last
            self._write_notes()
        self._set_state(RunState.NONE)
        self.run_ended.emit()

    def _tell_what_it_says(self, status: SessionStatus) -> None:
        """At once and once: a disk is full now, not when the run is over."""
        if status.message and status.message != self._said:
            self._said = status.message
            (self.failed if status.phase == "failed" else self.noted).emit(status.message)

    def _try_to_follow(self, path: Path) -> None:
        """The recorder makes the file a moment after the start; without a whole header there is nothing to show."""
        try:
            reader = open_recording(path)
        except CannotShow:
            return
        self._show(reader, path, saved=False)

    def _show(self, reader: RecordingReader, path: Path, *, saved: bool) -> None:
        self.path = path
        model = self._feed.show(reader, path, saved=saved)
        self._findings.watch(model, path)
        self.model_replaced.emit(model)

    def _show_nothing(self) -> None:
        self._findings.stop()
        self._unwritten.clear()
        self._warnings.forget()
        self._said = ""
        self.path = None
        shown = self.model is not None
        self._feed.forget()
        if shown:
            self.model_replaced.emit(None)

    def replace_finding(self, finding: dict[str, Any]) -> None:
        """More is known of a finding by now: takes this one in its stead."""
        self._findings.replace(finding)

    def _report_warnings(self) -> None:
        """Those that stand in the recording."""
        assert self.model is not None
        for text in self._warnings.take_new(self.model):
            self.noted.emit(text)

    def _set_state(self, state: RunState) -> None:
        if state is not self.run_state:
            self.run_state = state
            self.run_state_changed.emit(state)
