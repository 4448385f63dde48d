"""`multiprocessing.queues` and pipes: what goes in and out, who waits, also for a feeder at a process's end."""

from __future__ import annotations

from . import layout
from .blocking import make_method
from .follow import depth, maker, making, waiting
from .originals import get_frame
from .patching import hidden, look_like, replace_method
from .primitives import ATTRIBUTE, define_shared
from .process_locks import carry_number, reducing_with_number
from .sites import is_user_code, user_site
from .state import current
from .waits import begin, finish

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .follow import Method


NO_TIMEOUT = 9  # arguments: more than methods without one have
READS = "_lanescope_reads"  # on a queue's reader: the queue's number


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


def make_simple_put(original: Method) -> Method:
    """Of a pipe with locks: what is in it can't be seen. Waits while the pipe is full."""
    follow = waiting(original, timeout_at=NO_TIMEOUT)

    def put(self: Any, obj: Any) -> Any:
        with hidden:
            number = self.__dict__.get(ATTRIBUTE, 0)
            follow(self, obj)
            if number:
                depth(number, layout.QUEUE_PUT, layout.DEPTH_UNCOUNTED)

    return put


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
    replace_method(simple, "put", make_simple_put)
    carry_number(queue)
    carry_number(simple)


def mark_reader(queue: Any, number: int) -> None:
    """Programs wait for its reader, where they wait for something else as well."""
    queue._reader.__dict__[READS] = number


def make_wait(original: Method, connection: type) -> Method:
    """`multiprocessing.connection.wait`, of itself a selector's I/O: what it says is the queue or pipe waited for."""

    def wait(object_list: Any, timeout: Any = None) -> Any:
        with hidden:
            state, frame = current(), get_frame(1)
            if state.wait is not None or timeout == 0 or not is_user_code(frame):
                return original(object_list, timeout)
            objects = list(object_list)
            number, detail = awaited(objects, connection)
            if not number:
                return original(objects, timeout)
            if timeout is not None:
                detail |= layout.WAIT_TIMED
            outer = begin(state, number, detail, user_site(frame))
            flags = layout.WAIT_FAILED
            try:
                ready = original(objects, timeout)
                flags = 0 if ready else flags | layout.WAIT_TIMED_OUT
            finally:
                finish(state, outer, flags)
            return ready

    return wait


def awaited(objects: list[Any], connection: type) -> tuple[int, int]:
    """The one primitive among what is waited for, or 0, and the detail of such a wait."""
    known = [each.__dict__ for each in objects if issubclass(type(each), connection)]
    queues = {each[READS] for each in known if READS in each}
    numbers = queues | {each[ATTRIBUTE] for each in known if ATTRIBUTE in each}
    if len(numbers) != 1:
        return 0, 0
    detail = layout.WAIT_OTHER if queues else layout.WAIT_IO
    return numbers.pop(), detail | layout.WAIT_ANY if len(objects) > 1 else detail


def capacity_of(queue: Any) -> int | None:
    """How many items fit, when that is limited on purpose."""
    limit = type(queue._sem._semlock).SEM_VALUE_MAX
    return None if queue._maxsize >= limit else int(queue._maxsize)


def make_pipe(original: Method) -> Method:
    def Pipe(duplex: bool = True) -> Any:  # noqa: N802
        with hidden:
            ends = original(duplex)
            caller = get_frame(1)
            is_of_manager = caller.f_globals.get("__name__") == "multiprocessing.managers"  # for its own start
            frame = None if is_of_manager else maker(caller)
            if frame is not None:
                number = define_shared("Pipe", frame)
                for end in ends:
                    end.__dict__[ATTRIBUTE] = number
            return ends

    return Pipe


def following(original: Method, timeout_at: int = NO_TIMEOUT, **options: Any) -> Method:
    """Receiving or sending, which may wait: followed when user code does it, not when a queue does."""
    follow = waiting(original, timeout_at=timeout_at, detail=layout.WAIT_IO, **options)
    follow_stranger = make_method(original)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        with hidden:
            if not is_user_code(get_frame(1)):
                return original(self, *args, **kwargs)
            if self.__dict__.get(ATTRIBUTE, 0):
                return follow(self, *args, **kwargs)
            return follow_stranger(self, *args, **kwargs)  # of a Listener or a Client

    return method


def make_receive(original: Method) -> Method:
    """The bytes of a message, before they are unpickled."""

    def _recv_bytes(self: Any, *args: Any, **kwargs: Any) -> Any:
        with hidden:
            received = original(self, *args, **kwargs)
            state = current()
            if state.expects:
                finish(state, None)
            return received

    return _recv_bytes


def only_looks(_: Any, *args: Any, **kwargs: Any) -> bool:
    """Polling without an argument does not wait."""
    return not args and not kwargs


def patch_connections(module: ModuleType) -> None:
    """`multiprocessing.connection`."""
    original = module.Pipe
    module.Pipe = look_like(make_pipe(original), original)  # type: ignore[attr-defined]
    original = module.wait
    module.wait = look_like(make_wait(original, module._ConnectionBase), original)  # type: ignore[attr-defined]
    for name in ("recv", "recv_bytes", "recv_bytes_into"):
        replace_method(module._ConnectionBase, name, lambda o: following(o, receives=True))
    for name in ("send", "send_bytes"):
        replace_method(module._ConnectionBase, name, following)
    for cls in ("Connection", "PipeConnection"):
        replace_method(getattr(module, cls, object), "_recv_bytes", make_receive)
    replace_method(module._ConnectionBase, "poll", lambda o: following(o, timeout_at=0, ready=only_looks))
    for cls, name in (("Connection", "reduce_connection"), ("PipeConnection", "reduce_pipe_connection")):
        reduce = getattr(module, name, None)
        if reduce is not None and hasattr(module, cls):
            module.reduction.register(getattr(module, cls), look_like(reducing_with_number(reduce), reduce))
