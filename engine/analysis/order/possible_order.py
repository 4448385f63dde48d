"""What may have ordered moments, of what is not recorded because some limit was reached. It is for saying "these two
can meet" where not all is known that might keep them apart; `StartOrder` is for saying "these two can't".

Something untold goes from a thread that may give without its being told to one that may get so. It orders two moments
only if the first one comes before something that such a giver does, the second one after something that such a receiver
does, and the giver's comes first. Who may give or get in that way is known (`StartOrder.untold`), and since when. Where
jobs may be untold, those of the executors and pools of that process (which nobody else can hand jobs to), their workers
may get any, and anybody who gets untold things its result. So threads that have nothing to do with these
are as free to meet as they would be if all had been told.

All that is doubted counts as certain here: waits that another run might do without, all of several gifts of which one
would have done. What is not found to be possible here is impossible in all runs that do as this one did.
"""

from collections.abc import Iterator

from engine.analysis.order.outcomes import Outcomes
from engine.analysis.order.reach import Moment, News
from engine.analysis.order.start_order import StartOrder
from engine.model.model import Model
from engine.model.nestings import Gift, Receipt

LATE_NS = 50_000_000  # after its receipt a gift may be stamped, on a busy machine


class PossibleOrder(StartOrder):
    """`before`: whether it may be so. Everything may where there was too much to look at."""

    def __init__(self, model: Model, outcomes: Outcomes) -> None:
        super().__init__(model, doubtful=True, outcomes=outcomes)
        self._heard: dict[Moment, int] = {}

    def before(self, first: Moment, second: Moment) -> bool:
        """Whether `first` may happen before `second` in every run that does as this one did."""
        if super().before(first, second) or not self._finish().is_whole:
            return True
        first, heard_ns = self._strands.of(first), self._last_heard(self._strands.of(second))
        reaches = self._finish()
        return any(
            reaches.latest((strand, heard_ns), first[0]) >= first[1]
            for strand in (self.untold.givers if heard_ns >= 0 else ())
            if self._strands.began(strand) <= heard_ns
        )

    def _prepare(self) -> Iterator[None]:
        yield from super()._prepare()
        since_ns, silent = self.untold.since_ns, self._silent_processes()
        for lanes in list(self._model.executor_workers.values()):
            for lane in lanes if any(self._comes_from(each, silent) for each in lanes) else ():
                self.untold.may_give(self._strands.on(lane), since_ns)
                self.untold.may_get(self._strands.on(lane), since_ns)
            yield

    def _silent_processes(self) -> set[int]:
        """Those of whose jobs not all are told."""
        silent = set(self._model.jobs.silences)
        if self._model.overhead.get("lost_texts"):
            silent.update(self._model.overhead["lossy"])
        return {self._model.lanes[lane].process for lane in silent}

    def _comes_from(self, lane: int, processes: set[int]) -> bool:
        """Whether it lives in one of these or in one that may come from it: a worker's executor is of its own process,
        or of one that this comes from. Whom a fork server started a process for is not known.
        """
        process = self._model.lanes[lane].process
        while process and process not in processes:
            parent = self._model.processes[process].parent
            if parent is None or self._model.processes[parent].role == "service":
                return True
            process = parent
        return process in processes

    def _last_heard(self, moment: Moment) -> int:
        """When somebody may have got something untold, at the latest, that comes before this moment; -1: nobody may."""
        if moment not in self._heard:
            reaches = self._finish()
            known = ((reaches.latest(moment, strand), since_ns) for strand, since_ns in self.untold.receivers.items())
            self._heard[moment] = max((when for when, since_ns in known if when >= since_ns), default=-1)
        return self._heard[moment]

    def _received(self, receipt: Receipt, gifts: list[Gift]) -> News | None:
        """It may be thanks to each of those that had been made. Who is not followed may have given once more."""
        others = [gift for gift in gifts if gift.lane != receipt.lane and gift.time_ns <= receipt.time_ns + LATE_NS]
        whens = [min(gift.time_ns, receipt.time_ns) if gift.followed else receipt.time_ns for gift in others]
        moments = tuple((gift.lane, when) for gift, when in zip(others, whens, strict=True))
        return News(receipt.time_ns, receipt.lane, moments, every=True)
