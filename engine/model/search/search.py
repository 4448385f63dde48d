"""Finds the hits of a query in a model: in steps of a given size, along with a recording that grows."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np

from engine.model.columns import distinct, runs
from engine.model.model import Model
from engine.model.search.hits import NO_LANE, Hits, Kind
from engine.model.search.query import Key, Query
from engine.model.search.tables import (
    LockTable,
    TextTable,
    lane_admitted,
    lane_named,
    state_groups,
)
from engine.model.search.tracks import overlap
from engine.recording.schema import STATE_MASK, State

Item = TypeVar("Item")
VISIT = 2_000  # slices that looking at a lane costs, whatever is there
LEARNING = 10_000  # slices that learning a few names costs
AT_ONCE = 64  # lanes
FOREVER = (1 << 62) - 1


class Search:
    """One query in one model. `advance` until it returns False, and again when the model has grown.

    A state slice within a task or a hold that a term names is only known to be so once that has ended: such a search
    becomes `outdated` as a live recording grows. So does any when something is renamed. A new one is needed then.
    """

    def __init__(self, model: Model, query: Query) -> None:
        self.model, self.query = model, query
        self.hits = Hits(model.start_ns)
        self._kinds = kinds_of(query)
        self._shortest = max((term.ns for term in query.of(Key.LONGER)), default=0)
        self._longest = min((term.ns for term in query.of(Key.SHORTER)), default=FOREVER)
        self._groups = state_groups(query)
        self._names = TextTable(query.of(Key.TASK, Key.WORD), query.of(Key.TASK, Key.WORD, negative=True))
        self._marks = TextTable(query.of(Key.MARK, Key.WORD), query.of(Key.MARK, Key.WORD, negative=True))
        self._containers = list(_containers(model, query, self._kinds))
        self._locks = LockTable(query.of(Key.HOLD), query.of(Key.HOLD, negative=True))
        self._admitted: list[bool] = []
        self._open: set[int] = set()  # lanes whose open state is a hit
        self._resume = np.zeros(0, np.int64)  # by lane, up to where its closed slices have been looked at
        self._rows_done = dict.fromkeys(Kind, 0)
        self._examined = 0
        self._version = -1
        self._renamed = model.renamed
        self._work = self._pieces()

    # Progress.

    @property
    def progress(self) -> float:
        """Share of what there is to look at that has been looked at."""
        if not self.behind:
            return 1.0
        whole = sum(search.whole for search, _ in self._containers) + self.whole
        done = sum(search._examined for search, _ in self._containers) + self._examined
        return min(done / max(whole, 1), 0.999)

    @property
    def whole(self) -> int:
        """Slices and other rows that there are to look at."""
        model = self.model
        rows = {
            Kind.STATE: model.states.slice_count,
            Kind.TASK: len(model.tasks),
            Kind.HOLD: len(model.holds),
        }
        return sum(rows.get(kind, 0) for kind in self._kinds)

    @property
    def outdated(self) -> bool:
        """What has been found is no longer all, or no longer true: search anew."""
        grown_within = self.waits_for_ends and self._version not in (-1, self.model.version)
        return self._renamed != self.model.renamed or grown_within

    @property
    def waits_for_ends(self) -> bool:
        """It depends on tasks or holds that are known when they have ended: it becomes outdated as more is recorded."""
        return bool(self._containers)

    @property
    def behind(self) -> bool:
        """There is something that has not been looked at."""
        return self._version != self.model.version

    def advance(self, rows: int) -> bool:
        """Looks at about so many more slices or other rows. False when everything known by now has been looked at."""
        budget = rows
        while budget > 0:
            for container, _ in self._containers:
                if container.advance(budget):
                    return True
            cost = next(self._work, None)
            if cost is None:
                if not self.behind:
                    return False
                self._work = self._pieces()
                continue
            budget -= cost
        return True

    def _pieces(self) -> Iterator[int]:
        """The work that there is now, piece by piece; each yields what it has cost."""
        model, version = self.model, self.model.version
        for part in _portions(range(len(self._admitted), len(model.lanes))):
            self._admitted += [lane_admitted(model, self.query, lane) for lane in part]
            yield VISIT
        yield VISIT
        if Kind.LANE in self._kinds:
            yield from self._find_lanes()
        if Kind.MARK in self._kinds:
            yield from self._find_marks()
        for kind in (Kind.TASK, Kind.HOLD):
            if kind in self._kinds:
                yield from self._find_rows(kind)
        if Kind.STATE in self._kinds:
            yield from self._find_states()
        self._version = version

    # Finding.

    def _find_states(self) -> Iterator[int]:
        model = self.model
        for group in self._groups:
            while group.learn(model):
                yield LEARNING
        lanes = len(self._admitted)
        starts = [lane.start_ns for lane in model.lanes[len(self._resume) : lanes]]
        self._resume = np.concatenate([self._resume, np.array(starts, np.int64)])
        closed = model.states.closed_ends()
        for lane in np.flatnonzero(closed[:lanes] > self._resume).tolist():
            if not self._admitted[lane]:
                continue
            while self._resume[lane] < closed[lane]:
                yield from self._look_at_slices(lane, int(closed[lane]))
        yield from self._find_open_states(lanes)

    def _find_open_states(self, lanes: int) -> Iterator[int]:
        """What the lanes are in the middle of, of the first `lanes` ones."""
        items = [item for item in self.model.states.open_slices() if item.lane < lanes and self._admitted[item.lane]]
        yield VISIT + 8 * len(items)
        where, starts, ends, details = (np.array([item[n] for item in items], np.int64) for n in (0, 1, 2, 4))
        codes = np.array([item.code for item in items], np.uint8)
        fits = np.flatnonzero(self._fit(starts, ends, codes, details))
        found = set()
        for part in _portions(fits.tolist()):
            for one in part:
                lane, start, end = int(where[one]), starts[one : one + 1], ends[one : one + 1]
                if self._within(lane, start, end).all():
                    found.add(lane)
                    self.hits.set_open(Kind.STATE, lane, start, end)
            yield VISIT
        for lane in self._open - found:
            self.hits.set_open(Kind.STATE, lane, starts[:0], ends[:0])
        self._open = found

    def _look_at_slices(self, lane: int, closed_ns: int) -> Iterator[int]:
        found = self.model.states.slices(lane, int(self._resume[lane]), closed_ns, VISIT * 4)
        known = int(found.ends.searchsorted(np.int64(closed_ns), "right"))
        starts, ends = found.starts[:known], found.ends[:known]
        fits = self._fit(starts, ends, found.codes[:known], found.details[:known])
        fits &= self._within(lane, starts, ends)
        self.hits.add(Kind.STATE, lane, starts[fits], ends[fits])
        self._resume[lane] = ends[-1] if known else closed_ns
        self._examined += known
        yield VISIT + known

    def _fit(self, starts: np.ndarray, ends: np.ndarray, codes: np.ndarray, details: np.ndarray) -> np.ndarray:
        fits = self._lasts(starts, ends) & ((codes & STATE_MASK) != State.ENDED)
        for group in self._groups:
            fits &= group.fits(codes, details)
        return np.asarray(fits)

    def _lasts(self, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        lengths = ends - starts
        return np.asarray((lengths >= self._shortest) & (lengths <= self._longest))

    def _within(self, lane: int, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Which of these spans lie in the tasks and holds that must be around them."""
        fits = np.ones(len(starts), bool)
        for container, wanted in self._containers:
            inside = np.zeros(len(starts), bool)
            for kind in (Kind.TASK, Kind.HOLD):
                track = container.hits.tracks.get((kind, lane))
                if track is not None:
                    inside |= overlap(starts, ends, track.union())
            fits &= inside == wanted
        return fits

    def _find_rows(self, kind: Kind) -> Iterator[int]:
        """Tasks or holds, which come by their ends."""
        model = self.model
        store = model.tasks if kind is Kind.TASK else model.holds
        while self._names.learn(model.names):
            yield LEARNING
        while self._locks.learn(model.primitives):
            yield LEARNING
        while (begin := self._rows_done[kind]) < len(store):
            part = store.part(begin, begin + VISIT * 8)
            starts, ends = part["start"].astype(np.int64), part["end"].astype(np.int64)
            fits = self._lasts(starts, ends)
            if kind is Kind.TASK:
                fits &= self._names.fits(part["name"])
            else:
                fits &= self._locks.fits(part["primitive"])
            some = np.flatnonzero(fits)
            some = some[np.argsort(part["lane"][some], kind="stable")]
            if len(some):
                for lane, first, number in zip(*(each.tolist() for each in runs(part["lane"][some])), strict=True):
                    mine = some[first : first + number]
                    self._add_admitted(kind, lane, starts[mine], ends[mine])
            self._rows_done[kind] = begin + len(part)
            self._examined += len(part)
            yield VISIT + len(part)
        if kind is Kind.HOLD:
            self._find_open_holds()

    def _find_open_holds(self) -> None:
        by_lane: dict[int, list[tuple[int, int]]] = {}
        for hold in self.model.holds.unreleased():
            if self._locks.fits(np.array([hold.primitive])).all():
                by_lane.setdefault(hold.lane, []).append((hold.start_ns, hold.end_ns))
        for lane in {lane for kind, lane in self.hits.tracks if kind is Kind.HOLD} | set(by_lane):
            spans = np.array(sorted(by_lane.get(lane, [])), np.int64).reshape(-1, 2)
            if self._admitted[lane]:
                fits = self._lasts(spans[:, 0], spans[:, 1]) & self._within(lane, spans[:, 0], spans[:, 1])
                self.hits.set_open(Kind.HOLD, lane, spans[fits, 0], spans[fits, 1])

    def _find_lanes(self) -> Iterator[int]:
        model, by_name = self.model, self.query.has(Key.WORD)
        for part in _portions(model.lanes[: len(self._admitted)]):
            for lane in part:
                if self._admitted[lane.id] and (not by_name or lane_named(model, self.query, lane.id)):
                    end = max(model.end_ns if lane.end_ns is None else lane.end_ns, lane.start_ns)
                    self.hits.set_open(Kind.LANE, lane.id, np.array([lane.start_ns]), np.array([end]))
            yield VISIT

    def _find_marks(self) -> Iterator[int]:
        model = self.model
        while self._marks.learn(model.names):
            yield LEARNING
        rows = model.marks
        if (begin := self._rows_done[Kind.MARK]) < len(rows):
            part = rows[begin:][self._marks.fits(rows["text"][begin:])]
            for lane in distinct(part["lane"]).tolist():
                times = np.sort(part["time"][part["lane"] == lane].astype(np.int64))
                self._add_admitted(Kind.MARK, lane, times, times)
            self._rows_done[Kind.MARK] = len(rows)
            yield VISIT + len(rows) - begin
        spans: dict[int, list[tuple[int, int]]] = {}
        for note in model.bookmarks.values():
            lane = NO_LANE if note.lane is None else note.lane
            admitted = lane == NO_LANE or (lane < len(self._admitted) and self._admitted[lane])
            if admitted and self._marks.admits(note.text):
                spans.setdefault(lane, []).append((note.time_ns, note.end_ns))
        for lane in {lane for kind, lane in self.hits.tracks if kind is Kind.MARK} | set(spans):
            bounds = np.array(sorted(spans.get(lane, [])), np.int64).reshape(-1, 2)
            self.hits.set_open(Kind.MARK, lane, bounds[:, 0], bounds[:, 1])

    def _add_admitted(self, kind: Kind, lane: int, starts: np.ndarray, ends: np.ndarray) -> None:
        if lane < len(self._admitted) and self._admitted[lane]:
            fits = self._within(lane, starts, ends)
            self.hits.add(kind, lane, starts[fits], ends[fits])


