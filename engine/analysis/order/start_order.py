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

A job of an executor or a pool comes after its submit, and before whoever has its result. Which worker does it, and
after which other job, is chance: each job is a strand of its own (see `strands`). What nobody tells: see `outcomes`.

`doubtful`: receipts count too that the program might do without: of a wait with a timeout, on a condition, at which
another run may find what it wants without having to wait, or for a lock that another thread is to release; and results
that it may not come to ask for.

Not known: what is handed over by plain variables.
"""

from collections import defaultdict
from collections.abc import Collection, Generator, Iterable, Iterator
from typing import TypeVar

from engine.analysis.order.outcomes import Outcomes
from engine.analysis.order.reach import FOREVER, PIECE, Moment, News, Reaches
from engine.analysis.order.strands import Strands
from engine.analysis.order.untold import Untold
from engine.model.model import Model
from engine.model.nestings import Gift, Join, Passage, Receipt

_DOUBTFUL = frozenset({"Condition", "process Condition", "Lock", "process Lock"})
_SURE = frozenset(
    {
        "Event", "process Event", "Timer", "Semaphore", "BoundedSemaphore", "process Semaphore",
        "process BoundedSemaphore", "Queue", "SimpleQueue", "process Queue", "process JoinableQueue",
        "process SimpleQueue", "Pipe",
    }
)  # fmt: skip
T = TypeVar("T")


class StartOrder:
    """Answers for one model, as it was when its work began. `outcomes`: of another one for the same model."""

    def __init__(self, model: Model, *, doubtful: bool = False, outcomes: Outcomes | None = None) -> None:
        self.outcomes = outcomes or Outcomes(model)
        self._model = model
        self._strands = Strands(model)
        self._kinds = _SURE | _DOUBTFUL if doubtful else _SURE
        self._doubtful = doubtful
        self._receivers: dict[int, set[int]] = defaultdict(set)  # by primitive
        self._tells_less = False  # some process has come to the limit of what it tells of primitives
        self.untold = Untold()  # strands
        self._is_followed = True  # after each gift that counts its strand's doing was told anew
        self._reaches: Reaches | None = None
        self._work = self._prepare()

    def prepare(self) -> Iterator[None]:
        """Works out all that there is to know, with a pause after each piece. Without it the first question does."""
        yield from self._work

    def before(self, first: Moment, second: Moment) -> bool:
        """Whether `first` happens before `second` in every run that starts, joins, meets and signals alike."""
        reaches = self._finish()
        first, second = self._strands.of(first), self._strands.of(second)
        if first[0] == second[0]:
            return first[1] <= second[1]
        return reaches.latest(second, first[0]) >= first[1]

    def ordered(self, one: Moment, other: Moment) -> bool:
        """Whether one of them happens before the other."""
        return self.before(one, other) or self.before(other, one)

    @property
    def is_whole(self) -> bool:
        """Whether all is recorded that orders moments, and was not too much to look at. See `PossibleOrder`."""
        return self._finish().is_whole and self._is_followed and not self.untold

    def seat(self, moment: Moment) -> int:
        """Who has the same can't be at two things at the same time, in any run."""
        self._finish()
        return self._strands.seat(moment)

    def _finish(self) -> Reaches:
        if self._reaches is None:
            for _ in self._work:
                pass
        assert self._reaches is not None
        return self._reaches

    def _prepare(self) -> Iterator[None]:
        yield from self._strands.prepare()
        yield from self.outcomes.prepare()
        silences = list(self._model.jobs.silences.items())
        for lane, since_ns in [*self.outcomes.untold.givers.items(), *silences]:
            self.untold.may_give(self._strands.on(lane), since_ns)
        for lane, since_ns in [*self.outcomes.untold.receivers.items(), *silences]:
            self.untold.may_get(self._strands.on(lane), since_ns)
        news = yield from _in_pieces(self._of_joins())
        news += yield from _in_pieces(self._of_barriers())
        news += yield from _in_pieces(self._of_readings())
        news += yield from self._of_outcomes()
        starters = yield from self._strands.starters(_starters(self._model))
        reaches = Reaches(starters, news)
        yield from reaches.work()
        self._reaches = reaches

    def _of_joins(self) -> Iterator[News]:
        lanes_of: dict[int, list[int]] = defaultdict(list)
        for lane in self._model.lanes:
            lanes_of[lane.process].append(lane.id)
        for join in _joins(self._model):
            ended = [join.joined] if join.joined is not None else lanes_of.get(join.process or 0, [])
            strands = tuple((strand, FOREVER) for lane in ended for strand in self._strands.on(lane))
            yield self._news(join.lane, join.time_ns, strands, every=True)

    def _of_barriers(self) -> Iterator[News]:
        for met in _rounds(self._model):
            arrivals = tuple(self._strands.of((each.lane, each.arrived_ns)) for each in met)
            yield from (self._news(each.lane, each.left_ns, arrivals, every=True) for each in met)

    def _of_readings(self) -> Iterator[News]:
        for reading in self._model.jobs.readings[:]:
            if reading.sure or self._doubtful:
                results = self._strands.results(reading)
                yield self._news(reading.lane, reading.time_ns, results, every=True)

    def _news(self, lane: int, time_ns: int, moments: tuple[Moment, ...], *, every: bool) -> News:
        """Of moments of strands, for that of the lane then."""
        return News(time_ns, self._strands.of((lane, time_ns))[0], moments, every)

    def _of_outcomes(self) -> Generator[None, None, list[News]]:
        """Of receipts, and of queues whose tasks are done."""
        model, outcomes = self._model, self.outcomes
        found: list[News] = []
        receipts = model.receipts[:]
        for lane in range(outcomes.lanes):
            receipts += outcomes.receipts(lane)
            for time_ns, moment in outcomes.done(lane) if self._doubtful else ():
                found.append(self._news(lane, time_ns, (self._strands.of(moment),), every=False))
            yield
        receipts = [each._replace(lane=self._strands.of((each.lane, each.time_ns))[0]) for each in receipts]
        for receipt in receipts:
            self._receivers[receipt.primitive].add(receipt.lane)
        yield
        gifts = yield from self._gifts()
        told = set(gifts)
        looked = 0
        for receipt in receipts:
            looked += 1 + len(gifts.get(receipt.primitive, ()))
            if looked > PIECE:
                looked = 0
                yield
            if not self._counts(receipt):
                continue
            if receipt.primitive not in gifts:
                gifts[receipt.primitive] = [self._of_strand(gift) for gift in outcomes.gifts(receipt.primitive)]
                yield
            given = gifts[receipt.primitive]
            if not self._is_told(receipt.primitive, told):
                self.untold.may_get([receipt.lane], receipt.time_ns)
                self.untold.may_give([gift.lane for gift in given], receipt.time_ns)
            elif receipt.primitive in told:
                self._is_followed &= all(gift.followed for gift in given)
            if news := self._received(receipt, given):
                found.append(news)
        return found

    def _gifts(self) -> Generator[None, None, dict[int, list[Gift]]]:
        """By primitive the first gift of each strand. Where not all may have been told, none is followed."""
        model = self._model
        gifts = model.gifts[:]
        self._tells_less = any(gift.primitive is None for gift in gifts)
        found: dict[int, list[Gift]] = defaultdict(list)
        for number, gift in enumerate(gifts):
            if number % PIECE == 0:
                yield
            if gift.primitive is None:
                continue
            is_whole = not (self._tells_less and _kind(model, gift.primitive).startswith("process"))
            found[gift.primitive].append(self._of_strand(gift)._replace(followed=gift.followed and is_whole))
        return found

    def _is_told(self, primitive: int, told: Collection[int]) -> bool:
        """Whether all gifts there are known. `told`: of primitives whose gifts programs tell."""
        kind = _kind(self._model, primitive)
        if self._tells_less and kind.startswith("process"):
            return False
        return primitive in told or self.outcomes.is_known(kind)

    def _of_strand(self, gift: Gift) -> Gift:
        return gift._replace(lane=self._strands.of((gift.lane, gift.time_ns))[0])

    def _counts(self, receipt: Receipt) -> bool:
        kind = _kind(self._model, receipt.primitive)
        return kind in self._kinds and (self._doubtful or (receipt.sure and kind in _SURE))

    def _received(self, receipt: Receipt, gifts: list[Gift]) -> News | None:
        """What it tells its lane: that one of these gifts has been made. None: nothing is said by them."""
        others = [gift for gift in gifts if gift.lane != receipt.lane]
        if any(gift.lane == receipt.lane and gift.time_ns < receipt.time_ns for gift in gifts):
            # One gets back what one has given, but for a pipe in which one asks and another, who reads there, answers.
            is_asked = all(gift.lane in self._receivers[receipt.primitive] for gift in others)
            if _kind(self._model, receipt.primitive) != "Pipe" or not is_asked:
                return None
        if not others or not all(gift.followed for gift in others):
            return None
        return News(receipt.time_ns, receipt.lane, tuple(gift[:2] for gift in others), every=False)


