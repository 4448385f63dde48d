"""What starting and joining threads and processes says about the order of moments on different lanes, and barriers.

A moment happens before another when a chain of lanes leads from one to the other: along a lane, from a start to the
started lane's beginning, from a lane's end to whoever joined it, from an arrival at a barrier to every departure of the
same round (Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System", 1978; for lock orders: Bensalem
and Havelund, "Dynamic Deadlock Analysis of Multi-threaded Programs", 2005). Locks, queues and events order nothing
here: in another run they may do so the other way round; so may a barrier that has more users than parties.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator

from engine.model.model import Model
from engine.model.nestings import Passage

FOREVER = 1 << 63
Moment = tuple[int, int]  # lane, time in ns


class StartOrder:
    """Answers for one model, as it is now."""

    def __init__(self, model: Model) -> None:
        self._model = model
        # By lane: when it learnt that others had come so far.
        self._joins: dict[int, list[tuple[int, list[Moment]]]] = defaultdict(list)
        self._known: dict[tuple[int, int], dict[int, int]] = {}  # by lane and how many of these it has behind it
        lanes_of: dict[int, list[int]] = defaultdict(list)
        for lane in model.lanes:
            lanes_of[lane.process].append(lane.id)
        for join in model.joins:
            ended = [join.joined] if join.joined is not None else lanes_of.get(join.process or 0, [])
            self._joins[join.lane].append((join.time_ns, [(lane, FOREVER) for lane in ended]))
        for met in _rounds(model):
            arrivals = [(each.lane, each.arrived_ns) for each in met]
            for each in met:
                self._joins[each.lane].append((each.left_ns, arrivals))
        for joins in self._joins.values():
            joins.sort(key=lambda join: join[0])
        self._join_times = {lane: [when for when, _ in joins] for lane, joins in self._joins.items()}
        # Who started a process is not told; nearly always it is the main thread of its parent.
        self._first = {process: min(lanes) for process, lanes in lanes_of.items()}

    def before(self, first: Moment, second: Moment) -> bool:
        """Whether `first` happens before `second` in every run that starts, joins and meets alike."""
        if first[0] == second[0]:
            return first[1] <= second[1]
        return self._reach(second).get(first[0], -1) >= first[1]

    def ordered(self, one: Moment, other: Moment) -> bool:
        """Whether one of them happens before the other."""
        return self.before(one, other) or self.before(other, one)

    def _reach(self, moment: Moment) -> dict[int, int]:
        """Per other lane the latest time that happens before the moment: the same between two joins or barriers."""
        key = moment[0], bisect_right(self._join_times.get(moment[0], []), moment[1])
        if key not in self._known:
            self._known[key] = self._look_back(moment)
        return self._known[key]

    def _look_back(self, moment: Moment) -> dict[int, int]:
        reach: dict[int, int] = {}
        work = [moment]
        while work:
            lane, time_ns = work.pop()
            before = reach.get(lane, -1)
            if time_ns <= before:
                continue
            reach[lane] = time_ns
            if before < 0 and (starter := self._starter(lane)):
                work.append(starter)
            for joined_ns, others in self._joins.get(lane, ()):
                if before < joined_ns <= time_ns:
                    work += others
        return reach

    def _starter(self, number: int) -> Moment | None:
        """Who started a lane, and when."""
        lane = self._model.lanes[number]
        if lane.parent is not None:
            return lane.parent, lane.start_ns
        process = self._model.processes[lane.process]
        if process.parent is None or process.parent not in self._first:
            return None
        return self._first[process.parent], process.launched_ns


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
