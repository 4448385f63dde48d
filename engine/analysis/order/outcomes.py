"""What waits that ended say about the order of lanes, where nobody has told who gave what to whom: waits for messages
of pipes, for permits and notifications between processes, for a queue's tasks to be done, and for *batons*, locks that
are only ever released by others than took them. It follows from states, holds and signals, and from the source at the
line of the wait. Who takes a baton may have come first in another run, before whoever made it one: that is doubtful.

Who gives may do once more, and untold, what it did before. Such a gift says nothing (see `Repeats`). Nor does that of a
worker: in another run another one may do the job.

Not known: permits that were there when somebody asked for them.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from engine.analysis.order.calls import Call, Calls
from engine.analysis.order.untold import Untold
from engine.model.columns import distinct
from engine.model.entities import Hold, Primitive, Site
from engine.model.model import Model
from engine.model.nestings import Gift, Nesting, Receipt
from engine.recording.schema import STATE_MASK, State

MOST_WAITS = 2000  # of one lane, the first ones, about
PIECE = 2000  # slices, or holds, looked at between two pauses
EVER = 1 << 62
QUEUES = frozenset({"Queue", "process JoinableQueue"})
SIGNALS = frozenset({"process Semaphore", "process BoundedSemaphore", "process Condition"})
BATONS = frozenset({"Lock", "process Lock"})
RECEIVING = frozenset({"recv", "recv_bytes", "recv_bytes_into"})
SENDING = frozenset({"send", "send_bytes"})
JOINING = frozenset({"join"})
UNTIMED = frozenset({"acquire", "wait"})  # whose arguments are a timeout
WAITING = np.isin(np.arange(STATE_MASK + 1), (State.WAIT, State.IO, State.LOCK_WAIT))
Moment = tuple[int, int]  # lane, time in ns
Place = tuple[int, object]  # a lock and the line at which it is taken


class Wait(NamedTuple):
    """A wait that has ended."""

    start_ns: int
    end_ns: int
    primitive: Primitive
    site: Site | None


class Outcomes:
    """Answers for one model as it was when `prepare` had been worked through."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._calls = Calls(model)
        self.lanes = len(model.lanes)
        self._waits: dict[int, list[Wait]] = defaultdict(list)
        self._is_cut = False  # there are waits that were not looked at
        self._has_looked = False
        self.untold = Untold()  # lanes
        self._repeats = Repeats(model)
        self._batons = _batons(model)
        some = {
            number
            for number, made in model.primitives.items()
            if made.kind in QUEUES | SIGNALS | {"Pipe"} or number in self._batons
        }
        details = [number for number, (awaited, _) in model.details.items() if awaited in some]
        # By detail: whether it is of one of these kinds. The last entry stands for all that are not known yet.
        self._wanted = np.zeros(max(details, default=0) + 2, bool)
        self._wanted[details] = True
        self._work = self._prepare()

    def prepare(self) -> Iterator[None]:
        """Looks for the waits of all lanes, with a pause after each piece."""
        yield from self._work

    def _prepare(self) -> Iterator[None]:
        overhead = self._model.overhead
        is_lossy = bool(overhead.get("lost_texts")) or (bool(overhead.get("dropped")) and self._may_matter())
        if self._wanted.any() or self._batons:
            for lane in range(self.lanes):
                yield from self._look_for_waits(lane)
                yield from self._repeats.look_at(lane)
        self._has_looked = not is_lossy
        if is_lossy:
            lossy = overhead.get("lossy", range(self.lanes))
            self.untold.may_give(lossy, self._model.start_ns)
            self.untold.may_get(lossy, self._model.start_ns)
        if self.untold:
            yield from self._suspect_users(self.untold.since_ns)

    def is_known(self, kind: str) -> bool:
        """Whether all gifts of primitives of this kind are known that programs do not tell themselves."""
        if kind == "Pipe":
            return self._has_looked and not self._is_cut
        return self._has_looked or kind not in SIGNALS | BATONS

    def _may_matter(self) -> bool:
        """Whether there is anything in the program whose gifts nobody tells."""
        primitives = self._model.primitives
        if self._batons or any(made.kind in SIGNALS or made.kind == "Pipe" for made in list(primitives.values())):
            return True
        details = list(self._model.details.values())
        return any(self._joins(primitives.get(made), self._model.site(site)) for made, site in details)

    def _joins(self, primitive: Primitive | None, site: Site | None) -> bool:
        """Whether waits for it there are for a queue's tasks to be done."""
        return primitive is not None and primitive.kind in QUEUES and _some(self._calls.at(site), JOINING)

    def _suspect_users(self, since_ns: int) -> Iterator[None]:
        """Who has ever waited for such a thing may get those that are not known, who has given one may give them."""
        for lane, waits in self._waits.items():
            if any(self._may_send(wait) for wait in waits):
                self.untold.may_give([lane], since_ns)
            if any(self._may_receive(wait) for wait in waits):
                self.untold.may_get([lane], since_ns)
            yield
        for number, made in list(self._model.primitives.items()):
            if made.kind in QUEUES | SIGNALS or number in self._batons:
                self.untold.may_give(self._model.signals.of(number, 0, EVER)["lane"].tolist(), since_ns)
                yield

    def _may_send(self, wait: Wait) -> bool:
        calls = self._calls.at(wait.site)
        return wait.primitive.kind == "Pipe" and (_some(calls, SENDING) or not _some(calls, RECEIVING))

    def _may_receive(self, wait: Wait) -> bool:
        if wait.primitive.kind in QUEUES:
            return self._joins(wait.primitive, wait.site)
        calls = self._calls.at(wait.site)
        return wait.primitive.kind in SIGNALS | BATONS or _some(calls, RECEIVING) or not _some(calls, SENDING)

    def receipts(self, lane: int) -> list[Receipt]:
        """Of the first message or permit that the lane waited for at each primitive, and of the first of each baton."""
        taken = [hold for holds in self._batons.values() for hold in holds if hold.lane == lane]
        found = {hold.primitive: Receipt(lane, hold.start_ns, hold.primitive, False) for hold in taken}
        for wait in self._waits_of(lane):
            made = wait.primitive
            calls = self._calls.at(wait.site)
            # Otherwise there may be permits without any gift.
            receives = made.kind == "process Condition" or (made.kind in SIGNALS and made.capacity == 0)
            if made.id in self._batons:
                found.pop(made.id, None)
                receives = True
            if made.kind == "Pipe":
                receives = _some(calls, RECEIVING) and not _some(calls, SENDING)
            if receives and made.id not in found:
                is_sure = made.id not in self._batons and self._calls.knows(wait.site) and not _is_timed(calls)
                found[made.id] = Receipt(lane, wait.end_ns, made.id, is_sure)
        return list(found.values())

    def gifts(self, primitive: int) -> list[Gift]:
        """The first of each lane, where nobody has told them; none where there are too many to look for them."""
        made = self._model.primitives.get(primitive)
        if made is None or (made.kind not in SIGNALS | {"Pipe"} and primitive not in self._batons):
            return []
        first: dict[int, int] = {}
        if made.kind == "Pipe":
            for lane, waits in self._waits.items():
                sent = (
                    wait.start_ns
                    for wait in waits
                    if wait.primitive.id == primitive and _some(self._calls.at(wait.site), SENDING)
                )
                if (when := next(sent, None)) is not None:
                    first[lane] = when
        else:
            rows = self._model.signals.of(primitive, 0, EVER)[::-1]
            first = dict(zip(rows["lane"].tolist(), rows["time"].tolist(), strict=True))
        workers = {lane for lanes in self._model.executor_workers.values() for lane in lanes}
        is_known = self.is_known(made.kind)
        return [
            Gift(lane, when, primitive, is_known and lane not in workers and not self._repeats.after(lane, when))
            for lane, when in first.items()
        ]

    def done(self, lane: int) -> list[tuple[int, Moment]]:
        """When its waits for a queue's tasks to be done were over, each with who had done one meanwhile, and when."""
        found: list[tuple[int, Moment]] = []
        for wait in self._waits_of(lane) if self._has_looked else ():
            if self._joins(wait.primitive, wait.site):
                rows = self._model.signals.of(wait.primitive.id, wait.start_ns, wait.end_ns + 1)
                last = dict(zip(rows["lane"].tolist(), rows["time"].tolist(), strict=True))
                found += [
                    (wait.end_ns, moment)
                    for moment in last.items()
                    if moment[0] != lane and not self._repeats.after(*moment)
                ]
        return found

    def _waits_of(self, lane: int) -> list[Wait]:
        return self._waits.get(lane, [])

    def _look_for_waits(self, lane: int) -> Iterator[None]:
        model, found = self._model, self._waits[lane]
        since, end_ns = model.start_ns, model.end_ns + 1
        while len(found) < MOST_WAITS:
            slices = model.states.slices(lane, since, end_ns, PIECE)
            some = WAITING[slices.codes & STATE_MASK] & self._wanted.take(slices.details, mode="clip")
            if slices.open and len(some):
                some[-1] = False
            for number in np.flatnonzero(some).tolist():
                primitive, site = model.detail(int(slices.details[number]))
                assert primitive is not None, "only details of known kinds"
                start, end = int(slices.starts[number]), int(slices.ends[number])
                found.append(Wait(start, end, primitive, model.site(site)))
            yield
            if len(slices.ends) < PIECE:
                return
            since = int(slices.ends[-1])
        self._is_cut = True
        self.untold.may_give([lane], found[-1].end_ns)
        self.untold.may_get([lane], found[-1].end_ns)


