"""One recording in numbers: how much work in which time, what it cost, and where the workers' time went."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from engine.comparison import miniature
from engine.comparison.miniature import Miniature
from engine.model.entities import Lane, Primitive
from engine.model.machine import used_by_others
from engine.model.model import Model
from engine.recording.schema import STATE_MASK, State

# What the time of a worker is split into, in the order in which it is shown. All but the last three are states of its
# lane: "start-up" is the time from when the first worker was started until this one began, "IPC" waits for queues and
# pipes between processes and for their locks, "idle" the time without a task and from its own end to the last worker's.
WHERE = ("running", "GIL wait", "core wait", "lock wait", "wait", "IPC", "I/O", "sleep", "unknown", "start-up", "idle")
STATE_OF = {state: state.words for state in State if state is not State.ENDED}
IPC_KINDS = ("process Queue", "process SimpleQueue", "process JoinableQueue", "Pipe")
MEETING_KINDS = ("Barrier", "process Barrier")
MOST_SLICES = 2_000_000  # of one lane


@dataclass(frozen=True)
class Trial:
    """What one run measured. Times in ns; `where` is the workers' time by WHERE, all workers together.

    `work` counts steps as the workers report them (of `unit`), `span_ns` is from the start of the first worker to the
    end of the last one.
    """

    recording: str
    work: int
    unit: str
    span_ns: int
    start_up_ns: int  # until the last worker had begun
    resident_bytes: int  # of all processes at their most (RSS): what they share counts in each
    memory_bytes: int  # the same with what they share divided (PSS); 0: not known, the run was too short
    processes: int
    lanes: int
    where: Mapping[str, int]
    slowest_share: float  # longest time at work of one worker over the mean of all; none at a barrier is at work
    dropped: int
    sampled: bool  # GIL wait and core wait were told apart
    error: str = ""  # why it does not count, in one line
    miniature: Miniature | None = field(default=None, compare=False)
    least_ipc: float = 0.0  # smallest share of a worker's time at work that went into IPC
    points: Mapping[str, float] = field(default_factory=dict)  # how far sampled shares may be off, by WHERE
    at_barriers: int = 0  # of the workers' time, within "wait"
    others_cores: float = 0.0  # that other programs used meanwhile; 0 too where that is not known

    @property
    def waiting_for_others(self) -> float:
        """Share of the workers' time in which they had done their part: idle, or at a barrier."""
        total = sum(self.where.values())
        return (self.where.get("idle", 0) + self.at_barriers) / total if total else 0.0

    @property
    def per_s(self) -> float:
        """Steps a second."""
        return self.work / self.span_ns * 1e9 if self.span_ns > 0 else 0.0

    def share(self, what: str) -> float:
        """Share of the workers' time, by WHERE."""
        total = sum(self.where.values())
        return self.where.get(what, 0) / total if total else 0.0

    def to_data(self) -> dict[str, Any]:
        """For JSON."""
        plain = {item.name: getattr(self, item.name) for item in fields(self)}
        return plain | {
            "where": dict(self.where),
            "points": dict(self.points),
            "miniature": self.miniature and self.miniature.to_data(),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Trial":
        """KeyError, TypeError or ValueError when it is none."""
        drawn = data["miniature"]
        return cls(**{**data, "miniature": Miniature.from_data(drawn) if drawn else None})


def failed(recording: str, error: str) -> Trial:
    """A run that measured nothing."""
    return Trial(recording, 0, "", 0, 0, 0, 0, 0, 0, {}, 0.0, 0, False, error)


def measure(model: Model, recording: str) -> Trial:
    """The numbers of a finished run. `error` is set when the run did not end as it should."""
    reports = list(model.workers.values())
    named = _named_lanes(model, {str(report["worker"]) for report in reports})
    # A worker in a sub-interpreter has a lane there, beside that of its thread in the main one.
    lanes = [lane for lane in named if model.processes[lane.process].role == "interpreter"] or named
    end = model.program_end or {}
    error = next((str(report["error"]).strip().splitlines()[-1] for report in reports if report.get("error")), "")
    if end.get("ended_by") != "itself":
        error = f"ended by {end.get('ended_by') or 'something unknown'}"
    elif end.get("exit_status"):
        error = error or f"ended with exit status {end['exit_status']}"
    elif not reports or not lanes:
        error = "its workers reported nothing"
    if error:
        return failed(recording, error)
    begin = min(_launched(model, lane) for lane in named)
    last = max(int(report["time_ns"]) for report in reports)
    where = dict.fromkeys(WHERE, 0)
    busy, ipc, at_barriers = [], [], 0
    for lane in lanes:
        spent = _spent(model, lane, begin, last)
        for what, time in spent.items():
            where[what] += time
        met = _waited(model, lane, begin, last, lambda primitive: primitive.kind in MEETING_KINDS)
        at_barriers += met
        busy.append(sum(spent.values()) - spent["idle"] - spent["start-up"] - met)
        ipc.append(spent["IPC"] / max(1, busy[-1]))
    labels = [str(report["label"]) for report in reports if report.get("label")]
    return Trial(
        recording=recording,
        work=sum(int(report.get("done") or 0) for report in reports),
        unit=max(set(labels), key=labels.count) if labels else "steps",
        span_ns=last - begin,
        start_up_ns=max(max(lane.named_ns for lane in lanes) - begin, 0),
        resident_bytes=_most_resident(model),
        memory_bytes=_most_shared_out(model),
        processes=sum(process.role != "interpreter" for process in model.processes),
        lanes=len(lanes),
        where=where,
        slowest_share=max(busy) / max(1.0, sum(busy) / len(busy)),
        dropped=int(model.overhead.get("dropped", 0)),
        sampled=bool(model.overhead.get("sampler")),
        miniature=miniature.make(model, lanes, begin, last),
        least_ipc=round(min(ipc), 4),
        points=_points(model, lanes, begin, last, sum(where.values())),
        at_barriers=at_barriers,
        others_cores=round(used_by_others(model, begin, last) or 0.0, 2),
    )


def _named_lanes(model: Model, names: set[str]) -> list[Lane]:
    """The lanes that the workers ran in: those called as they; for work in the main thread that one."""
    named = [lane for lane in model.lanes if lane.name in names and not lane.internal]
    return named or [lane for lane in model.lanes if not lane.internal][:1]


def _launched(model: Model, lane: Lane) -> int:
    process = model.processes[lane.process]
    if process.parent is not None and process.role != "interpreter":
        return process.launched_ns
    if lane.parent is not None:
        return lane.start_ns
    return min(int(report["first_ns"]) for report in model.workers.values())  # in the main thread


def _spent(model: Model, lane: Lane, begin: int, last: int) -> dict[str, int]:
    """Where the time of one worker went between these moments."""
    spent = dict.fromkeys(WHERE, 0)
    began = min(max(lane.named_ns, begin), last)
    ended = min(lane.end_ns or last, last)
    spent["start-up"] = began - begin
    spent["idle"] = max(last - max(ended, began), 0)
    if ended <= began:
        return spent
    totals = model.states.totals(np.array([lane.id]), began, ended)[0]
    for state, what in STATE_OF.items():
        spent[what] += int(totals[state])
    spent["IPC"] = _waited(model, lane, began, ended, _between_processes)
    spent["wait"] = max(spent["wait"] - spent["IPC"], 0)
    return spent


def _points(model: Model, lanes: list[Lane], begin: int, last: int, whole_ns: int) -> dict[str, float]:
    """How far the shares of sampled states may be off, of the workers' whole time."""
    numbers = np.array([lane.id for lane in lanes])
    totals = model.states.totals(numbers, begin, last)
    scale = totals[:, 1:].sum() / max(1, whole_ns)
    found = model.attribution.uncertainty(totals, model.states.sampled(numbers, begin, last)) * scale
    return {STATE_OF[state]: round(float(found[state]), 2) for state in STATE_OF if found[state]}


def _between_processes(primitive: Primitive) -> bool:
    """Queues and pipes between processes, and the locks that these are written and read under: a worker process waits
    for those too. They are the standard library's own and not recorded; looks see that they lie in shared memory.
    """
    return primitive.kind in IPC_KINDS or (primitive.kind == "process Lock" and primitive.internal)


def _waited(model: Model, lane: Lane, start: int, end: int, counts: Callable[[Primitive], bool]) -> int:
    """Time in waits for some of the primitives."""
    primitives = {number for number, primitive in model.primitives.items() if counts(primitive)}
    if not primitives:
        return 0
    details = np.array([key for key, (primitive, _) in model.details.items() if primitive in primitives], np.int64)
    slices = model.states.slices(lane.id, start, end, limit=MOST_SLICES)
    waits = (slices.codes & STATE_MASK == State.WAIT) & np.isin(slices.details, details)
    return int((np.minimum(slices.ends[waits], end) - np.maximum(slices.starts[waits], start)).sum())


def _most_resident(model: Model) -> int:
    found = (model.resources.of(process.id, 0, model.end_ns + 1)["rss"] for process in model.processes)
    return sum(int(rows.max(initial=0)) for rows in found)


def _most_shared_out(model: Model) -> int:
    """0 when a process was too short-lived to be asked."""
    shares = [model.memory.most(process.id) or 0 for process in model.processes if process.role != "interpreter"]
    return sum(shares) if all(shares) else 0
