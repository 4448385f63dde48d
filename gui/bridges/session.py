"""The only owner of a run and of the recording that is shown: starts, stops, opens, takes in within a frame's budget.

The frame clock calls `take_in`; everything else follows from what has arrived by then. Nothing here blocks for longer
than starting a process takes.
"""

import contextlib
import time
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from engine.model.model import Model
from engine.recording.append import CannotAppend, append_texts
from engine.recording.overview import read_overview
from engine.recording.reader import Batch, NotARecording, RecordingReader
from engine.session import RunRequest, Session, SessionError, SessionStatus
from gui.bridges.finding_watch import FindingWatch
from gui.bridges.saving import Saving

STEP_S = 0.002  # after which no further batch is begun: one that builds levels may take twice as long
MORE_STEPS = 2  # between two frames, while there is more to take in
MORE_OPENING_STEPS = 4  # the same of a saved recording, for which nobody has to be told in every frame
OPENING_S = 0.1  # how often that somebody is told
SETTLE_S = 0.002  # of a frame in which nothing has come
STEP = 1 << 14  # bytes of the file that are taken in at once: some thousand slices


class RunState(Enum):
    """What the run this window started is doing."""

    NONE = "none"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"  # nobody is left; what they have recorded is still taken in


class SessionBridge(QObject):
    """Owns at most one `Session` and one `RecordingReader` with its `Model`.

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
        self._clock = clock
        self._session: Session | None = None
        self._reader: RecordingReader | None = None
        self._read: Batch | None = None  # that has not been taken in yet
        self._told_version = 0  # of the model, when somebody was last told that it has changed
        self._told_at = float("-inf")
        self._steps_left = 0
        self._more = QTimer(self)
        self._more.setInterval(0)
        self._more.timeout.connect(self._take_more)
        self._opening = False
        self._known_notes = 0
        self._damage: str | None = None
        self._unwritten: dict[int, dict[str, Any]] = {}  # bookmarks that the file does not hold, as far as is known
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
        self.request: RunRequest | None = None
        self.path: Path | None = None
        self.model: Model | None = None
        self.run_state = RunState.NONE

    @property
    def running(self) -> bool:
        return self._session is not None

    @property
    def opening(self) -> bool:
        """Whether a saved recording is being taken in."""
        return self._opening

    @property
    def told_version(self) -> int:
        """Of the model, when `take_in` last said that it has changed."""
        return self._told_version

    @property
    def searched(self) -> bool:
        """Whether the last search for findings that a helper process did came to its end."""
        return self._findings.searched

    def start(self, request: RunRequest) -> bool:
        """Starts a run and shows its recording as it grows; False, after `failed`, when it can't be started."""
        if self._session is not None:
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
            reader = RecordingReader(path)
        except (NotARecording, OSError) as error:
            self.failed.emit(plain_line(path, error))
            return False
        self._show_nothing()
        self._opening = True
        self._show(reader, path)
        return True

    def cancel_work(self) -> None:
        """Stops what was begun last: saving a copy, of which nothing stays; or else taking in a recording, and looking
        for findings in it, of which stays what has been taken in or found.
        """
        if self._saving.cancel():
            return
        self._findings.cancel()
        if self._opening:
            self._opening = False
            self._close_reader()
            self.opening_progressed.emit(1.0)
            self.damage_found.emit("Opening was cancelled: only the beginning of this recording is shown.")

    def save_as(self, target: Path) -> bool:
        """Begins to copy the recording shown; `saved` tells where to. False, after `failed`, when that can't be done.

        What the recording's own file could not take of the notes goes into the copy.
        """
        if self.path is None:
            return False
        notes = list(self._unwritten.values()) if self._session is None else []
        return self._saving.start(self.path, target, notes)

    def put_bookmark(self, bookmark: dict[str, Any]) -> None:
        """Keeps a bookmark (as in the schema, without its type) with the recording shown, as soon as that can be.

        One of the same id is replaced; a text of None removes it. What cannot be written stays in this window, after
        `noted`, and goes into every copy that is saved.
        """
        if self.model is None or self._reader is None:
            return
        text = {**bookmark, "type": "bookmark"}
        self._unwritten[text["id"]] = text
        if self._session is not None:
            self._session.bookmark(bookmark)
        else:
            self._write_notes()

    def _write_notes(self) -> None:
        assert self._reader is not None
        assert self.model is not None
        waiting = list(self._unwritten.values())
        try:
            append_texts(self._reader, waiting)
            self._unwritten.clear()
        except CannotAppend as error:
            for text in waiting:
                self.model.put_bookmark(text)
            self.noted.emit(f"The note is kept in this window only: {error}. A copy that you save will hold it.")

    def _note_written(self) -> None:
        """While a run goes on: forgets the bookmarks that have come back in its recording."""
        assert self.model is not None
        for number, text in list(self._unwritten.items()):
            known = self.model.bookmarks.get(number)
            if (known.text if known is not None else None) == text["text"]:
                del self._unwritten[number]

    def close(self) -> None:
        """Ends what is going on, at once, and lets go of the recording."""
        if self._session is not None:
            self._session.close()
            self._session = None
            self._set_state(RunState.NONE)
        self._close_reader()
        self._saving.finish()

    def take_in(self, budget_s: float = STEP_S) -> bool:
        """Follows the run, takes in what has been recorded, for `budget_s` or less; True when the model has changed.

        What is left then is taken in before the next time, in events of its own. A saved recording of which more comes
        counts as changed every OPENING_S only: what takes it in is then not held up by what shows it.
        """
        self._follow_session()
        if self._reader is None or self.model is None:
            return False
        self._take_batches(min(budget_s, STEP_S))
        new = self.model.version != self._told_version
        if not self._at_end:
            self._steps_left = MORE_OPENING_STEPS if self._opening else MORE_STEPS
            self._more.start()
        changed = new and (not self._opening or self._at_end or self._clock() - self._told_at >= OPENING_S)
        if not new:
            self._settle()
        if changed:
            self._told_at = self._clock()
            self.data_taken_in.emit()
            self._findings.report()
            self._report_notes()
            if self._unwritten and self._session is not None:
                self._note_written()
        elif not new and not self.running and self._at_end:
            changed = self._findings.go_on()
        if self._opening:
            self._report_opening()
        self._report_damage()
        found = self._findings.take_news() or (self.running and self._findings.foresee())
        if changed or not new:
            self._told_version = self.model.version
        return changed or found

    @property
    def _at_end(self) -> bool:
        """Whether all that is in the file by now has been taken in."""
        return self._reader is None or (self._reader.at_end and not self._read)

    def _take_batches(self, budget_s: float) -> None:
        """Reads and takes in batch after batch, each of them a small piece of work, until the budget is spent."""
        assert self._reader is not None
        assert self.model is not None
        deadline = self._clock() + budget_s
        while batch := self._read or self._reader.poll(STEP):
            self._read = batch
            if self._clock() >= deadline:  # it was a chunk's first, for which all of that was unpacked
                break
            self.model.take_in(batch)
            self._read = None
            if self._clock() >= deadline:
                break

    def _take_more(self) -> None:
        self._steps_left -= 1
        if self._steps_left < 0 or self._at_end:
            self._more.stop()
        else:
            self._take_batches(STEP_S)

    def _settle(self) -> None:
        """Nothing has come: once all is known, what is there is made quick to ask."""
        assert self.model is not None
        deadline = self._clock() + SETTLE_S
        while self.model.finished and self.model.states.settle() and self._clock() < deadline:
            pass

    def _follow_session(self) -> None:
        if self._session is None:
            return
        status = self._session.poll()
        if self._reader is None and self.path is not None:
            self._try_to_follow(self.path)
        if status.phase == "running" and self.run_state is RunState.STARTING:
            self._set_state(RunState.RUNNING)
        elif status.phase == "stopped":
            self._set_state(RunState.STOPPED)
        elif status.over and self._at_end:
            self._end_run(status)

    def _end_run(self, status: SessionStatus) -> None:
        assert self._session is not None
        if self._reader is not None:
            self._findings.report()
            self._report_notes()
        self._session.close()
        self._session = None
        if self._unwritten and self._reader is not None:  # made when the recorder had already written its last
            self._note_written()
            if self._unwritten:
                self._write_notes()
        self._set_state(RunState.NONE)
        if status.message:
            (self.failed if status.phase == "failed" else self.noted).emit(status.message)
        self.run_ended.emit()

    def _try_to_follow(self, path: Path) -> None:
        """The recorder makes the file a moment after the start; without a whole header there is nothing to show."""
        with contextlib.suppress(NotARecording, OSError):
            self._show(RecordingReader(path), path)

    def _show(self, reader: RecordingReader, path: Path) -> None:
        self._reader = reader
        self.path = path
        self.model = Model(reader.header)
        self._told_version = self.model.version
        self._findings.watch(self.model, path)
        if self._opening and (overview := read_overview(path)) is not None:
            self.model.foretell(overview)
        self.model_replaced.emit(self.model)

    def _show_nothing(self) -> None:
        self._close_reader()
        self._opening = False
        self._unwritten.clear()
        self._known_notes = 0
        self._damage = None
        self.path = None
        if self.model is not None:
            self.model = None
            self.model_replaced.emit(None)

    def _close_reader(self) -> None:
        self._findings.stop()
        self._more.stop()
        self._read = None
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def replace_finding(self, finding: dict[str, Any]) -> None:
        """More is known of a finding by now: takes this one in its stead."""
        self._findings.replace(finding)

    def _report_opening(self) -> None:
        assert self._reader is not None
        if self._at_end:
            self._opening = False
            self.opening_progressed.emit(1.0)
        else:
            self.opening_progressed.emit(min(0.999, self._reader.offset / max(1, self._reader.size)))

    def _report_damage(self) -> None:
        """Only what is not being written any more can be called incomplete."""
        assert self._reader is not None
        damage = self._reader.damage if self._session is None and not self._opening else None
        if damage and damage != self._damage:
            self._damage = damage
            self.damage_found.emit(damage)

    def _report_notes(self) -> None:
        """Warnings that stand in the recording."""
        assert self.model is not None
        for note in self.model.notes[self._known_notes :]:
            if note.get("level") == "warning":
                self.noted.emit(str(note["text"]))
        self._known_notes = len(self.model.notes)

    def _set_state(self, state: RunState) -> None:
        if state is not self.run_state:
            self.run_state = state
            self.run_state_changed.emit(state)


def plain_line(path: Path, error: Exception) -> str:
    """What was wrong with what, and what to do, in one line."""
    if isinstance(error, FileNotFoundError):
        return f"{path} does not exist any more; choose another recording."
    if isinstance(error, PermissionError):
        return f"{path} may not be read; ask for the right to, or choose another recording."
    if isinstance(error, OSError):
        return f"{path} could not be read: {error.strerror or error}. Choose another recording."
    return f"{str(error).rstrip('.')}. Choose another recording."
