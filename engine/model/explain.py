"""Why did this wait? One sentence for every slice."""

import numpy as np

from engine.model.entities import HandOff, Hold, Primitive, Slice
from engine.model.format import duration, percent
from engine.model.hand_offs import LATE_NS, MUTEXES, into
from engine.model.model import Model
from engine.recording.schema import DEADLOCKED, INFERRED, SAMPLED, STATE_MASK, State

DOING = {
    State.IDLE: "idle",
    State.SLEEP: "sleeping",
    State.IO: "doing I/O",
    State.RUNNING: "running",
    State.UNKNOWN: "doing something unknown",
    State.CORE_WAIT: "waiting for a free core",
    State.WAIT: "waiting",
    State.GIL_WAIT: "waiting for the GIL",
    State.LOCK_WAIT: "waiting for a lock",
}
PLAIN = {
    State.IDLE: "Idle for {time}: a pool worker without a task",
    State.SLEEP: "Slept for {time}{place}",
    State.IO: "In I/O for {time}{thing}{place}",
    State.RUNNING: "Ran for {time}",
    State.UNKNOWN: "Unknown for {time}: nothing was recorded or sampled here",
    State.CORE_WAIT: "Ready to run for {time}, but no core was free",
    State.ENDED: "Not alive",
}
UNRECORDED = "something that was not recorded"
AWAITED = {  # what it took to end a wait, by kind
    "Condition": "to be notified on {name}",
    "Event": "for {name} to be set",
    "Timer": "for the time of {name} to come",
    "Barrier": "for the others at {name}",
    "Thread": "for {name} to end",
    "Process": "for {name} to end",
    "Executor": "for {name} to finish",
    "Pool": "for {name} to finish",
    "Future": "for the result of {name}",
    "Proxy": "for an answer to {name}",
    "Queue": "at {name}",
    "SimpleQueue": "at {name}",
    "JoinableQueue": "at {name}",
}
OVER = "; its timeout ended the wait"
NOT_YET = "; nobody has ended that yet"
ENDED_BY = {
    "Condition": "notified by",
    "Event": "set by",
    "Barrier": "let go by",
    "Queue": "served by",
    "SimpleQueue": "served by",
    "JoinableQueue": "served by",
    "Semaphore": "released by",
    "BoundedSemaphore": "released by",
    "Future": "completed by",
}


def explain(model: Model, item: Slice) -> str:
    """What the lane did or waited for, who held or owed that, and what that one did meanwhile."""
    if item.state is State.LOCK_WAIT or (item.state is State.WAIT and item.detail):
        sentence = _wait(model, item)
    elif item.state is State.WAIT:
        other = _other_interpreter(model, item)
        sentence = f"Was in {other} for {duration(item.duration_ns)}" if other else f"{_waited(item)} for {UNRECORDED}"
    elif item.state is State.GIL_WAIT:
        sentence = _gil_wait(model, item)
    else:
        awaited = model.detail(item.detail)[0] or _stuck_at(model, item.lane, item.code)
        thing = f" at {awaited.short}" if awaited else ""
        sentence = PLAIN[item.state].format(time=duration(item.duration_ns), thing=thing, place=_place(model, item))
        if item.state is State.RUNNING and (held := _held(model, item)):
            sentence += f" holding {held}"
    if item.detail in model.timed_out and not _is_timer(model, item):
        sentence += OVER
    return sentence + _so_far(item, sentence) + _certainty(item)


def _stuck_at(model: Model, lane: int, code: int) -> Primitive | None:
    """What a lane that is deadlocked, as the code of its slice says, waits for where its own records do not tell it."""
    if not code & DEADLOCKED:
        return None
    deadlocks = (each for each in model.findings.values() if each["kind"] == "deadlock")
    awaited = (model.awaited_in(each, lane) for each in deadlocks if lane in (each.get("lanes") or ()))
    return next((each for each in awaited if each is not None and each.awaited_in_io), None)


def _is_timer(model: Model, item: Slice) -> bool:
    """Whether its time was what it waited for."""
    primitive, _ = model.detail(item.detail)
    return primitive is not None and primitive.kind == "Timer"


