"""Turns a knot of the wait-for graph into a finding, in words; and lists those a recording holds."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.model.entities import Primitive

if TYPE_CHECKING:
    from engine.model.model import Model

MUTEXES = frozenset({"Lock", "RLock", "process Lock", "process RLock"})
JOINS = frozenset({"Thread", "Process"})
_CAUSES = {
    "Condition": "condition", "Event": "condition", "process Condition": "condition", "process Event": "condition",
    "Event loop": "condition",
    "Semaphore": "semaphore", "BoundedSemaphore": "semaphore",
    "process Semaphore": "semaphore", "process BoundedSemaphore": "semaphore",
    "Barrier": "barrier", "process Barrier": "barrier",
    "Queue": "queue", "SimpleQueue": "queue",
    "process Queue": "process-queue", "process SimpleQueue": "process-queue", "process JoinableQueue": "process-queue",
    "Pipe": "process-queue",
    "Executor": "executor", "Pool": "executor", "Future": "executor",
}  # fmt: skip
_ADVICE = {
    "lock-cycle": "Take these locks in the same order everywhere, or hold only one at a time.",
    "process-lock-cycle": "Take these locks in the same order in every process, or hold only one at a time.",
    "self-deadlock": "Release the lock before taking it again, or make it an RLock.",
    "join-cycle": "Let only one of them wait for the other; signal the end with an event or a queue instead.",
    "condition": "Make sure that a thread which does not wait itself notifies or sets it, exceptions included. Nobody"
    " who waits later hears of a `notify`: `wait_for` looks first whether there is anything to wait for.",
    "queue": "Keep a thread that reads or feeds the queue without waiting for the others; end readers with a sentinel.",
    "process-queue": "Read everything from the queue or pipe before joining the process that fills it; of a program,"
    " `communicate()` does both.",
    "barrier": "Give the barrier exactly as many parties as there are threads that reach it.",
    "semaphore": "Take several permits in the same order everywhere, or all of them at once.",
    "executor": "Do not wait inside a task for another task of the same pool or event loop; use a second pool, return"
    " the future, or await it.",
    "fork-held-lock": "Start processes before threads, or by spawn or forkserver: fork copies held locks, "
    "but not the threads that would release them.",
    "rwlock": "Do not wait to write while reading: leave first, or let only one reader at a time become the writer.",
    "mixed": "Break the circle at one place: release what is held before waiting for something else.",
}

ABANDONED_ADVICE = (
    "Take locks with `with`, so that they are released however their thread ends; do not end processes by force while"
    " they hold what others need."
)

HELD_UP_ADVICE = (
    "Do not wait for others while holding a lock that others want: release it first, or wait on a condition of that"
    " lock, which releases it meanwhile."
)

_JOIN_ADVICE = (
    "Call `task_done()` once for every item that is taken out of the queue, exceptions included, before waiting for the"
    " queue to be worked off."
)
_AWAIT_ADVICE = (
    "Hold no lock of threads across an `await`: other tasks run meanwhile, and the loop's thread has it until the task"
    " goes on. Take it only around what does not await; between tasks use an `asyncio.Lock`."
)
_TASKS_ADVICE = (
    "Make sure that what its tasks await is set, put or finished by another task or thread, exceptions included. A task"
    " that takes an `asyncio.Lock` twice waits for itself."
)
_NO_LOOP_ADVICE = "Ask an event loop only while another thread runs it, and stop it only once all has been answered."

_OF_RWLOCKS = {"lock-cycle", "self-deadlock", "condition", "semaphore", "mixed", "process-lock-cycle"}
_RWLOCK_DEPTH = 2  # how many frames above the wait may be the lock's own
_RWLOCK_METHOD = re.compile(
    "(acquire|lock|enter|begin|start|upgrade|wait)_?(for_|to_)?_?(read|write|reader|writer|shared|exclusive)"
    "|(read|write|reader|writer|shared|exclusive)_?(acquire|lock|enter)|^[rw]_?lock|^upgrade",
    re.IGNORECASE,
)


class Reason(NamedTuple):
    """Why nobody can end a wait any more: words that follow what it is for, and what to do against it."""

    words: str
    advice: str
    cause: str = ""  # of a wait for this alone, where it is not "mixed"


def held_by_ended(name: str) -> Reason:
    """The lock's holder has ended."""
    return Reason(f"an abandoned lock: {name} held it when it ended", ABANDONED_ADVICE)


