"""The search that is going on: its query, its hits, the hit that was gone to. Works in pieces that no frame notices."""

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from engine.model.model import Model
from engine.model.search import Hit, Hits, InvalidQuery, Query, Search, parse

PIECE_S = 0.002  # of thread CPU time; what a piece may take
FIRST_ROWS = 8_000
LEAST_ROWS, MOST_ROWS = 4_000, 400_000
REST_MS = 2  # between two pieces
RESTS = 9  # times what looking at the latest has taken, until what is newer is looked at
ANEW_S = 1.0  # a search that must begin anew as the recording grows does so this often at most
TELL_S = 0.25  # the hits that are found meanwhile are shown this often


class SearchState(QObject):
    """At most one query. While a new search is under way for the same query the hits of the former one stay."""

    changed = Signal()  # hits, progress or query
    hit_changed = Signal()

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        thread_time: Callable[[], float] = time.thread_time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`thread_time` is what a piece of work is measured with, in s."""
        super().__init__(parent)
        self._thread_time, self._clock = thread_time, clock
        self._model: Model | None = None
        self._query = Query()
        self._search: Search | None = None  # at work, or waiting for more to be recorded
        self._shown: Search | None = None  # whose hits are shown
        self._busy = False
        self._cancelled = False
        self._rows = FIRST_ROWS
        self._told = self._spent = self._again_at = 0.0
        self._hit: Hit | None = None
        self.error = ""  # what is wrong with the query: one plain line
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REST_MS)
        self._timer.timeout.connect(self._work)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.refresh)

    @property
    def active(self) -> bool:
        """Whether anything is searched for."""
        return bool(self._query)

    @property
    def hits(self) -> Hits | None:
        """What has been found so far; None when nothing is searched for."""
        return self._shown.hits if self._shown is not None else None

    @property
    def hit(self) -> Hit | None:
        """The one that was gone to last."""
        return self._hit

    @property
    def busy(self) -> bool:
        """Whether what is recorded by now has not been looked at as a whole."""
        return self._busy

    @property
    def progress(self) -> float:
        """Share of the recording that has been looked at."""
        return self._search.progress if self._search is not None else 1.0

    @property
    def cancelled(self) -> bool:
        """Whether only a part was looked at because the user did not want to wait."""
        return self._cancelled

    def show_model(self, model: Model | None) -> None:
        """Another recording: searches in that for the same."""
        self._model = model
        self._begin(keep=False)

    def set_text(self, text: str) -> None:
        """Searches for this; nothing when it is empty or (see `error`) makes no sense."""
        try:
            query, self.error = parse(text), ""
        except InvalidQuery as error:
            query, self.error = Query(), str(error)
        if query != self._query:
            self._query = query
            self._begin(keep=False)
        else:
            self.changed.emit()

    def refresh(self) -> None:
        """The model may have grown."""
        search = self._search
        if search is None or self._busy or self._cancelled or not (search.outdated or search.behind):
            return
        left = self._again_at - self._clock()
        if left > 0:
            self._later.start(round(left * 1000) + 1)
        elif search.outdated:
            self._begin(keep=True)
        else:
            self._go_on()

    def cancel(self) -> None:
        """Looks no further; what has been found stays."""
        if self._busy:
            self._busy, self._cancelled = False, True
            self._timer.stop()
            self._shown = self._search
            self.changed.emit()

    def go(self, direction: int, from_ns: float) -> Hit | None:
        """To the next (+1) or previous (-1) hit, round the end; the first time to the first one from a time on."""
        hits = self.hits
        if hits is None:
            return None
        if self._hit is None:
            found = hits.after(None, from_ns)
            if direction < 0:
                found = hits.before(found) if found is not None else hits.last()
        else:
            found = hits.after(self._hit) if direction > 0 else hits.before(self._hit)
        if found is None:
            found = hits.first() if direction > 0 else hits.last()
        self._hit = found
        self.hit_changed.emit()
        return found

    def _begin(self, *, keep: bool) -> None:
        """Starts anew; `keep`: the former hits are shown until it has ended."""
        self._timer.stop()
        self._later.stop()
        self._cancelled = self._busy = False
        self._search = Search(self._model, self._query) if self._model is not None and self._query else None
        if not keep or self._search is None:
            self._shown, self._hit = self._search, None
        if self._search is not None:
            self._go_on()
        self.changed.emit()

    def _go_on(self) -> None:
        self._busy = True
        self._spent = 0.0
        self._timer.start()

    def _work(self) -> None:
        """One piece; the next is as large as this one's time allows."""
        search = self._search
        if search is None:
            return
        before = self._thread_time()
        more = search.advance(self._rows)
        took = max(self._thread_time() - before, 1e-6)
        self._spent += took
        self._rows = int(min(MOST_ROWS, max(LEAST_ROWS, self._rows * min(2.0, max(0.25, PIECE_S / took)))))
        if more:
            self._timer.start()
        else:
            self._busy, self._shown = False, search
            self._again_at = self._clock() + max(RESTS * self._spent, ANEW_S if search.waits_for_ends else 0.0)
            self.refresh()  # what came meanwhile may have been the last
        now = self._clock()
        if not more or now - self._told >= TELL_S:
            self._told = now
            self.changed.emit()
