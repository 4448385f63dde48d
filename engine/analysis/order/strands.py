"""What runs in one order in every run: a thread, but for the jobs that it does for an executor or a pool, each of which
is one by itself. Which worker does which job after which other is chance.

A strand is known by a number: a thread's is its lane, those of jobs come after all lanes.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Generator, Iterator

from engine.analysis.order.reach import FOREVER, Moment
from engine.model.jobs import WHOLE, Reading, Submit, Work
from engine.model.model import Model

PIECE = 500  # jobs looked at between two pauses
Key = tuple[int, int, int | None]  # executor or pool, its job, and the process, where it is no other's as well


class Strands:
    """Answers for one model as it was when `prepare` had been worked through."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._lanes = len(model.lanes)
        self._works = model.jobs.works[:]
        self._of_lane: dict[int, tuple[list[int], list[int], list[int]]] = {}  # starts, ends, strands
        self._of_job: dict[Key, list[int]] = defaultdict(list)  # the strands of its parts
        self._executors = {lane: number for number, lanes in model.executor_workers.items() for lane in lanes}

    def prepare(self) -> Iterator[None]:
        """With a pause after each piece."""
        by_lane: dict[int, list[int]] = defaultdict(list)
        for number, work in enumerate(self._works):
            by_lane[work.lane].append(number)
            self._of_job[self._key(work)].append(self._lanes + number)
            if number % PIECE == 0:
                yield
        for lane, numbers in by_lane.items():
            tasks = self._model.tasks.outermost(lane)
            starts, ends = tasks["start"].tolist(), tasks["end"].tolist()
            spans: tuple[list[int], list[int], list[int]] = [], [], []
            for number in numbers:
                work = self._works[number]
                task = bisect_right(starts, work.start_ns) - 1
                # Of a job that goes on, or whose task is not known, all that is known belongs to it.
                is_over = task >= 0 and ends[task] >= work.start_ns
                spans[0].append(work.start_ns)
                spans[1].append(ends[task] if is_over else FOREVER)
                spans[2].append(self._lanes + number)
            self._of_lane[lane] = spans
            yield

    def of(self, moment: Moment) -> Moment:
        """The same with its strand in place of its lane."""
        lane, time_ns = moment
        if lane in self._of_lane:
            starts, ends, strands = self._of_lane[lane]
            number = bisect_right(starts, time_ns) - 1
            if number >= 0 and time_ns <= ends[number]:
                return strands[number], time_ns
        return moment

    def on(self, lane: int) -> list[int]:
        """All strands of a lane."""
        return [lane, *self._of_lane[lane][2]] if lane in self._of_lane else [lane]

    def seat(self, moment: Moment) -> int:
        """Who has the same can't be at two things at the same time: the strand, unless its executor has one worker."""
        strand, _ = self.of(moment)
        work = self._works[strand - self._lanes] if strand >= self._lanes else None
        executor = work.primitive if work is not None else self._executors.get(strand)
        made = self._model.primitives.get(executor) if executor is not None else None
        return -made.id if made is not None and made.capacity == 1 else strand

    def starters(self, of_lanes: dict[int, Moment]) -> Generator[None, None, dict[int, Moment]]:
        """By strand who started it, and when; `of_lanes`: by lane. With a pause after each piece. Invariant: starters
        lead to one that has none.
        """
        found = {lane: self.of(starter) for lane, starter in of_lanes.items()}
        # Which of its workers an executor started for which job is chance. None of them was there before the first one.
        for lanes in self._model.executor_workers.values():
            first = min(lanes, key=lambda lane: (self._model.lanes[lane].start_ns, lane))
            for lane in lanes:
                if first in found:
                    found[lane] = found[first]
                else:
                    found.pop(lane, None)
        submits: dict[Key, Submit] = {}
        for number, each in enumerate(self._model.jobs.submits[:]):
            submits[self._key(each)] = each
            if number % PIECE == 0:
                yield
        for number, work in enumerate(self._works):
            if number % PIECE == 0:
                yield
            submit = submits.get(self._key(work))
            starter = self.of((submit.lane, submit.time_ns)) if submit is not None else found.get(work.lane)
            if starter is not None and starter[1] <= work.start_ns and self.began(starter[0]) < work.start_ns:
                found[self._lanes + number] = starter
        return found

    def began(self, strand: int) -> int:
        """When, in ns."""
        if strand < self._lanes:
            return self._model.lanes[strand].start_ns
        return self._works[strand - self._lanes].start_ns

    def results(self, reading: Reading) -> tuple[Moment, ...]:
        """When what it knows of was over."""
        found = []
        for strand in self._of_job.get(self._key(reading), ()):
            work = self._works[strand - self._lanes]
            if reading.part in {WHOLE, work.part} and work.end_ns is not None and work.end_ns <= reading.time_ns:
                found.append((strand, work.end_ns))
        return tuple(found)

    def _key(self, each: Work | Submit | Reading) -> Key:
        made = self._model.primitives.get(each.primitive)
        process = None if made is not None and made.shared else self._model.lanes[each.lane].process
        return each.primitive, each.job, process
