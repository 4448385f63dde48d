"""`multiprocessing.queues`: what goes in and out, who waits, also for a feeder at a process's end."""

from __future__ import annotations

from . import layout
from .connections import NO_TIMEOUT, READS
from .follow import depth, making, waiting
from .patching import hidden, replace_method
from .primitives import ATTRIBUTE
from .process_locks import carry_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .follow import Method


def items_in(queue: Any) -> int:
    """How many items are in a Queue, those that its feeder has not yet written included."""
    return int(queue._maxsize - queue._sem._semlock._get_value())


def make_put(original: Method) -> Method:
    """Waits only while the queue is full."""
    follow = waiting(original, timeout_at=2)

    def put(self: Any, *args: Any, **kwargs: Any) -> Any:
        with hidden:
            number = self.__dict__.get(ATTRIBUTE, 0)
            if number and self._sem._semlock._is_zero():
                follow(self, *args, **kwargs)
            else:
                original(self, *args, **kwargs)
            if number:
                depth(number, layout.QUEUE_PUT, items_in(self))

    return put


def make_get(original: Method) -> Method:
    follow = waiting(original, timeout_at=1, receives=True)

    def get(self: Any, *args: Any, **kwargs: Any) -> Any:
        with hidden:
            item = follow(self, *args, **kwargs)
            number = self.__dict__.get(ATTRIBUTE, 0)
            if number:
                depth(number, layout.QUEUE_GET, items_in(self))
            return item

    return get


def make_start_thread(original: Method) -> Method:
    """Waiting for the feeder thread is waiting for the queue to be drained."""

    def _start_thread(self: Any) -> None:
        with hidden:
            number = self.__dict__.get(ATTRIBUTE, 0)
            if number:
                self._notempty.__dict__[ATTRIBUTE] = number
            original(self)
            if number:
                self._thread.__dict__[ATTRIBUTE] = number

    return _start_thread


def make_simple_put(original: Method, dumps: Method) -> Method:
    """Of a pipe with locks: what is in it can't be seen. Waits while the pipe is full, but not while code of the
    program's finds out (`dumps`) what to write into it.
    """
    follow = waiting(write, timeout_at=NO_TIMEOUT)

    def put(self: Any, obj: Any) -> None:
        with hidden:
            number = self.__dict__.get(ATTRIBUTE, 0)
            if number:
                follow(self, dumps(obj))
                depth(number, layout.QUEUE_PUT, layout.DEPTH_UNCOUNTED)
            else:
                original(self, obj)

    return put


def write(queue: Any, message: Any) -> None:
    """Into the pipe of a SimpleQueue, which only some systems need a lock for."""
    with queue._wlock or hidden:
        queue._writer.send_bytes(message)


def make_simple_get(original: Method) -> Method:
    follow = waiting(original, receives=True)

    def get(self: Any) -> Any:
        with hidden:
            item = follow(self)
            number = self.__dict__.get(ATTRIBUTE, 0)
            if number:
                depth(number, layout.QUEUE_GET, layout.DEPTH_UNCOUNTED)
            return item

    return get


def follow_condition(queue: Any, number: int) -> None:
    """`join` waits on this condition."""
    queue._cond.__dict__[ATTRIBUTE] = number


def using_condition(original: Method) -> Method:
    """`join`, or `task_done`, which ends it: the condition comes unpickled without the queue's number."""

    def method(self: Any) -> None:
        with hidden:
            number = self.__dict__.get(ATTRIBUTE, 0)
            if number:
                follow_condition(self, number)
            original(self)

    return method


def patch_process_queues(module: ModuleType) -> None:
    """`multiprocessing.queues`."""
    queue, joinable, simple = module.Queue, module.JoinableQueue, module.SimpleQueue
    replace_method(
        queue, "__init__",
        lambda o: making(o, "process Queue", shared=True, capacity=capacity_of, after=mark_reader),
    )  # fmt: skip
    replace_method(
        joinable, "__init__",
        lambda o: making(o, "process JoinableQueue", shared=True, capacity=capacity_of, after=mark_reader),
    )  # fmt: skip
    replace_method(simple, "__init__", lambda o: making(o, "process SimpleQueue", shared=True, after=mark_reader))
    for cls in (queue, joinable):
        replace_method(cls, "put", make_put)
    replace_method(queue, "get", make_get)
    replace_method(queue, "_start_thread", make_start_thread)
    for name in ("join", "task_done"):
        replace_method(joinable, name, using_condition)
    replace_method(simple, "get", make_simple_get)
    replace_method(simple, "put", lambda o: make_simple_put(o, module._ForkingPickler.dumps))
    carry_number(queue, mark_reader)
    carry_number(simple, mark_reader)


def mark_reader(queue: Any, number: int) -> None:
    """Programs wait for its reader, where they wait for something else as well."""
    queue._reader.__dict__[READS] = number


def capacity_of(queue: Any) -> int | None:
    """How many items fit, when that is limited on purpose."""
    limit = type(queue._sem._semlock).SEM_VALUE_MAX
    return None if queue._maxsize >= limit else int(queue._maxsize)
