"""Exceptions that end the jobs of executors and pools, and whether anybody asks for them.

Told where the job ran, where its future or result is, and once somebody has asked for it there, has given up asking, or
can't ask any more because the future is gone. Nothing is done for jobs that succeed.
"""

from __future__ import annotations

import os
from _weakref import ref

from .callables import module_of
from .originals import STANDARD_LIBRARY, clock, count
from .sites import stack_of_traceback
from .state import current_ring
from .threads import describe_exception

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .state import ThreadState

JOB = "_lanescope_job"  # on a future or result with an exception that nobody has asked for: executor's number and job
FORGONE = "_lanescope_forgone"  # on one that was cancelled in vain: whoever did that will not ask
PLAIN = str, bytes, int, float, bool, type(None)  # the text of an exception that consists of these is safe to ask for
MOST = 1000  # exceptions that wait to be asked for in one process, and are known of
MOST_TOLD = 10_000  # in a process: a program that fails as a matter of course would make its recording grow with it

failed, kept = count(), count()  # of which so many have been told
unnumbered = count(-1, -1)  # for jobs that have no number of their own
awaited: dict[tuple[int, int], ref[Any]] = {}


def install() -> None:
    """From now on."""
    os.register_at_fork(after_in_child=awaited.clear)  # the parent tells of its own


def tell_failed(state: ThreadState, number: int, job: int, error: BaseException) -> None:
    """The exception ends that job of the executor or pool, which is the innermost task of this thread."""
    if next(failed) >= MOST_TOLD:
        return
    task = state.tasks[-1][0] if state.tasks else 0
    stack = stack_of_traceback(error.__traceback__)
    state.ring.texts.write("job-failed", state.serial, clock(), number, job, task, described(error), stack)


def keep(holder: Any, number: int, job: int, error: BaseException) -> None:
    """The job's future or result is about to get this exception: it is in nobody's hands yet."""
    told = holder.__dict__
    if JOB in told or FORGONE in told or len(awaited) >= MOST or next(kept) >= MOST_TOLD:
        return
    told[JOB] = key = number, job
    awaited[key] = ref(holder, lambda _: tell_lost(key))
    current_ring().texts.write("job-error", clock(), number, job, "kept", described(error))


def described(error: BaseException) -> str:
    """In one line, whatever it is. The program's own code, which nobody has asked for its text, is not run for that."""
    kind = type(error)
    module = module_of(kind.__str__) or "builtins"
    is_plain = module.partition(".")[0] in STANDARD_LIBRARY and all(type(each) in PLAIN for each in error.args)
    return (is_plain and describe_exception(error)) or kind.__name__


def see(holder: Any) -> None:
    """Somebody asks this future or result how its job ended, or does not want to know any more."""
    key = holder.__dict__.pop(JOB, None)
    if key is not None:
        awaited.pop(key, None)
        current_ring().texts.write("job-error", clock(), *key, "seen", "")


def forgo(holder: Any) -> None:
    """Somebody has cancelled it: whatever becomes of the job, it is not waited for."""
    if JOB in holder.__dict__:
        see(holder)
    else:
        holder.__dict__[FORGONE] = True


def tell_lost(key: tuple[int, int]) -> None:
    """The future or result is gone, and its exception with it. Runs whenever the garbage collector does."""
    if awaited.pop(key, None) is not None:
        current_ring().texts.write("job-error", clock(), *key, "lost", "")


def end() -> None:
    """The program is over: what goes now is nobody's loss."""
    awaited.clear()
