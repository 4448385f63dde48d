"""Work items as tasks: what an executor or a pool runs gets a task slice named after its function."""

from __future__ import annotations

from . import job_order, layout
from .callables import module_of, name_of, unwrapped
from .job_errors import tell_failed
from .originals import STANDARD_LIBRARY
from .patching import hidden
from .reporter import begin_task, end_task
from .sites import user_site
from .state import ThreadState, current
from .waits import begin, expect, finish

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def task_name(function: Any, args: Any = ()) -> str:
    """The name to show for a work item: of the user's function, not of the standard library's that unpacks chunks."""
    for _ in range(4):
        function, bound = unwrapped(function)
        if bound is not None:
            args = bound
        if module_of(function).partition(".")[0] not in STANDARD_LIBRARY:
            break
        inner = args[0] if args else None
        if isinstance(inner, tuple) and inner:  # multiprocessing's (function, chunk)
            function, args = inner[0], ()
        elif callable(inner):
            function, args = inner, args[1:]
        else:
            break
    return name_of(function)


class TaskCall:
    """Calls a function as a task of the thread that does it. `number`: of the executor or pool whose job, or part of a
    job, it is.
    """

    __slots__ = ("function", "job", "name", "number", "part")

    def __init__(self, function: Callable[..., Any], name: str, number: int = 0, job: int = 0, part: int = 0) -> None:
        self.function = function
        self.name = name
        self.number = number
        self.job = job
        self.part = part

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        with hidden:
            state = current()
            begin_task(state, self.name)
            outer = job_order.begin(state, self.number, self.job, self.part)
            try:
                return self.function(*args, **kwargs)
            except BaseException as error:
                if self.number and state is current():
                    tell_failed(state, self.number, self.job, error)
                raise
            finally:
                del args, kwargs  # an exception's traceback keeps this frame: it must not keep its future by it
                if state is current():
                    job_order.end(state, outer)
                    end_task(state)


def works_for(state: ThreadState, number: int) -> None:
    """The thread is a worker of that executor or pool."""
    if state.executor != number:
        state.executor = number
        state.ring.texts.write("executor-worker", number, state.serial)


def hands_on(number: int, state: ThreadState | None) -> None:
    """The thread hands on the results of that executor or pool in this process. None: nobody does, as after a fork."""
    current().ring.texts.write("executor-collector", number, state.serial if state is not None else 0)


def serves_itself(number: int) -> None:
    """What was told by `hands_on` of that executor does not hold any more: it has workers of its own here."""
    current().ring.texts.write("executor-collector", number, None)


def plain(method: Any) -> Any:
    """The method as it was before it was patched."""
    return getattr(method, "__wrapped__", method)


def idle(number: int, get: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Get a worker's next work item."""
    with hidden:
        state = current()
        works_for(state, number)
        outer = begin(state, number, layout.WAIT_IDLE, user_site(None))
        expect(state, outer)
        try:
            return get(*args, **kwargs)
        finally:
            finish(state, outer)