def _other_interpreter(model: Model, item: Slice) -> str:
    """The further interpreter of the same process in which a lane's thread has a lane then; empty: none."""
    lane = model.lanes[item.lane]
    for other in model.lanes:
        process = model.processes[other.process]
        if process.role != "interpreter" or (process.parent, other.native_id) != (lane.process, lane.native_id):
            continue
        if other.start_ns < item.end_ns and (other.end_ns is None or other.end_ns > item.start_ns):
            return process.name
    return ""


def _so_far(item: Slice, sentence: str) -> str:
    if item.flags & DEADLOCKED:
        return "; this is part of a deadlock and never ends" if item.open else "; this was part of a deadlock"
    return ", so far" if item.open and not sentence.endswith(NOT_YET) else ""


def _certainty(item: Slice) -> str:
    if item.flags & INFERRED:
        return " (inferred)"
    return " (sampled)" if item.flags & SAMPLED else ""


def _waited(item: Slice) -> str:
    return f"{'Has been waiting' if item.open else 'Waited'} {duration(item.duration_ns)}"


def _place(model: Model, item: Slice) -> str:
    site = model.site(model.detail(item.detail)[1])
    return f" at {site.label}" if site else ""


def _held(model: Model, item: Slice) -> str:
    holds = model.holds.of_lane(item.lane, item.start_ns, item.end_ns)
    names = {hold.primitive: _name(model, hold.primitive) for hold in holds}
    return " and ".join(list(names.values())[:3])


def _name(model: Model, number: int) -> str:
    primitive = model.primitives.get(number)
    return primitive.short if primitive else "an unknown primitive"


def _wait(model: Model, item: Slice) -> str:
    primitive, _ = model.detail(item.detail)
    if primitive is None:
        return f"{_waited(item)} for a lock; which one was not recorded"
    kind = primitive.kind.removeprefix("process ")
    if primitive.kind in MUTEXES:
        return f"{_waited(item)} for {primitive.short}, {_holders(model, item, primitive)}"
    wanted = AWAITED.get(kind, "for {name}").format(name=primitive.short)
    sentence = f"{_waited(item)} {wanted}"
    done = into(model, item)
    if done and (worked := _job_done(model, item, primitive, done)):
        return f"{sentence}, {worked}"
    if done:
        where = _doing_at(model, done.releaser, item.start_ns, item.end_ns)
        return f"{sentence}, {ENDED_BY.get(kind, 'ended by')} {model.lane_label(done.releaser)}{where}"
    if kind in ("Thread", "Process", "Executor", "Pool", "Future", "Proxy", "Timer") or item.detail in model.timed_out:
        return sentence
    return sentence + (NOT_YET if item.open else "; who ended the wait was not recorded")


def _job_done(model: Model, item: Slice, pool: Primitive, done: HandOff) -> str:
    """`ended by worker-1, which was sleeping at bank.py:40`: whose job it was, where a pool's own thread has handed on
    its result. Of several that ended just then it is not told which one it was.
    """
    if not model.lanes[done.releaser].internal:
        return ""
    workers = model.executor_workers.get(pool.id, ())
    since_ns = max(item.start_ns, done.release_ns - LATE_NS)
    tasks = [task for lane in workers for task in model.tasks.of_lane(lane, since_ns, done.release_ns + 1)]
    tasks = [task for task in tasks if since_ns <= task.end_ns <= done.release_ns]
    if not tasks:
        return ""
    last = max(tasks, key=lambda task: task.end_ns)
    name = model.lane_label(last.lane)
    if len(tasks) > 1:
        return f"the last of {len(tasks)} jobs that ended just then was done by {name}"
    return f"ended by {name}{_doing_at(model, last.lane, max(item.start_ns, last.start_ns), last.end_ns)}"


