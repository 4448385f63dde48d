"""What starting and joining threads and processes says about the order of moments on different lanes; and barriers,
and signals that nothing but one lane's doing could have given.

A moment happens before another when a chain of lanes leads from one to the other: along a lane, from a start to the
started lane's beginning, from a lane's end to whoever joined it, from an arrival at a barrier to every departure of the
same round (Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System", 1978; for lock orders: Bensalem
and Havelund, "Dynamic Deadlock Analysis of Multi-threaded Programs", 2005). A barrier that has more users than parties
orders nothing.

Who waits for an event, an item of a queue or a permit of a semaphore that began with none needs somebody who gives it.
Whose gift it was in this run may be chance, so the order of this run says nothing. But *some* gift must have come
before: what happens before the first gift of every lane that gave any happens before the receipt in every run that does
the same (a weakening of the order of this run as in predictive analyses: Said, Wang, Yang, Sakallah, "Generating Data
Race Witnesses by an SMT-based Analysis", 2011; Huang, Meredith, Rosu, "Maximal Sound Predictive Race Detection with
Control Flow Abstraction", 2014). That is less than could be known of a second item or a cleared event, never more.

Who has waited for the result of a job comes after the job; see `outcomes` for this and for all that nobody tells.

`doubtful`: receipts count too that the program might do without: of a wait with a timeout, or on a condition, at which
another run may find what it wants without having to wait; and of waits for any of several.

Not known: what is handed over by locks and plain variables.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence

from engine.analysis.outcomes import Outcome, Outcomes
from engine.model.model import Model
from engine.model.nestings import Gift, Join, Passage, Receipt

FOREVER = 1 << 63
Moment = tuple[int, int]  # lane, time in ns
Reach = dict[int, int]  # by lane the latest time that happens before some moment
News = tuple[int, list[Moment] | Receipt | Outcome]  # at that time a lane learns that others have come so far
MOST_DEPTH = 100  # gifts that hang on one another; those beyond say nothing
_DOUBTFUL = frozenset({"Condition", "process Condition"})
_SURE = frozenset(
    {
        "Event", "process Event", "Timer", "Semaphore", "BoundedSemaphore", "process Semaphore",
        "process BoundedSemaphore", "Queue", "SimpleQueue", "process Queue", "process JoinableQueue", "Pipe",
    }
)  # fmt: skip


class StartOrder:
    """Answers for one model, as it is now."""

    def __init__(self, model: Model, *, doubtful: bool = False) -> None:
        self._model = model
        self._outcomes = Outcomes(model)
        self._kinds = _SURE | _DOUBTFUL if doubtful else _SURE
        self._doubtful = doubtful
        # By lane: when it learnt that others had come so far; `_news_of` has all of it, in order.
        self._told: dict[int, list[News]] = defaultdict(list)
        self._news: dict[int, tuple[list[int], list[News]]] = {}
        self._known: dict[tuple[int, int], Reach] = {}  # by lane and how many of these it has behind it
        self._depth = 0
        self._in_work: set[tuple[int, int]] = set()
        self._gifts = _first_gifts(model)
        lanes_of: dict[int, list[int]] = defaultdict(list)
        for lane in model.lanes:
            lanes_of[lane.process].append(lane.id)
        for join in _joins(model):
            ended = [join.joined] if join.joined is not None else lanes_of.get(join.process or 0, [])
            self._told[join.lane].append((join.time_ns, [(lane, FOREVER) for lane in ended]))
        for met in _rounds(model):
            arrivals = [(each.lane, each.arrived_ns) for each in met]
            for each in met:
                self._told[each.lane].append((each.left_ns, arrivals))
        for receipt in model.receipts:
            if self._counts(receipt):
                self._told[receipt.lane].append((receipt.time_ns, receipt))
        # Who started a process is not told; nearly always it is the main thread of its parent.
        self._first = {process: min(lanes) for process, lanes in lanes_of.items()}

    def before(self, first: Moment, second: Moment) -> bool:
        """Whether `first` happens before `second` in every run that starts, joins, meets and signals alike."""
        if first[0] == second[0]:
            return first[1] <= second[1]
        return self._reach(second).get(first[0], -1) >= first[1]

    def ordered(self, one: Moment, other: Moment) -> bool:
        """Whether one of them happens before the other."""
        return self.before(one, other) or self.before(other, one)

    def _reach(self, moment: Moment) -> Reach:
        """Per other lane the latest time that happens before the moment: the same between two news."""
        key = moment[0], bisect_right(self._news_of(moment[0])[0], moment[1])
        if key in self._known:
            return self._known[key]
        if key in self._in_work or self._depth == MOST_DEPTH:
            return {}
        self._in_work.add(key)
        self._depth += 1
        self._known[key] = self._look_back(moment)
        self._depth -= 1
        self._in_work.discard(key)
        return self._known[key]

    def _look_back(self, moment: Moment) -> Reach:
        reach: Reach = {}
        work = [moment]
        while work:
            lane, time_ns = work.pop()
            before = reach.get(lane, -1)
            if time_ns <= before:
                continue
            reach[lane] = time_ns
            if before < 0 and (starter := self._starter(lane)):
                work.append(starter)
            for told_ns, what in self._news_of(lane)[1]:
                if before < told_ns <= time_ns:
                    work += self._before_news(lane, what)
        return reach

    def _counts(self, receipt: Receipt) -> bool:
        kind = _kind(self._model, receipt.primitive)
        return kind in self._kinds and (self._doubtful or (receipt.sure and kind in _SURE))

    def _news_of(self, lane: int) -> tuple[list[int], list[News]]:
        """When there were any, and what they say."""
        if lane not in self._news:
            news = self._told.get(lane, [])
            news += [(each.time_ns, each) for each in self._outcomes.receipts(lane) if self._counts(each)]
            news += [(each.time_ns, each) for each in self._outcomes.jobs(lane) if each.sure or self._doubtful]
            news.sort(key=lambda each: each[0])
            self._news[lane] = [when for when, _ in news], news
        return self._news[lane]

    def _before_news(self, lane: int, what: list[Moment] | Receipt | Outcome) -> list[Moment]:
        if isinstance(what, Receipt):
            return self._before_receipt(what)
        if isinstance(what, Outcome):
            return self._before_all(what.moments, (lane, what.time_ns))
        return what

    def _before_receipt(self, receipt: Receipt) -> list[Moment]:
        """What happens before any gift that the receipt may be thanks to."""
        gifts = self._gifts_to(receipt.primitive)
        is_shared = _kind(self._model, receipt.primitive) != "Pipe"  # where one gets back what one gives
        if is_shared and any(gift.lane == receipt.lane and gift.time_ns < receipt.time_ns for gift in gifts):
            return []  # its own
        others = [gift for gift in gifts if gift.lane != receipt.lane]
        if not all(gift.followed for gift in others):
            return []
        return self._before_all([gift[:2] for gift in others], (receipt.lane, receipt.time_ns))

    def _gifts_to(self, primitive: int) -> list[Gift]:
        if primitive not in self._gifts:
            self._gifts[primitive] = self._outcomes.gifts(primitive)
        return self._gifts[primitive]

    def _before_all(self, moments: Sequence[Moment], receipt: Moment) -> list[Moment]:
        """What happens before each of these, but for those that come after the receipt."""
        common: Reach | None = None
        for lane, time_ns in moments:
            reach = self._reach((lane, time_ns)) | {lane: time_ns}
            if reach.get(receipt[0], -1) >= receipt[1]:
                continue
            if common is None:
                common = reach
            else:
                common = {each: min(time, reach[each]) for each, time in common.items() if each in reach}
        return list((common or {}).items())

    def _starter(self, number: int) -> Moment | None:
        """Who started a lane, and when."""
        lane = self._model.lanes[number]
        if lane.parent is not None:
            return lane.parent, lane.start_ns
        process = self._model.processes[lane.process]
        if process.parent is None or process.parent not in self._first:
            return None
        return self._first[process.parent], process.launched_ns


def _joins(model: Model) -> Iterator[Join]:
    """As they hold in every run: launching a process looks for others that happen to have ended. What it finds is
    joined in earnest later, untold: by the lane's next join of another, at the latest.
    """
    launches: dict[int, list[Moment]] = defaultdict(list)  # by parent: from when to when
    for process in model.processes:
        if process.parent is not None:
            launches[process.parent].append((process.launched_ns, process.start_ns))
    by_chance: dict[int, list[Join]] = defaultdict(list)
    for join in sorted(model.joins, key=lambda each: each.time_ns):
        spans = launches[model.lanes[join.lane].process] if join.process is not None else ()
        if any(began <= join.time_ns < over for began, over in spans):
            by_chance[join.lane].append(join)
        else:
            yield join
            yield from (each._replace(time_ns=join.time_ns) for each in by_chance.pop(join.lane, ()))


def _kind(model: Model, primitive: int) -> str:
    return model.primitives[primitive].kind if primitive in model.primitives else ""


def _first_gifts(model: Model) -> dict[int, list[Gift]]:
    """By primitive the first gift of each lane; nothing of primitives of which not all gifts may have been told."""
    is_cut = any(gift.primitive is None for gift in model.gifts)
    found: dict[int, list[Gift]] = defaultdict(list)
    for gift in model.gifts:
        if gift.primitive is not None and not (is_cut and _kind(model, gift.primitive).startswith("process")):
            found[gift.primitive].append(gift)
    return found


def _rounds(model: Model) -> Iterator[list[Passage]]:
    """Who was at a barrier together, round by round: of barriers with as many users as parties, never broken."""
    by_barrier: dict[int, list[Passage]] = defaultdict(list)
    for passage in model.passages:
        by_barrier[passage.primitive].append(passage)
    for number, passages in by_barrier.items():
        parties = model.primitives[number].capacity if number in model.primitives else None
        if parties != len({each.lane for each in passages}) or not all(each.nth for each in passages):
            continue
        together: dict[int, list[Passage]] = defaultdict(list)
        for each in passages:
            together[each.nth].append(each)
        yield from (round_ for round_ in together.values() if len(round_) == parties)