def kinds_of(query: Query) -> set[Kind]:
    """What a query looks for: the most particular thing that one of its terms names."""
    if not query:
        return set()
    if query.has(Key.STATE, Key.LOCK, Key.LINE):
        return {Kind.STATE}
    for key, kind in ((Key.TASK, Kind.TASK), (Key.HOLD, Kind.HOLD), (Key.MARK, Kind.MARK)):
        if query.has(key):
            return {kind}
    if query.has(Key.WORD):
        timed = query.has(Key.LONGER, Key.SHORTER)
        return {Kind.TASK, Kind.STATE} if timed else {Kind.LANE, Kind.MARK, Kind.TASK, Kind.STATE}
    about_lanes = all(term.key in (Key.THREAD, Key.PROCESS) for term in query.terms)
    return {Kind.LANE} if about_lanes else {Kind.STATE}


def _containers(model: Model, query: Query, kinds: set[Kind]) -> Iterator[tuple[Search, bool]]:
    """Searches for the tasks and holds within which (or, False, outside of which) the hits must lie."""
    for key, kind in ((Key.TASK, Kind.TASK), (Key.HOLD, Kind.HOLD)):
        for negative in (False, True):
            terms = query.of(key, negative=negative)
            if terms and (kind not in kinds or (negative and Kind.STATE in kinds)):
                positive = tuple(type(term)(term.key, term.value) for term in terms)
                yield Search(model, Query(positive)), not negative


def _portions(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """AT_ONCE at a time."""
    return (items[first : first + AT_ONCE] for first in range(0, len(items), AT_ONCE))