def _holders(model: Model, item: Slice, primitive: Primitive) -> str:
    """`held by worker-1, which was sleeping at bank.py:40`"""
    holds = model.holds.of_primitive(primitive.id, item.start_ns, item.end_ns)
    others = [hold for hold in holds if hold.lane != item.lane]
    if not others:
        if any(hold.open or hold.start_ns <= item.start_ns for hold in holds):
            return "which it held itself"
        before = into(model, item)
        return f"just released by {model.lane_label(before.releaser)}" if before else "whose holder was not recorded"
    spent: dict[int, int] = {}
    for hold in others:
        spent[hold.lane] = spent.get(hold.lane, 0) + _overlap(item, hold)
    longest = max(spent, key=lambda lane: spent[lane])
    name = model.lane_label(longest)
    hold = max((each for each in others if each.lane == longest), key=lambda each: _overlap(item, each))
    doing = _doing_at(model, longest, max(item.start_ns, hold.start_ns), min(item.end_ns, hold.end_ns), hold)
    if len(spent) == 1:
        return f"held by {name}{doing}"
    share = spent[longest] / max(1, item.duration_ns)
    return f"held by {len(spent)} lanes in turn, most of it ({percent(share)}) by {name}{doing}"


def _overlap(item: Slice, hold: Hold) -> int:
    return max(0, min(item.end_ns, hold.end_ns) - max(item.start_ns, hold.start_ns))


def _doing_at(model: Model, lane: int, start_ns: int, end_ns: int, hold: Hold | None = None) -> str:
    """`, which was sleeping at bank.py:40`: the state in which the lane spent most of a span."""
    if end_ns <= start_ns:
        return ""
    totals = model.states.totals(np.array([lane]), start_ns, end_ns)[0].tolist()
    state = State(max(range(1, len(totals)), key=lambda number: (totals[number], number)))
    if not totals[state]:
        return ""
    doing = DOING[state]
    site = None
    columns = model.states.slices(lane, start_ns, end_ns, 200)
    longest = -1
    for start, end, code, detail in zip(columns.starts, columns.ends, columns.codes, columns.details, strict=True):
        inside = int(min(end, end_ns) - max(start, start_ns))
        if code & STATE_MASK == state and inside > longest:
            longest = inside
            awaited, number = model.detail(int(detail))
            site = model.site(number)
            awaited = awaited or _stuck_at(model, lane, int(code))
            if awaited and (state in (State.WAIT, State.LOCK_WAIT) or code & DEADLOCKED):
                doing = f"waiting for {awaited.short}"
    if site is None and hold is not None:
        site = model.site(hold.site)
        return f", which was {doing}" + (f" (it had taken it at {site.label})" if site else "")
    return f", which was {doing}" + (f" at {site.label}" if site else "")


def _gil_wait(model: Model, item: Slice) -> str:
    """Who had it meanwhile, and where; as far as somebody looked, else who ran in the same process."""
    process = model.lanes[item.lane].process
    merged = model.attribution.merged(process)
    sentence = f"{_waited(item)} for the GIL{' or for a free core, which cannot be told apart here' if merged else ''}"
    if seen := _seen_with_gil(model, process, item):
        return f"{sentence}, {seen}"
    lanes = [lane.id for lane in model.lanes if lane.process == process and lane.id != item.lane]
    if not lanes:
        return sentence
    running = model.states.totals(np.array(lanes), item.start_ns, item.end_ns)[:, State.RUNNING]
    best = int(running.argmax())
    if running[best] <= 0:
        return sentence
    count = int((running > 0).sum())
    name = model.lane_label(lanes[best])
    return f"{sentence} while {name} ran" if count == 1 else f"{sentence} while {count} other threads ran, {name} most"


def _seen_with_gil(model: Model, process: int, item: Slice) -> str:
    """`held by worker-1 at bank.py:40`; empty where nobody was seen with it."""
    gils = [gil.id for gil in model.gils.of_process(process)]
    if not gils:
        return ""
    spent = model.gils.holders(gils[0], item.start_ns, item.end_ns)
    spent = {lane: ns for lane, ns in spent.items() if lane >= 0 and lane != item.lane}
    if not spent:
        return ""
    longest = next(iter(spent))
    site = model.site(model.gils.longest_site(gils[0], longest, item.start_ns, item.end_ns))
    name = model.lane_label(longest) + (f" at {site.label}" if site else "")
    if len(spent) == 1:
        return f"held by {name}"
    share = percent(spent[longest] / sum(spent.values()))
    return f"held by {len(spent)} lanes in turn, most of it ({share}) by {name}"