def stuck_at_pipe(*, is_writing: bool) -> Reason:
    """The process waited for is stuck at a pipe."""
    stuck = "writing to a full pipe that nobody else reads"
    if not is_writing:
        stuck = "reading from an empty pipe that nobody else writes to"
    return Reason(f"but it is stuck {stuck}", _ADVICE["process-queue"], "process-queue")


def sleeps_within(name: str) -> Reason:
    """Whoever could end the wait is in one that nothing is told of."""
    return Reason(
        f"but {name} waits within the interpreter or a library, as for a module that another thread imports",
        "Wait for no thread, and hold no lock that others want, while a module is being imported: whoever imports it"
        " meanwhile waits as well. Start threads from a function that is called afterwards.",
    )


ALONE_AT_PIPE = Reason("whose other end nobody else has open", _ADVICE["process-queue"], "process-queue")
COPY_OF_EXECUTOR = Reason(
    "a copy made by fork, which has no threads of its own",
    "Do not use a pool in a process that was forked from the one that made it: hand its results over by a queue, or"
    " make a pool there.",
)
NOBODY_HANDS_ON = Reason(
    "but the thread that hands on its results has ended",
    "Let no callback of a pool raise: it runs in the one thread that hands on all of its results.",
)
LOST_TASK = Reason(
    "but its workers are idle: what it waits for was lost",
    "Find out what ended a worker at its task (memory, a crash, a signal): the pool replaces the worker but not the"
    " task. Wait with a timeout, or use a ProcessPoolExecutor, which raises BrokenProcessPool then.",
)


@dataclass(frozen=True)
class Participant:
    """One thread of a knot and its wait. `name` is what people call it; `stack` is innermost last."""

    lane: int
    pid: int
    thread: str
    name: str
    since_ns: int
    primitive: Primitive
    wait_site: int
    holds: tuple[Primitive, ...] = ()
    stack: tuple[dict[str, Any], ...] = ()
    awaited: str = ""  # whom a join waits for, or whose results a future stands for
    flush: bool = False  # waits until what it put into the queue is taken out
    held_at_fork: bool = False  # waits for a lock whose holder stayed behind when its process was forked
    reason: Reason | None = None  # why nobody can end the wait any more
    forked: str = ""  # `by MainThread (bank.py:12)`: its process, as far as is known
    joins_queue: bool = False  # waits until all that was put into the queue has been done
    takes: bool = False  # waits for something to come into the queue


@dataclass(frozen=True)
class KnotEdge:
    """`waiter` (a lane) cannot go on before `holder` (a lane) acts; None: nobody is left who could."""

    waiter: int
    holder: int | None
    primitive: int
    wait_site: int
    hold_site: int = 0


def finding(
    number: int, participants: Sequence[Participant], edges: Sequence[KnotEdge], end_ns: int, resolved_ns: int | None
) -> dict[str, Any]:
    """The finding of an observed deadlock, as in the recording. Participants are put in the order of the cycle."""
    ordered = _along(participants, edges)
    cause = _cause(ordered)
    return {
        "type": "finding",
        "id": number,
        "kind": "deadlock",
        "severity": "error",
        "certainty": "observed",
        "cause": cause,
        "title": _title(ordered),
        "explanation": explanation(ordered),
        "advice": _advice_for(ordered, cause),
        "participants": [
            {
                "process": participant.pid,
                "thread": participant.thread,
                "waits_for": participant.primitive.label,
                "holds": [primitive.label for primitive in participant.holds],
                "stack": list(participant.stack),
            }
            for participant in ordered
        ],
        "start_ns": max(participant.since_ns for participant in ordered),
        "end_ns": end_ns,
        "lanes": [participant.lane for participant in ordered],
        "edges": [
            {
                "waiter": edge.waiter,
                "holder": edge.holder,
                "primitive": edge.primitive,
                "wait_site": edge.wait_site,
                "hold_site": edge.hold_site,
            }
            for edge in edges
        ],
        "resolved_ns": resolved_ns,
    }


