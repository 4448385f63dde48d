"""`multiprocessing.pool`: pools of processes and of threads, their workers idle or at a task, waiting for results.

A pool's own threads rest where they wait for tasks to hand out and for results to hand on.
"""

from __future__ import annotations

from . import job_order, layout
from .callables import attribute_of
from .follow import maker
from .job_errors import keep, see
from .job_order import RESULT
from .originals import get_frame
from .patching import hidden, hide, look_like, replace_method
from .primitives import ATTRIBUTE, define_shared
from .state import current, run
from .tasks import TaskCall, hands_on, idle, plain, task_name
from .waits import begin, expect, finish

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .follow import Method

TAKEN = "_lanescope_taken"  # on what an iterator of results waits with: who takes them, and how many so far
numbers_of_queues: dict[int, int] = {}  # of pools, by the ids of their queues


class WorkerQueue:
    """The queue from which a pool's worker gets its tasks: waiting for one is being idle."""

    def __init__(self, queue: Any, number: int) -> None:
        self.queue = queue
        self.number = number

    def get(self) -> Any:
        """The next task: None, or (job, index, function, args, kwargs)."""
        task = idle(self.number, plain(type(self.queue).get), self.queue)
        if task is None:
            return None
        job, index, function, args, kwargs = task
        if attribute_of(function, "__name__") == "_helper_reraises_exception":  # the worker asks for its identity
            return task
        return job, index, TaskCall(function, task_name(function, args), self.number, job, index), args, kwargs

    def __getattr__(self, name: str) -> Any:
        return getattr(self.queue, name)


def make_worker(original: Method) -> Method:
    def worker(inqueue: Any, *args: Any, **kwargs: Any) -> None:
        with hidden:
            number = getattr(inqueue, ATTRIBUTE, 0) or numbers_of_queues.get(id(inqueue), 0)
            original(WorkerQueue(inqueue, number) if number else inqueue, *args, **kwargs)

    return worker


class TaskQueue:
    """What the thread that hands out tasks gets them from."""

    def __init__(self, queue: Any, number: int) -> None:
        self.queue = queue
        self.number = number

    def get(self) -> Any:
        """The next tasks; None: there will be no more."""
        return rest(self.number, layout.WAIT_IDLE, self.queue.get)


def make_handle_tasks(original: Method) -> Method:
    def _handle_tasks(taskqueue: Any, put: Any, outqueue: Any, *args: Any) -> None:
        with hidden:
            number = numbers_of_queues.get(id(outqueue), 0)
            original(TaskQueue(taskqueue, number) if number else taskqueue, put, outqueue, *args)

    return _handle_tasks


class NextResult:
    """What the thread that hands on results gets them by."""

    def __init__(self, get: Method, number: int) -> None:
        self.get = get
        self.number = number
        self.is_told = False

    def __call__(self) -> Any:
        """The next result."""
        if not self.is_told:
            self.is_told = True
            hands_on(self.number, current())
        return rest(self.number, layout.WAIT_OTHER, self.get)


def rest(number: int, detail: int, get: Method) -> Any:
    """A service thread of a pool waits for what it serves."""
    with hidden:
        state = current()
        outer = begin(state, number, detail, 0)
        expect(state, outer)
        try:
            return get()
        finally:
            finish(state, outer)


def make_setup_queues(original: Method) -> Method:
    """Runs in a pool's `__init__`, before its workers and threads start: what they use gets its number here."""

    def _setup_queues(self: Any) -> None:
        with hidden:
            original(self)
            number = self.__dict__.get(ATTRIBUTE, 0)
            for queue in (self._inqueue, self._outqueue):
                numbers_of_queues.pop(id(queue), None)  # of one that is gone
                if number:
                    numbers_of_queues[id(queue)] = number
            if number:
                self._quick_get = NextResult(self._quick_get, number)
                if hasattr(self._inqueue, "__dict__"):  # processes get it by pickle
                    self._inqueue.__dict__[ATTRIBUTE] = number

    return _setup_queues


def make_pool_init(original: Method) -> Method:
    """The pool has its number before its workers start."""

    def __init__(self: Any, processes: int | None = None, *args: Any, **kwargs: Any) -> None:
        with hidden:
            frame = maker(get_frame(1))
            if frame is not None and ATTRIBUTE not in self.__dict__:
                capacity = processes if isinstance(processes, int) else None
                self.__dict__[ATTRIBUTE] = define_shared("Pool", frame, capacity=capacity)
            original(self, processes, *args, **kwargs)

    return __init__


