"""What waits that ended say about the order of lanes, where nobody has told who gave what to whom: waits for jobs of
executors and pools, for messages of pipes, for permits and notifications between processes, and for a queue's tasks to
be done. It follows from states, tasks and signals, and from the source at the line of the wait.

A result is there when its job is over. Which job that was is not told; it is one of those that were in progress while
it was waited for, or, in other processes, a moment before. What happens before all of these happens before the wait's
end. Whoever waits for several at once, or with a timeout, may be let go on by others in another run: doubtful.

Who gives may do once more, and untold, what it did before. Such a gift says nothing (see `Repeats`).

Not known: results that were there when somebody asked for them, and permits; who put into a `SimpleQueue` of processes;
when a job was handed to a worker that had been there before; what callbacks of a future do.
"""

from collections import defaultdict
from typing import NamedTuple

import numpy as np

from engine.analysis.calls import Call, Calls
from engine.model.entities import Primitive, Site
from engine.model.model import Model
from engine.model.nestings import Gift, Nesting, Receipt
from engine.recording.schema import STATE_MASK, State

MOST_WAITS = 2000  # of one lane, the first ones
MOST_LANES = 300  # among whom the givers are looked for
ON_THE_WAY_NS = 1_000_000_000  # a result comes from another process at the latest
EVER = 1 << 62
JOBS = frozenset({"Executor", "Pool"})
QUEUES = frozenset({"Queue", "process JoinableQueue"})
SIGNALS = frozenset({"process Semaphore", "process BoundedSemaphore", "process Condition"})
# Calls that wait for certain jobs, one after the other or all of them; and for any of several.
CERTAIN = frozenset({"result", "exception", "get", "map", "starmap", "imap", "apply"})
ANY = frozenset({"wait", "as_completed", "imap_unordered"})
RECEIVING = frozenset({"recv", "recv_bytes", "recv_bytes_into"})
SENDING = frozenset({"send", "send_bytes"})
UNTIMED = frozenset({"result", "exception", "get", "acquire", "wait"})  # whose arguments are a timeout
Moment = tuple[int, int]  # lane, time in ns


class Outcome(NamedTuple):
    """A lane went on at that time because of one of these moments (`sure`), or as it happened of all of them."""

    time_ns: int
    moments: tuple[Moment, ...]
    sure: bool


class Wait(NamedTuple):
    """A wait that has ended."""

    start_ns: int
    end_ns: int
    primitive: Primitive
    site: Site | None


