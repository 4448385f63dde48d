"""Exceptions that stayed hidden: a job of an executor or a pool failed, and nobody asked its future for the result.

Told once it is certain that nobody will: the future is gone, its process has ended by itself, or it is stuck for good.
A process that an exception ended might have asked otherwise, and so might one that somebody stopped. Where the same
kind of failure of the same task was seen once, the program knows of it, and is not told again. Jobs that Lanescope
itself interrupted did not fail.
"""

from collections import defaultdict

from engine.analysis.building import Finding, at_line, finding, is_interrupt
from engine.model.format import count
from engine.model.job_errors import JobError
from engine.model.model import Model

_ADVICE = {
    "Executor": "Keep the future and call its result() or exception(), also of what was submitted for its effect alone;"
    " go through what map() returns.",
    "Pool": "Call get() of the result, also of what was started for its effect alone, or give an error_callback; go"
    " through what imap() returns.",
}
_Key = tuple[int, str, str]  # executor or pool, name of the task, type of the exception


def find(model: Model) -> list[Finding]:
    """One finding for each kind of failure of a task."""
    known = {_key(model, error) for error in model.job_errors if error.seen}
    hidden: defaultdict[_Key, list[JobError]] = defaultdict(list)
    for error in model.job_errors:
        if not error.seen and (key := _key(model, error)) not in known and _is_certain(model, error):
            hidden[key].append(error)
    return [_finding(model, errors) for errors in hidden.values()]


def _key(model: Model, error: JobError) -> _Key:
    return error.primitive, model.names.get(error.task, ""), _type(error)


def _type(error: JobError) -> str:
    return error.error.partition(":")[0]


def _is_certain(model: Model, error: JobError) -> bool:
    if error.process is None or is_interrupt(model, error.error):
        return False
    if error.lost or (model.program_end or {}).get("ended_by") == "deadlock":
        return True
    owner = model.processes[error.process]
    main = next((lane for lane in model.lanes if lane.process == owner.id and lane.serial == 1), None)
    ended_by_itself = owner.end_ns is not None and owner.signal is None and not owner.terminated
    stopped = (model.program_end or {}).get("ended_by", "itself") != "itself"
    return ended_by_itself and not stopped and not (main is not None and main.error)


def _finding(model: Model, errors: list[JobError]) -> Finding:
    first = min(errors, key=lambda error: error.time_ns)
    pool = model.primitives[first.primitive]
    task = model.names.get(first.task, "")
    article = "An" if _type(first)[:1] in "AEIOU" else "A"
    what = f"{article} {_type(first)} of {task or f'a task of {pool.short}'} stayed hidden"
    if len(errors) > 1:
        what = f"{len(errors)} × {_type(first)} of {task or f'tasks of {pool.short}'} stayed hidden"
    who = f"{model.lane_label(first.lane)} raised" if first.lane is not None else "It was"
    more = f" So it went {count(len(errors), 'time')}." if len(errors) > 1 else ""
    holder = "result" if pool.kind == "Pool" else "future"
    lanes = [first.lane] if first.lane is not None else [_main_lane(model, first)]
    return finding(
        model,
        "hidden-error",
        what,
        f"{who} {first.error}{at_line(model, first.stack)}, as a task of {pool.label}; nobody asked its {holder} how it"
        f" ended, so nobody was told.{more}",
        _ADVICE.get(pool.kind, _ADVICE["Executor"]),
        lanes=lanes,
        start_ns=first.time_ns,
        end_ns=first.time_ns,
        site=first.stack,
    )


def _main_lane(model: Model, error: JobError) -> int:
    return next(lane.id for lane in model.lanes if lane.process == error.process)