def _starters(model: Model) -> dict[int, Moment]:
    """By lane who started it, and when. Where a recording does not tell who started a process, it is taken to be the
    main thread of its parent, which it nearly always is. Invariant: starters lead to a lane that has none.
    """
    first: dict[int, int] = {}
    for lane in model.lanes:
        first.setdefault(lane.process, lane.id)
    found: dict[int, Moment] = {}
    for lane in model.lanes:
        process = model.processes[lane.process]
        if lane.parent is not None:
            starter = lane.parent, lane.start_ns
        elif process.starter is not None:
            starter = process.starter, process.launched_ns
        elif process.parent is not None and process.parent in first:
            starter = first[process.parent], process.launched_ns
        else:
            continue
        if (model.lanes[starter[0]].start_ns, starter[0]) < (lane.start_ns, lane.id):
            found[lane.id] = starter
    return found


def _joins(model: Model) -> Iterator[Join]:
    """As they hold in every run. Launching a process looks for others that happen to have ended, which recordings that
    do not tell who launched call a join. What it finds is joined in earnest later, untold there: by the lane's next
    join of another, at the latest.
    """
    launches: dict[int, list[Moment]] = defaultdict(list)  # by parent: from when to when
    for process in model.processes:
        if process.parent is not None and process.starter is None:
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


def _in_pieces(items: Iterable[T]) -> Generator[None, None, list[T]]:
    """All of them, with a pause now and then."""
    found: list[T] = []
    for number, item in enumerate(items):
        if number % PIECE == 0:
            yield
        found.append(item)
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
