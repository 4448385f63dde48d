"""`multiprocessing.pool`: pools of processes and of threads, their workers idle or at a task, waiting for results."""

from __future__ import annotations

from .follow import maker
from .originals import get_frame
from .patching import hidden, look_like, replace_method
from .primitives import ATTRIBUTE, define_shared
from .tasks import TaskCall, idle, plain, task_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .follow import Method

numbers_of_queues: dict[int, int] = {}  # of thread pools, whose queues have no room for a number, by id


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
        if getattr(function, "__name__", "") == "_helper_reraises_exception":  # the worker asks for its identity
            return task
        return job, index, TaskCall(function, task_name(function, args)), args, kwargs

    def __getattr__(self, name: str) -> Any:
        return getattr(self.queue, name)


def make_worker(original: Method) -> Method:
    def worker(inqueue: Any, *args: Any, **kwargs: Any) -> None:
        with hidden:
            number = getattr(inqueue, ATTRIBUTE, 0) or numbers_of_queues.get(id(inqueue), 0)
            original(WorkerQueue(inqueue, number) if number else inqueue, *args, **kwargs)

    return worker


def make_setup_queues(original: Method) -> Method:
    """Runs in a pool's `__init__`, before its workers start: the pool gets its number here."""

    def _setup_queues(self: Any) -> None:
        with hidden:
            original(self)
            number = self.__dict__.get(ATTRIBUTE, 0)
            if number:
                try:
                    self._inqueue.__dict__[ATTRIBUTE] = number
                except AttributeError:
                    numbers_of_queues[id(self._inqueue)] = number

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

    return __init__


def patch_pools(module: ModuleType) -> None:
    """`multiprocessing.pool`."""
    original = module.worker
    module.worker = look_like(make_worker(original), original)  # type: ignore[attr-defined]
    for cls in (module.Pool, module.ThreadPool):
        replace_method(cls, "__init__", make_pool_init)
        replace_method(cls, "_setup_queues", make_setup_queues)
    for cls in (module.ApplyResult, module.IMapIterator):
        replace_method(cls, "__init__", make_result_init)
