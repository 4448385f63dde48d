"""`concurrent.futures`: executors as primitives, their workers idle or at a task, waiting for futures."""

from __future__ import annotations

from . import job_order, layout
from .event_loops import LOOP, runner_of
from .follow import making, signal, waiting
from .job_errors import forgo, keep, see, tell_failed, unnumbered
from .job_order import RESULT
from .originals import get_frame
from .patching import hidden, look_like, replace_method
from .primitives import ATTRIBUTE
from .queues import raw_simple_queue
from .sites import user_site
from .state import current, run
from .tasks import TaskCall, hands_on, idle, plain, serves_itself, task_name, works_for
from .waits import begin, finish

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType, ModuleType
    from typing import Any

    from .follow import Method
    from .job_order import Result

WORKER = "_lanescope_worker"  # on a future: serial of the thread that runs it


def make_submit(original: Method) -> Method:
    def submit(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        with hidden:
            number = self.__dict__.get(ATTRIBUTE, 0)
            if number and run.forked and is_bereft(self, number):
                return submit_to_copy(original, number, self, *args, **kwargs)
            return original(self, *args, **kwargs)

    return submit


def is_bereft(executor: Any, number: int) -> bool:
    """Whether it is a copy made by fork whose threads stayed behind. Each worker has one: of while it was started."""
    if number & layout.OBJECT_SHARED and works_here(number):
        return True
    manager = getattr(executor, "_executor_manager_thread", None)
    threads = [manager] if manager is not None else list(getattr(executor, "_threads", ()))
    return bool(threads) and not any(thread.is_alive() for thread in threads)


def works_here(number: int) -> bool:
    """Whether a thread of this process is a worker of that executor."""
    return any(state.executor == number for state in list(current().ring.states.values()))


def submit_to_copy(original: Method, number: int, executor: Any, /, *args: Any, **kwargs: Any) -> Any:
    """Submitting to such a copy may wait for good: for its lock, which was held at the fork. That of a thread pool may
    have room for one more worker, though, and starts it.
    """
    shared = number & layout.OBJECT_SHARED
    if shared or executor._shutdown_lock.locked():
        hands_on(number, None)
        state = current()
        outer = begin(state, number, layout.WAIT_OTHER, user_site(get_frame(1)))
        try:
            future = original(executor, *args, **kwargs)
        finally:
            finish(state, outer)
    else:
        future = original(executor, *args, **kwargs)
    if not shared and is_bereft(executor, number):
        hands_on(number, None)
    elif not shared:
        serves_itself(number)
    return future


def hand_over(future: Any, number: int, job: int) -> None:
    """A job of the executor is about to be put where a worker finds it: from then on its future may be done at any
    instant, long before `submit` returns.
    """
    future.__dict__[ATTRIBUTE] = number
    job_order.submit(future, number, job)


def make_manager_run(original: Method) -> Method:
    """The thread of a ProcessPoolExecutor that sets the results of its futures."""

    def run(self: Any) -> None:
        with hidden:
            number = getattr(self.call_queue, ATTRIBUTE, 0)
            if number:
                hands_on(number, current())
            original(self)

    return run


def make_item_run(original: Method) -> Method:
    """A thread pool's work item: a task. The future learns who runs it."""

    def run(self: Any, *args: Any) -> None:
        with hidden:
            task = getattr(self, "task", None) or (getattr(self, "fn", None), getattr(self, "args", ()))
            state = current()
            told = self.future.__dict__
            told[WORKER] = state.serial
            if told.get(ATTRIBUTE):
                works_for(state, told[ATTRIBUTE])  # from 3.12 on a worker may find work without ever having been idle
            result = told.get(RESULT)
            number, job = (result.number, result.job) if result is not None else (0, 0)
            call, item = TaskCall(original, task_name(*task[:2]), number, job), [self]
            del self, task, told  # as the original does: an exception's traceback keeps this frame
            call(item.pop(), *args)

    return run


def make_executor_init(original: Method) -> Method:
    return making(original, "Executor", capacity=lambda self: self._max_workers, after=follow_thread_workers)


def follow_thread_workers(executor: Any, number: int) -> None:
    """A worker that waits for work is idle."""
    executor._work_queue = make_idle_queue(number)


def make_idle_queue(number: int) -> Any:
    """A work queue whose `get` is being idle."""
    raw = raw_simple_queue()

    class WorkQueue(raw):  # type: ignore[misc, valid-type]
        def put(self, item: Any, *args: Any, **kwargs: Any) -> None:
            if item is not None:
                hand_over(item.future, number, next(job_order.jobs))
            raw.put(self, item, *args, **kwargs)

        def get(self, block: bool = True, timeout: float | None = None) -> Any:
            if not block:
                return raw.get(self, block, timeout)
            return idle(number, raw.get, self, block, timeout)

    return WorkQueue()


def make_work_ids(number: int, pending: dict[int, Any]) -> Any:
    """A queue of the jobs of a process pool that are to be handed out."""
    import queue

    class WorkIds(queue.Queue):  # type: ignore[type-arg]
        def put(self, item: int, *args: Any, **kwargs: Any) -> None:
            hand_over(pending[item].future, number, item)
            super().put(item, *args, **kwargs)

    return WorkIds()


def is_done(future: Any, *_: Any, **__: Any) -> bool:
    """Its result is there."""
    return future._state in {"CANCELLED", "CANCELLED_AND_NOTIFIED", "FINISHED"}


def worker_of(future: Any) -> int:
    """Serial of the thread that runs it; 0 when that is not known (queued, or another process's)."""
    loop = future.__dict__.get(LOOP)
    return int(future.__dict__.get(WORKER, 0)) if loop is None else runner_of(loop)


def make_waiters(original: Method) -> Method:
    """`wait` and `as_completed` wait for an event: let it stand for the executor."""

    def _create_and_install_waiters(fs: Any, return_when: Any) -> Any:
        with hidden:
            waiter = original(fs, return_when)
            for future in fs:
                number = future.__dict__.get(ATTRIBUTE, 0)
                if number:
                    getattr(waiter.event, "__dict__", {})[ATTRIBUTE] = number  # an event of gevent's has none
                    break
            return waiter

    return _create_and_install_waiters


def note_asked(future: Any, error: BaseException) -> None:
    """`result` has raised: whatever ended the job, or for want of an end."""
    if error is future._exception:
        see(future)
        note_read(future, sure=False)  # that it had no timeout is not known here


def note_read(future: Any, sure: bool) -> None:
    """The calling thread knows the future's result."""
    result = future.__dict__.get(RESULT)
    if result is not None:
        result.read(sure=sure and not result.is_chance)


def note_given(future: Any) -> None:
    """A future is about to have its result: a thread pool's by the worker that did its job."""
    result, state = future.__dict__.get(RESULT), current()
    job = state.job
    if result is not None and job is not None and (job.number, job.job) == (result.number, result.job):
        result.is_told = job_order.give(state) is not None
    elif result is not None:
        result.is_untold = state.is_silent


def make_chance(original: Method) -> Method:
    """A method by which programs choose whose result they ask for."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        with hidden:
            by_chance([self])
            return original(self, *args, **kwargs)

    return method


def by_chance(futures: Iterable[Any]) -> list[Result]:
    """Their results. Which of them the program asks for, and when, may be chance from now on."""
    results = [each.__dict__[RESULT] for each in futures if RESULT in getattr(each, "__dict__", ())]
    for each in results:
        each.is_chance = True
    return results


def make_wait(original: Method) -> Method:
    def wait(fs: Any, timeout: Any = None, return_when: Any = "ALL_COMPLETED") -> Any:
        with hidden:
            futures = set(fs)
            found = original(futures, timeout, return_when)
            results = by_chance(futures)
            if not found.not_done:
                for each in results:
                    each.read(sure=timeout is None and return_when == "ALL_COMPLETED")
            return found

    return wait


def make_as_completed(original: Method) -> Method:
    def as_completed(fs: Any, timeout: Any = None) -> Any:
        with hidden:
            futures = set(fs)
            results = by_chance(futures)
            each = original(futures, timeout)
            del fs, futures  # who iterates may want them to be gone
            yield from each
            for result in results:
                result.read(sure=timeout is None)

    return as_completed


def make_exception(original: Method) -> Method:
    follow = waiting(original, ready=is_done, owner=worker_of, failed=lambda *_: False, reads=note_read)

    def exception(self: Any, timeout: float | None = None) -> Any:
        with hidden:
            error = follow(self, timeout)
            if error is not None:
                see(self)
            return error

    return exception


def make_cancel(original: Method) -> Method:
    def cancel(self: Any) -> Any:
        with hidden:
            cancelled = original(self)
            if not cancelled:
                forgo(self)
            return cancelled

    return cancel


def make_set_exception(original: Method) -> Method:
    follow = completing(original)

    def set_exception(self: Any, exception: Any) -> None:
        with hidden:
            number = self.__dict__.get(ATTRIBUTE, 0)
            is_of_job = LOOP not in self.__dict__
            if number and is_of_job and isinstance(exception, BaseException) and not is_done(self):
                keep_exception(self, number, exception)  # before anybody can ask for it
            follow(self, exception)

    return set_exception


def keep_exception(future: Any, number: int, error: BaseException) -> None:
    """The future is about to get this exception. That of a thread pool gets it by the worker that ran its job."""
    job = job_in(get_frame(2))
    if WORKER in future.__dict__:
        tell_failed(current(), number, job, error)
    keep(future, number, job, error)


def job_in(frame: FrameType | None) -> int:
    """The job of a process pool whose result is handed on there; a number of our own for all others."""
    while frame is not None and frame.f_globals.get("__name__") == "concurrent.futures.process":
        item = frame.f_locals.get("result_item")
        if item is not None:
            return int(item.work_id)
        frame = frame.f_back
    return next(unnumbered)


def completing(original: Method) -> Method:
    def method(self: Any, *args: Any) -> None:
        with hidden:
            number = self.__dict__.get(ATTRIBUTE, 0)
            if number:
                note_given(self)
            original(self, *args)
            if number:
                self.__dict__.pop(LOOP, None)
                signal(number)

    return method


def patch_futures(module: ModuleType) -> None:
    """`concurrent.futures._base`."""
    future = module.Future
    replace_method(
        future,
        "result",
        lambda o: waiting(
            o, ready=is_done, owner=worker_of, failed=lambda *_: False, raised=note_asked, reads=note_read
        ),
    )
    replace_method(future, "exception", make_exception)
    job_order.hashing(future, lambda self: self.__dict__.get(RESULT))
    replace_method(future, "cancel", make_cancel)
    for name in ("done", "running", "cancelled", "add_done_callback"):
        replace_method(future, name, make_chance)
    replace_method(future, "set_result", completing)
    replace_method(future, "set_exception", make_set_exception)
    for name, make in (
        ("_create_and_install_waiters", make_waiters),
        ("as_completed", make_as_completed),
        ("wait", make_wait),
    ):
        original = getattr(module, name)
        setattr(module, name, look_like(make(original), original))


def patch_thread_pool(module: ModuleType) -> None:
    """`concurrent.futures.thread`."""
    replace_method(module.ThreadPoolExecutor, "__init__", make_executor_init)
    replace_method(module.ThreadPoolExecutor, "submit", make_submit)
    replace_method(module._WorkItem, "run", make_item_run)


class WorkerQueue:
    """The queue from which a worker process gets its work items: waiting for one is being idle, each is a task."""

    def __init__(self, queue: Any, number: int) -> None:
        self.queue = queue
        self.number = number

    def get(self, *args: Any, **kwargs: Any) -> Any:
        """The next work item."""
        item = idle(self.number, plain(type(self.queue).get), self.queue, *args, **kwargs)
        if item is not None:
            item.fn = TaskCall(item.fn, task_name(item.fn, item.args), self.number, item.work_id)
        return item

    def __getattr__(self, name: str) -> Any:
        return getattr(self.queue, name)


def make_process_worker(original: Method) -> Method:
    def _process_worker(call_queue: Any, *args: Any) -> None:
        with hidden:
            number = getattr(call_queue, ATTRIBUTE, 0)
            original(WorkerQueue(call_queue, number) if number else call_queue, *args)

    return _process_worker


def follow_process_workers(executor: Any, number: int) -> None:
    """The executor's number travels to its workers with their queue."""
    executor._work_ids = make_work_ids(number, executor._pending_work_items)
    executor._call_queue.__dict__[ATTRIBUTE] = number


def patch_process_pool(module: ModuleType) -> None:
    """`concurrent.futures.process`."""
    executor = module.ProcessPoolExecutor
    replace_method(
        executor,
        "__init__",
        lambda o: making(
            o, "Executor", capacity=lambda self: self._max_workers, shared=True, after=follow_process_workers
        ),
    )
    replace_method(executor, "submit", make_submit)
    replace_method(module._ExecutorManagerThread, "run", make_manager_run)
    original = module._process_worker
    module._process_worker = look_like(make_process_worker(original), original)  # type: ignore[attr-defined]