def _batons(model: Model) -> dict[int, list[Hold]]:
    """All of them, with the holds of lanes that have taken one and kept it: others are not known."""
    found: dict[int, list[Hold]] = {}
    for number in distinct(model.signals.rows["primitive"].astype(np.int64)).tolist():
        made = model.primitives.get(number)
        if made is not None and made.kind in BATONS and not _is_released_by_holders(model, number):
            found[number] = model.holds.of_primitive(number, 0, EVER)
    return found


def _is_released_by_holders(model: Model, primitive: int) -> bool:
    ends = np.array([EVER if lane.end_ns is None else lane.end_ns for lane in model.lanes])
    pieces = model.holds.pieces_of_primitive(primitive, 0, EVER)
    return any(bool((rows["end"].astype(np.int64) < ends[rows["lane"]]).any()) for rows in pieces)


class Repeats:
    """Whether a lane takes locks inside others again, as it has done before, without its being told anew."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._nestings: dict[int, list[Nesting]] = defaultdict(list)
        for nesting in model.nestings:
            self._nestings[nesting.lane].append(nesting)
        # By lane and place: when it was told that a lock was taken there inside another, and all holds from there.
        self._told: dict[int, dict[Place, list[int]]] = {}
        self._holds: dict[int, dict[Place, tuple[list[int], list[int]]]] = {}
        self._lines: dict[int, object] = {}

    def look_at(self, lane: int) -> Iterator[None]:
        """Gathers what `after` needs to know of this lane, with a pause after each piece."""
        told: dict[Place, list[int]] = defaultdict(list)
        for nesting in self._nestings.get(lane, ()):
            told[nesting.primitive, self._line(nesting.stack)].append(nesting.time_ns)
        self._told[lane] = {place: sorted(times) for place, times in told.items()}
        holds: dict[Place, list[tuple[int, int]]] = defaultdict(list)
        locks = [primitive for primitive, _ in told]
        for rows in self._model.holds.pieces_of_lane(lane) if told else ():
            some = rows[np.isin(rows["primitive"], locks)]
            for first in range(0, len(some), PIECE):
                part = some[first : first + PIECE]
                columns = (part[name].tolist() for name in ("primitive", "site", "start", "end"))
                for primitive, site, start, end in zip(*columns, strict=True):
                    if (place := (primitive, self._line(site))) in told:
                        holds[place].append((start, end))
                yield
        self._holds[lane] = {}
        for place, spans in holds.items():
            spans.sort()
            self._holds[lane][place] = [start for start, _ in spans], [end for _, end in spans]
            yield

    def after(self, lane: int, time_ns: int) -> bool:
        """After this time what it did before it."""
        for place, told in self._told.get(lane, {}).items():
            if told[0] > time_ns or place not in self._holds[lane]:
                continue
            starts, ends = self._holds[lane][place]
            again = bisect_right(starts, time_ns)  # the first time that it does so again
            if again < len(starts):
                number = bisect_left(told, starts[again])
                if number == len(told) or told[number] > ends[again]:
                    return True
        return False

    def _line(self, stack: int) -> object:
        if stack not in self._lines:
            site = self._model.site(stack)
            self._lines[stack] = (site.file, site.line) if site else stack
        return self._lines[stack]


def _some(calls: list[Call], names: frozenset[str]) -> bool:
    return any(call.name in names for call in calls)


def _is_timed(calls: list[Call]) -> bool:
    """Whether one of them may be given a timeout; so may what is not known."""
    if any(call.keywords & {"timeout", "block", "blocking", "**"} for call in calls):
        return True
    return any(call.name in UNTIMED and call.arguments for call in calls)
