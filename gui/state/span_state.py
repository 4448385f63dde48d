"""Statistics of the selected span, counted in pieces that no frame notices."""

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from engine.model.model import Model
from engine.model.span import SpanStatistics
from gui.state.selection import Selection

PIECE_S = 0.002  # of thread CPU time; what a piece should take
FIRST_ROWS = 8_000
LEAST_ROWS, MOST_ROWS = 1_000, 64_000
REST_MS = 4  # between two pieces
SETTLE_MS = 60  # a span that is still being dragged is not counted
TELL_S = 0.2  # what has been counted so far is shown this often
ANEW_S = 1.0  # while a recording grows, a span that reaches beyond its end is counted anew this often


class SpanState(QObject):
    """`statistics` of the span that is selected; complete once `busy` is False."""

    changed = Signal()

    def __init__(
        self,
        selection: Selection,
        parent: QObject | None = None,
        *,
        thread_time: Callable[[], float] = time.thread_time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`thread_time` is what a piece of work is measured with, in s."""
        super().__init__(parent)
        self._selection, self._thread_time, self._clock = selection, thread_time, clock
        self._model: Model | None = None
        self._span: tuple[float, float] | None = None
        self._version = -1
        self._rows = FIRST_ROWS
        self._begun = self._told = 0.0
        self._cancelled = False
        self._counting: SpanStatistics | None = None  # at work, or done
        self._tells = False  # the next piece of work is to tell what there is
        self.statistics: SpanStatistics | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._work)
        selection.changed.connect(self._on_selection_changed)

    @property
    def busy(self) -> bool:
        """Whether some of the span has still to be counted."""
        counted = self._counting is not None and self._counting.complete and not self._tells
        return self._model is not None and self._span is not None and not counted and not self._cancelled

    @property
    def cancelled(self) -> bool:
        """Whether only a part was counted because the user did not want to wait."""
        return self._cancelled

    def show_model(self, model: Model | None) -> None:
        """Another recording, or none."""
        self._model = model
        self._begin()

    def refresh(self) -> None:
        """The model may have grown: a span that reaches beyond what was known is counted anew, now and then."""
        model, counted = self._model, self._counting
        if model is None or counted is None or self._span is None or self.busy or model.version == self._version:
            return
        if counted.end_ns < self._span[1] and self._clock() - self._begun >= ANEW_S:
            self._begin(keep=True)

    def cancel(self) -> None:
        """Counts no further; what has been counted stays."""
        if self.busy:
            self._cancelled = True
            self._timer.stop()
            self.changed.emit()

    def _on_selection_changed(self) -> None:
        if self._selection.span != self._span:
            self._begin()

    def _begin(self, *, keep: bool = False) -> None:
        """Counts what is selected from the beginning; `keep`: the former figures are shown until that is done."""
        self._span = self._selection.span
        self._timer.stop()
        self._cancelled = self._tells = False
        self._counting = None
        self._begun = self._clock()
        if not keep:
            self.statistics = None
        if self._model is not None and self._span is not None:
            self._timer.start(SETTLE_MS)
        if not keep:
            self.changed.emit()

    def _work(self) -> None:
        """One piece: begins, tells, or counts. Never two of them, for each takes a good part of a frame."""
        if self._counting is None:
            self._start()
        elif self._tells:
            self._tells, self._told = False, self._clock()
            self.changed.emit()
        else:
            self._count(self._counting)
        if self.busy:
            self._timer.start(REST_MS)

    def _start(self) -> None:
        assert self._model is not None
        assert self._span is not None
        self._version = self._model.version
        self._counting = SpanStatistics(self._model, *self._span)
        if self.statistics is None:
            self.statistics = self._counting
            self._tells = True

    def _count(self, counting: SpanStatistics) -> None:
        begun = self._thread_time()
        goes_on = counting.advance(self._rows)
        took = max(self._thread_time() - begun, 1e-6)
        self._rows = int(min(max(self._rows * min(PIECE_S / took, 2.0), LEAST_ROWS), MOST_ROWS))
        if not goes_on:
            self.statistics = counting
        shown = self.statistics is counting
        self._tells = not goes_on or (shown and self._clock() - self._told >= TELL_S)
