"""The recording that is shown, as far as it has been taken in: its file is read in steps that fit into frames."""

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from engine.model.model import Model
from engine.recording.overview import read_overview
from engine.recording.reader import Batch, NotARecording, RecordingReader

STEP_S = 0.002  # after which no further batch is begun: one that builds levels may take twice as long
MORE_STEPS = 2  # between two frames, while there is more to take in
MORE_OPENING_STEPS = 4  # the same of a saved recording, for which nobody has to be told in every frame
OPENING_S = 0.1  # how often that somebody is told
SETTLE_S = 0.002  # of a frame in which nothing has come
STEP = 1 << 14  # bytes of the file that are taken in at once: some thousand slices


class CannotShow(Exception):
    """A file cannot be shown. The text is one plain line: what was wrong with it, and what to do."""


def open_recording(path: Path) -> RecordingReader:
    """A reader at the file's beginning; CannotShow when there is no recording to read."""
    try:
        return RecordingReader(path)
    except FileNotFoundError as error:
        raise CannotShow(f"{path} does not exist any more; choose another recording.") from error
    except PermissionError as error:
        raise CannotShow(f"{path} may not be read; ask for the right to, or choose another recording.") from error
    except OSError as error:
        raise CannotShow(f"{path} could not be read: {error.strerror or error}. Choose another recording.") from error
    except NotARecording as error:
        raise CannotShow(f"{str(error).rstrip('.')}. Choose another recording.") from error


class Feed(QObject):
    """Owns at most one `RecordingReader` with its `Model`, the same for a growing file and for a saved one.

    The model stays when the reader is closed: it holds what has been taken in by then.
    """

    progressed = Signal(float)  # share of a saved recording that has been taken in; 1.0: all
    damaged = Signal(str)  # one plain line: what of the recording is missing

    def __init__(self, clock: Callable[[], float] = time.perf_counter, parent: QObject | None = None) -> None:
        """`clock` gives seconds and is what the budgets are measured with."""
        super().__init__(parent)
        self._clock = clock
        self.reader: RecordingReader | None = None
        self.model: Model | None = None
        self.opening = False  # whether it is a saved recording of which more is to be taken in
        self.told_version = 0  # of the model, when somebody was last told that it has changed
        self._told_at = float("-inf")
        self._read: Batch | None = None  # that has not been taken in yet
        self._damage: str | None = None
        self._steps_left = 0
        self._more = QTimer(self)
        self._more.setInterval(0)
        self._more.timeout.connect(self._take_more)

    def show(self, reader: RecordingReader, path: Path, *, saved: bool) -> Model:
        """Begins with a file that nothing has been read of; a saved one's model is foretold by its overview."""
        self.reader = reader
        self.opening = saved
        self._damage = None
        self.model = model = Model(reader.header)
        self.told_version = model.version
        if saved and (overview := read_overview(path)) is not None:
            model.foretell(overview)
        return model

    def close(self) -> None:
        """Reads no further; the model keeps what it has."""
        self._more.stop()
        self._read = None
        if self.reader is not None:
            self.reader.close()
            self.reader = None
        if self.opening:  # something else is shown before all was taken in: its progress is over, too
            self.opening = False
            self.progressed.emit(1.0)

    def forget(self) -> None:
        """Closes, and lets go of the model too."""
        self.close()
        self.model = None

    @property
    def at_end(self) -> bool:
        """Whether all that is in the file by now has been taken in."""
        return self.reader is None or (self.reader.at_end and not self._read)

    @property
    def new(self) -> bool:
        """Whether the model has changed since somebody was told."""
        return self.model is not None and self.model.version != self.told_version

    @property
    def worth_telling(self) -> bool:
        """New, and not told of a moment ago: what takes in a saved recording is not to be held up by what shows it."""
        return self.new and (not self.opening or self.at_end or self._clock() - self._told_at >= OPENING_S)

    def note_telling(self) -> None:
        """Somebody is being told now."""
        self._told_at = self._clock()

    def note_told(self) -> None:
        """They know of the model as it is."""
        assert self.model is not None
        self.told_version = self.model.version

    def take_in(self, budget_s: float) -> None:
        """Takes in for `budget_s` or STEP_S at most; what is left then, before the next time, in events of its own."""
        self._take_batches(min(budget_s, STEP_S))
        if not self.at_end:
            self._steps_left = MORE_OPENING_STEPS if self.opening else MORE_STEPS
            self._more.start()
        if not self.new:
            self._settle()

    def report(self, *, damage: bool) -> None:
        """How far opening has come; with `damage` what is missing, which is nothing yet in a file that grows."""
        assert self.reader is not None
        if self.opening:
            self.opening = not self.at_end
            share = min(0.999, self.reader.offset / max(1, self.reader.size)) if self.opening else 1.0
            self.progressed.emit(share)
        missing = self.reader.damage if damage and not self.opening else None
        if missing and missing != self._damage:
            self._damage = missing
            self.damaged.emit(missing)

    def cancel(self) -> None:
        """Takes in nothing more of a saved recording; what has been taken in stays."""
        if self.opening:
            self.close()
            self.damaged.emit("Opening was cancelled: only the beginning of this recording is shown.")

    def _take_batches(self, budget_s: float) -> None:
        """Reads and takes in batch after batch, each of them a small piece of work, until the budget is spent."""
        assert self.reader is not None
        assert self.model is not None
        deadline = self._clock() + budget_s
        while batch := self._read or self.reader.poll(STEP):
            self._read = batch
            if self._clock() >= deadline:  # it was a chunk's first, for which all of that was unpacked
                break
            self.model.take_in(batch)
            self._read = None
            if self._clock() >= deadline:
                break

    def _take_more(self) -> None:
        self._steps_left -= 1
        if self._steps_left < 0 or self.at_end:
            self._more.stop()
        else:
            self._take_batches(STEP_S)

    def _settle(self) -> None:
        """Nothing has come: once all is known, what is there is made quick to ask."""
        assert self.model is not None
        deadline = self._clock() + SETTLE_S
        while self.model.finished and self.model.states.settle() and self._clock() < deadline:
            pass