def make_result_init(original: Method) -> Method:
    """Whoever waits for a result waits for the pool."""

    def __init__(self: Any, pool: Any, *args: Any, **kwargs: Any) -> None:
        with hidden:
            original(self, pool, *args, **kwargs)
            number = pool.__dict__.get(ATTRIBUTE, 0)
            if number:
                waited_for = getattr(self, "_event", None) or self._cond
                waited_for.__dict__[ATTRIBUTE] = number
                job_order.submit(waited_for, number, self._job)
                if run.forked and not is_served(pool):
                    hands_on(number, None)

    return __init__


def number_of_result(result: Any) -> int:
    """The number of its pool, by what it waits with; 0: not followed."""
    waits_with = getattr(result, "_event", None) or result._cond
    return int(waits_with.__dict__.get(ATTRIBUTE, 0))


def make_set(original: Method) -> Method:
    """A result comes in: of the whole job or of a part of it."""

    def _set(self: Any, i: int, obj: tuple[bool, Any]) -> None:
        with hidden:
            succeeded, value = obj
            if not succeeded and getattr(self, "_error_callback", None) is None and (number := number_of_result(self)):
                keep(self, number, self._job, value)
            original(self, i, obj)

    return _set


def make_wait(original: Method) -> Method:
    """Of a result, `get` included."""

    def wait(self: Any, timeout: Any = None) -> None:
        with hidden:
            original(self, timeout)
            result = self._event.__dict__.get(RESULT)
            if result is not None and (timeout is None or self.ready()):
                result.read(sure=timeout is None and not result.is_chance)

    return wait


def make_next(original: Method, unordered: type) -> Method:
    """The next result of `imap`, and the end of all. Of `imap_unordered` it is chance whose result that is."""
    follow = asking(original)

    def next(self: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: A001
        with hidden:
            result = self._cond.__dict__.get(RESULT)
            if result is None:
                return follow(self, *args, **kwargs)
            told, serial = self._cond.__dict__, current().serial
            taker, taken = told.get(TAKEN, (serial, 0))
            told[TAKEN] = (serial, taken + 1) if taker == serial else (0, 0)  # with another it is chance who gets which
            try:
                value = follow(self, *args, **kwargs)
            except StopIteration:
                result.read(sure=True)
                raise
            except BaseException:
                told[TAKEN] = 0, 0  # whether it was taken is not known
                raise
            if taker == serial and not isinstance(self, unordered):
                result.read(part=taken, sure=not (args or kwargs))
            return value

    return next


def asking(original: Method) -> Method:
    """A method that raises what ended the job."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return original(self, *args, **kwargs)
        except BaseException as error:
            if getattr(self, "_value", error) is error:
                see(self)
            hide(error)
            raise

    return method


def make_successful(original: Method) -> Method:
    def successful(self: Any) -> bool:
        with hidden:
            result = bool(original(self))
            if not result:
                see(self)
            return result

    return successful


def is_served(pool: Any) -> bool:
    """Whether it has its threads: a copy made by fork has none, and one that is forked with a worker not even that."""
    handler = pool.__dict__.get("_result_handler")
    return handler is not None and bool(handler.is_alive())


def patch_pools(module: ModuleType) -> None:
    """`multiprocessing.pool`."""
    original = module.worker
    module.worker = look_like(make_worker(original), original)  # type: ignore[attr-defined]
    for cls in (module.Pool, module.ThreadPool):
        replace_method(cls, "__init__", make_pool_init)
        replace_method(cls, "_setup_queues", make_setup_queues)
    handle_tasks = module.Pool._handle_tasks
    module.Pool._handle_tasks = staticmethod(look_like(make_handle_tasks(handle_tasks), handle_tasks))
    for cls in (module.ApplyResult, module.IMapIterator):
        replace_method(cls, "__init__", make_result_init)
    for cls in (module.ApplyResult, module.MapResult, module.IMapIterator, module.IMapUnorderedIterator):
        replace_method(cls, "_set", make_set)
    replace_method(module.ApplyResult, "get", asking)
    replace_method(module.ApplyResult, "successful", make_successful)
    replace_method(module.ApplyResult, "wait", make_wait)
    job_order.hashing(module.ApplyResult, lambda self: self._event.__dict__.get(RESULT))
    for name in ("next", "__next__"):
        replace_method(module.IMapIterator, name, lambda o: make_next(o, module.IMapUnorderedIterator))
