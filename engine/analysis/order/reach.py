"""How far all other lanes had got for certain, at each moment of a lane: vector clocks (Fidge 1988, Mattern 1989), kept
as steps, one for each time that a lane learns more of another; what a lane knows from its start is its starter's.

News are taken in order of time, each once for every lane that learns of it, so the work grows with what there is to
learn. News of "one of these" may depend on moments that come later; for these another pass looks at what the one before
has found, until nothing more follows. No pass finds what is not so, therefore the last one may be any.

Not known: what comes after the first `MOST_WORK` moments looked at, and what takes more than `MOST_PASSES`.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import NamedTuple

FOREVER = 1 << 63
MOST_WORK = 3_000_000  # some seconds
MOST_PASSES = 10
PIECE = 1000  # moments looked at between two pauses: about a millisecond
MANY = 4  # moments that are told to several lanes at once: worth remembering that one knows them
Moment = tuple[int, int]  # lane, time in ns


class News(NamedTuple):
    """A lane learns at that time that others have come so far: all of these, or at least one of them."""

    time_ns: int
    lane: int
    moments: tuple[Moment, ...]
    every: bool


class Reaches:
    """What follows from who started whom and when, and from the news. Nothing is known before `work` has been done."""

    def __init__(self, starters: Mapping[int, Moment], news: Sequence[News]) -> None:
        self._starters = starters
        self._news = sorted(news, key=lambda each: each.time_ns)
        self._known = _Pass(starters, {})
        self.is_whole = False  # all news have been taken in

    def work(self) -> Iterator[None]:
        """Works it out, with a pause after each piece."""
        last = {each.lane: each.time_ns for each in self._news}
        former: _Pass | None = None
        left = MOST_WORK
        for _ in range(MOST_PASSES):
            known = _Pass(self._starters, last)
            is_whole = yield from known.take(self._news, former or known, left)
            left -= known.work
            self.is_whole |= is_whole
            if is_whole or former is None:
                self._known = known
            if not is_whole or not known.unsettled or (former and former.unsettled == known.unsettled):
                return
            former = known

    def latest(self, moment: Moment, other: int) -> int:
        """The latest time of another lane that happens before the moment; -1: none does."""
        return self._known.latest(*moment, other)


class _Pass:
    def __init__(self, starters: Mapping[int, Moment], last: Mapping[int, int]) -> None:
        self._starters = starters
        self._last = last  # by lane: when it learnt something for the last time
        # By lane and other lane: at which times it learnt how far the other had come.
        self._steps: dict[int, dict[int, tuple[list[int], list[int]]]] = defaultdict(dict)
        self._told: dict[int, tuple[list[int], list[tuple[Moment, ...]]]] = defaultdict(lambda: ([], []))
        self._heard: dict[int, set[int]] = defaultdict(set)  # by lane: ids of what is told to many
        self.unsettled: list[tuple[Moment, ...]] = []  # what followed from news that moments to come have a part in
        self.work = 0

    def take(self, news: Sequence[News], former: "_Pass", most: int) -> Generator[None, None, bool]:
        """All news in order of time; whether it was all."""
        pause = PIECE
        for each in news:
            for _ in self._take_one(each, former):
                if self.work >= pause:
                    pause = self.work + PIECE
                    yield
            if self.work > most:
                return False
        return True

    def _take_one(self, news: News, former: "_Pass") -> Iterator[None]:
        moments = news.moments if news.every else (yield from self._common(news, former))
        yield from self._learn(news.lane, news.time_ns, moments)

    def latest(self, lane: int, time_ns: int, other: int) -> int:
        """See `Reaches`."""
        best = -1
        while True:
            self.work += 1
            if lane == other:
                return max(best, time_ns)
            if (step := self._steps[lane].get(other) if lane in self._steps else None) and (
                number := bisect_right(step[0], time_ns)
            ):
                best = max(best, step[1][number - 1])
            if (starter := self._starters.get(lane)) is None:
                return best
            lane, time_ns = starter

    def _learn(self, lane: int, time_ns: int, moments: tuple[Moment, ...]) -> Iterator[None]:
        """Invariant: who knows a moment knows all that happens before it."""
        if not moments:
            return
        steps, heard = self._steps[lane], self._heard[lane]
        work = [moments]
        while work:
            some = work.pop()
            if len(some) > MANY:
                if id(some) in heard:
                    continue
                heard.add(id(some))
            for other, when in some:
                before = self.latest(lane, time_ns, other)
                if when <= before or other == lane:
                    continue
                times, reached = steps.setdefault(other, ([], []))
                times.append(time_ns)
                reached.append(when)
                if before < 0 and (starter := self._starters.get(other)):
                    work.append((starter,))
                if other in self._told:
                    told, what = self._told[other]
                    work += what[bisect_right(told, before) : bisect_right(told, when)]
            yield
        times, said = self._told[lane]
        times.append(time_ns)
        said.append(moments)

    def _common(self, news: News, former: "_Pass") -> Generator[None, None, tuple[Moment, ...]]:
        """What happens before each of these moments, but for those that come after the news."""
        sources: list[tuple[_Pass, Moment]] = []
        is_settled = True
        for lane, time_ns in news.moments:
            yield
            known = self
            if min(time_ns, self._last.get(lane, -1)) >= news.time_ns:
                known, is_settled = former, False
            if known.latest(lane, time_ns, news.lane) < news.time_ns:
                sources.append((known, (lane, time_ns)))
        found: dict[int, int] = {}
        for other, when in sources[0][0]._all_before(sources[0][1], self, news) if sources else ():
            yield
            least = min((known.latest(*moment, other) for known, moment in sources[1:]), default=when)
            if (least := min(least, when)) > found.get(other, self.latest(news.lane, news.time_ns, other)):
                found[other] = least
        common = tuple(found.items())
        if not is_settled:
            self.unsettled.append(common)
        return common

    def _all_before(self, moment: Moment, knows: "_Pass", news: News) -> Iterator[Moment]:
        """The moment and what happens before it, but for what the lane that gets the news knows from its starters."""
        at: Moment | None = moment
        while at is not None and knows.latest(news.lane, news.time_ns, at[0]) < at[1]:
            yield at
            for other, (times, reached) in self._steps[at[0]].items() if at[0] in self._steps else ():
                self.work += 1
                if number := bisect_right(times, at[1]):
                    yield other, reached[number - 1]
            at = self._starters.get(at[0])