def long_wait(
    number: int,
    participants: Sequence[Participant],
    edges: Sequence[KnotEdge],
    end_ns: int,
    resolved_ns: int | None,
    reason: str,
    advice: str = "",
) -> dict[str, Any]:
    """The finding of threads that may yet go on, and the `reason` why. `advice`: as against a deadlock of theirs."""
    found = finding(number, participants, edges, end_ns, resolved_ns)
    names = [each.name for each in _along(participants, edges)]
    return found | {
        "kind": "long-wait",
        "severity": "info",
        "cause": None,
        "title": f"Long wait of {_listed(names) if len(names) <= 5 else f'{len(names)} threads'}",
        "explanation": f"{found['explanation']}. This is no deadlock, for {reason}.",
        "advice": advice or "If it lasts longer than meant, it would be a deadlock without that. " + found["advice"],
    }


def alive(names: Sequence[str], waiter: str, *, timed: bool) -> str:
    """The reason why a wait is no deadlock: these go on; `timed`: it has a timeout besides."""
    who = _listed(names) if len(names) <= 4 else f"{_listed(names[:3])} and {len(names) - 3} more"
    timeout = ", which has a timeout as well" if timed else ""
    return f"{who} can still go on and may end the wait of {waiter}{timeout}"


def _advice_for(participants: Sequence[Participant], cause: str) -> str:
    joined = {each.primitive.id for each in participants if each.joins_queue}
    if joined and all(each.primitive.id in joined and (each.joins_queue or each.takes) for each in participants):
        return _JOIN_ADVICE  # all has been taken out
    if len(participants) == 1 and _is_of_no_loop(participants[0]):
        return _NO_LOOP_ADVICE
    awaited = {each.primitive.id for each in participants}
    resting = [each for each in participants if each.primitive.kind == "Event loop"]
    if any(held.id in awaited for each in resting for held in each.holds):
        return _AWAIT_ADVICE
    if len(resting) == len(participants):
        return _TASKS_ADVICE
    return next((each.reason.advice for each in participants if each.reason), _ADVICE[cause])


def _is_of_no_loop(participant: Participant) -> bool:
    """Whether it waits for an event loop's answer, and no thread runs the loop."""
    return participant.primitive.kind == "Future" and not participant.awaited


def _cause(participants: Sequence[Participant]) -> str:
    if any(participant.held_at_fork for participant in participants):
        return "fork-held-lock"
    cause = cause_of([participant.primitive for participant in participants])
    causes = {participant.reason.cause for participant in participants if participant.reason}
    if len(participants) == 1 and any(causes):
        return causes.pop()
    if cause == "self-deadlock" and participants[0].reason:
        return "mixed"
    if cause in _OF_RWLOCKS and any(_is_in_rwlock(participant) for participant in participants):
        return "rwlock"
    return cause


def _is_in_rwlock(participant: Participant) -> bool:
    """The standard library has no readers-writer lock: others' are known by what their methods are called."""
    calls = [frame["function"].rpartition(".")[2] for frame in participant.stack[-_RWLOCK_DEPTH:]]
    return any(_RWLOCK_METHOD.search(call) for call in calls)


def cause_of(awaited: Sequence[Primitive]) -> str:
    """The cause by the kinds awaited in a knot; joins count only when they are alone."""
    kinds = {primitive.kind for primitive in awaited}
    if kinds <= MUTEXES:
        if len(awaited) == 1:
            return "self-deadlock"
        return "process-lock-cycle" if any(kind.startswith("process") for kind in kinds) else "lock-cycle"
    if kinds <= JOINS:
        return "join-cycle"
    causes = {_CAUSES.get(kind, "mixed") for kind in kinds - JOINS}
    return causes.pop() if len(causes) == 1 else "mixed"