class Outcomes:
    """Answers for one model as it is now; each lane is looked at when it is asked for."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._calls = Calls(model)
        self._waits: dict[int, list[Wait]] = {}
        self._repeats = Repeats(model)
        kinds = {number: made.kind for number, made in model.primitives.items()}
        some = JOBS | QUEUES | SIGNALS | {"Pipe"}
        self._details = [number for number, (awaited, _) in model.details.items() if kinds.get(awaited) in some]

    def receipts(self, lane: int) -> list[Receipt]:
        """Of the first message or permit that the lane waited for at each primitive."""
        found: dict[int, Receipt] = {}
        for wait in self._waits_of(lane):
            made = wait.primitive
            calls = self._calls.at(wait.site)
            receives = made.kind in SIGNALS and not made.capacity  # otherwise there may be permits without any gift
            if made.kind == "Pipe":
                receives = _some(calls, RECEIVING) and not _some(calls, SENDING)
            if receives and made.id not in found:
                is_sure = self._calls.knows(wait.site) and not _is_timed(calls)
                found[made.id] = Receipt(lane, wait.end_ns, made.id, is_sure)
        return list(found.values())

    def gifts(self, primitive: int) -> list[Gift]:
        """The first of each lane, where nobody has told them; none where there are too many to look for them."""
        made = self._model.primitives.get(primitive)
        if made is None or made.kind not in SIGNALS | {"Pipe"}:
            return []
        first: dict[int, int] = {}
        if made.kind == "Pipe":
            if len(self._model.lanes) > MOST_LANES:
                return []
            for lane in range(len(self._model.lanes)):
                sent = (
                    wait.start_ns
                    for wait in self._waits_of(lane)
                    if wait.primitive.id == primitive and _some(self._calls.at(wait.site), SENDING)
                )
                if (when := next(sent, None)) is not None:
                    first[lane] = when
        else:
            rows = self._model.signals.of(primitive, 0, EVER)
            for lane, when in zip(rows["lane"].tolist(), rows["time"].tolist(), strict=True):
                first.setdefault(lane, when)
        return [Gift(lane, when, primitive, not self._repeats.after(lane, when)) for lane, when in first.items()]

    def jobs(self, lane: int) -> list[Outcome]:
        """Of its waits for jobs, and for the tasks of a queue."""
        found: list[Outcome] = []
        for wait in self._waits_of(lane):
            made = wait.primitive
            if made.kind in JOBS:
                calls = self._calls.at(wait.site)
                moments = self._jobs(wait)
                sure = _some(calls, CERTAIN) and not _some(calls, ANY) and not _is_timed(calls)
            elif made.kind in QUEUES and _some(self._calls.at(wait.site), frozenset({"join"})):
                rows = self._model.signals.of(made.id, wait.start_ns, wait.end_ns + 1)
                moments = list({row["lane"].item(): (row["lane"].item(), row["time"].item()) for row in rows}.values())
                sure = False
            else:
                continue
            moments = [each for each in moments if each[0] != lane]
            kept = tuple(each for each in moments if not self._repeats.after(*each))
            if sure and kept and len(kept) == len(moments):
                found.append(Outcome(wait.end_ns, kept, sure=True))
            found += [Outcome(wait.end_ns, (each,), sure=False) for each in kept]
        return found

    def _jobs(self, wait: Wait) -> list[Moment]:
        """The ends of those that may have been waited for."""
        model, end_ns = self._model, wait.end_ns
        elsewhere = wait.primitive.shared
        since = wait.start_ns - ON_THE_WAY_NS if elsewhere else wait.start_ns
        found = []
        for worker in sorted(set(model.executor_workers.get(wait.primitive.id, ()))):
            tasks = [task for task in model.tasks.of_lane(worker, since, end_ns) if task.depth == 0]
            if elsewhere:
                tasks = [task for task in tasks if task.end_ns <= end_ns]
            found += [(worker, min(task.end_ns, end_ns)) for task in tasks]
        return found

    def _waits_of(self, lane: int) -> list[Wait]:
        if lane in self._waits:
            return self._waits[lane]
        model = self._model
        found: list[Wait] = []
        if self._details and not model.overhead.get("dropped"):
            slices = model.states.slices(lane, model.start_ns, model.end_ns + 1)
            some = np.isin(slices.codes & STATE_MASK, (State.WAIT, State.IO)) & np.isin(slices.details, self._details)
            if slices.open and len(some):
                some[-1] = False
            for number in np.flatnonzero(some)[:MOST_WAITS].tolist():
                primitive, site = model.detail(int(slices.details[number]))
                assert primitive is not None, "only details of known kinds"
                start, end = int(slices.starts[number]), int(slices.ends[number])
                found.append(Wait(start, end, primitive, model.site(site)))
        self._waits[lane] = found
        return found


class Repeats:
    """Whether a lane takes locks inside others again, as it has done before, without its being told anew."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._told: dict[int, list[Nesting]] = defaultdict(list)
        for nesting in model.nestings:
            self._told[nesting.lane].append(nesting)
        self._known: dict[Moment, bool] = {}

    def after(self, lane: int, time_ns: int) -> bool:
        """After this time what it did before it."""
        if (lane, time_ns) not in self._known:
            self._known[lane, time_ns] = self._look(lane, time_ns)
        return self._known[lane, time_ns]

    def _look(self, lane: int, time_ns: int) -> bool:
        told = self._told.get(lane, ())
        before = {self._place(each) for each in told if each.time_ns <= time_ns}
        if not before:
            return False
        again = {(place, each.time_ns) for each in told if each.time_ns > time_ns and (place := self._place(each))}
        first: dict[tuple[object, ...], bool] = {}
        for row in self._model.holds.rows_of_lane(lane, time_ns, EVER):
            start, end = int(row["start"]), int(row["end"])
            place = int(row["primitive"]), self._line(int(row["site"]))
            if start > time_ns and place in before and place not in first:
                first[place] = any(at == place and start <= when <= end for at, when in again)
        return not all(first.values())

    def _place(self, nesting: Nesting) -> tuple[object, ...]:
        return nesting.primitive, self._line(nesting.stack)

    def _line(self, stack: int) -> object:
        site = self._model.site(stack)
        return (site.file, site.line) if site else stack


def _some(calls: list[Call], names: frozenset[str]) -> bool:
    return any(call.name in names for call in calls)


def _is_timed(calls: list[Call]) -> bool:
    """Whether one of them may be given a timeout; so may what is not known."""
    if any(call.keywords & {"timeout", "block", "blocking", "**"} for call in calls):
        return True
    return any(call.name in UNTIMED and call.arguments for call in calls)