def advice(cause: str) -> str:
    """What to do against deadlocks of this cause."""
    return _ADVICE[cause]


def explanation(participants: Sequence[Participant]) -> str:
    """`worker-1 holds accounts and waits for audit; worker-2 holds audit and waits for accounts`"""
    wanted = {participant.primitive.id for participant in participants}
    return "; ".join(_clause(participant, wanted) for participant in participants)


def _clause(participant: Participant, wanted: set[int]) -> str:
    held = [_name(primitive) for primitive in participant.holds if primitive.id in wanted]
    if participant.held_at_fork:
        fork = f"its fork {participant.forked}".rstrip()
        return f"{participant.name} waits for {_name(participant.primitive)}, held by another thread at {fork}"
    if participant.primitive.id in {primitive.id for primitive in participant.holds} and len(wanted) == 1:
        if _CAUSES.get(participant.primitive.kind) == "semaphore":
            return f"{participant.name} holds a permit of {held[0]} and waits for another one"
        return f"{participant.name} holds {held[0]} and waits for it itself"
    holding = f" holds {_listed(held)} and" if held else ""
    reason = f", {participant.reason.words}" if participant.reason else ""
    return f"{participant.name}{holding} {_waiting(participant)}{reason}"


def _waiting(participant: Participant) -> str:
    primitive, name = participant.primitive, _name(participant.primitive)
    kind = primitive.kind.removeprefix("process ")
    if kind in JOINS:
        return f"waits for {participant.awaited or name} to end"
    if participant.joins_queue:
        return f"waits for all in {name} to be done"
    if participant.flush:
        return f"cannot end before what it put into {name} is read"
    return {
        "Future": f"waits for a result of {participant.awaited or 'an event loop'}",
        "Executor": f"waits for a result of {name}",
        "Pool": f"waits for a result of {name}",
        "Condition": f"waits to be notified on {name}",
        "Timer": f"waits for the time of {name} to come",
        "Event": f"waits for {name} to be set",
        "Event loop": "rests in its event loop, where all tasks wait",
        "Barrier": f"waits at {name}",
        "Queue": f"waits at {name}",
        "SimpleQueue": f"waits at {name}",
        "JoinableQueue": f"waits at {name}",
    }.get(kind, f"waits for {name}")


def _title(participants: Sequence[Participant]) -> str:
    names = [participant.name for participant in participants]
    if len(names) == 1:
        waits_for_itself = (
            participants[0].primitive.kind in MUTEXES | JOINS | {"Future"}
            and not participants[0].held_at_fork
            and not participants[0].reason
            and not _is_of_no_loop(participants[0])
        )
        return f"Deadlock: {names[0]} waits for {'itself' if waits_for_itself else 'what nobody can do any more'}"
    if len(names) > 5:
        return f"Deadlock of {len(names)} threads"
    return f"Deadlock of {_listed(names)}"


def _name(primitive: Primitive) -> str:
    return primitive.name or primitive.short


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def _along(participants: Sequence[Participant], edges: Sequence[KnotEdge]) -> list[Participant]:
    """Each followed by one it waits for, as far as possible, beginning with the first by name."""
    left = {
        participant.lane: participant for participant in sorted(participants, key=lambda each: (each.name, each.lane))
    }
    ordered: list[Participant] = []
    while left:
        following = [
            edge.holder
            for edge in edges
            if ordered and edge.waiter == ordered[-1].lane and edge.holder is not None and edge.holder in left
        ]
        ordered.append(left.pop(following[0] if following else next(iter(left))))
    return ordered


def find(model: "Model") -> list[dict[str, Any]]:
    """The deadlocks that were observed while the recording was made."""
    return [each for each in model.findings.values() if each.get("kind") == "deadlock"]
