"""`multiprocessing.connection`: pipes, the connections of a Listener and its clients, and those of managers' proxies.

Sending and receiving may wait, for which only bytes count: what a message means is found out by code of the program's,
before they are sent and after they have come.
"""

from __future__ import annotations

from . import layout
from .blocking import make_method
from .follow import maker, waiting
from .originals import get_frame
from .patching import hidden, look_like, replace_method
from .primitives import ATTRIBUTE, define_shared
from .process_locks import reducing_with_number
from .sites import is_user_code, user_site
from .state import current
from .waits import begin, finish

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType, ModuleType
    from typing import Any

    from .follow import Method

NO_TIMEOUT = 9  # arguments: more than methods without one have
INSIDE = "multiprocessing.connection", __name__
READS = "_lanescope_reads"  # on a queue's reader: the queue's number


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
    """What may wait: followed when user code does it, not when a queue does."""
    follow = waiting(original, timeout_at=timeout_at, detail=layout.WAIT_IO, **options)
    follow_stranger = make_method(original)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        with hidden:
            if not is_user_code(outside(get_frame(1))):
                return original(self, *args, **kwargs)
            if self.__dict__.get(ATTRIBUTE, 0):
                return follow(self, *args, **kwargs)
            return follow_stranger(self, *args, **kwargs)  # of a Listener or a Client

    return method


def outside(frame: FrameType) -> FrameType:
    """The innermost frame, this one or further out, of who uses a connection."""
    while frame.f_globals.get("__name__") in INSIDE and frame.f_back is not None:
        frame = frame.f_back
    return frame


def make_receive(original: Method) -> Method:
    follow = following(original)

    def _recv_bytes(self: Any, *args: Any, **kwargs: Any) -> Any:
        with hidden:
            state = current()
            if state.expects:
                received = original(self, *args, **kwargs)
                finish(state, None)
                return received
            frame = outside(get_frame(1))
            number = number_of_proxy(frame)
            if not number:
                return follow(self, *args, **kwargs)
            outer = begin(state, number, layout.WAIT_OTHER, user_site(frame))
            flags = layout.WAIT_FAILED
            try:
                received = original(self, *args, **kwargs)
                flags = 0
            finally:
                finish(state, outer, flags)
            return received

    return _recv_bytes


def number_of_proxy(frame: FrameType) -> int:
    """Of a manager's proxy that has asked something and waits for the answer there; 0: it is no such place."""
    if frame.f_code.co_name != "_callmethod" or frame.f_globals.get("__name__") != "multiprocessing.managers":
        return 0
    return int(frame.f_locals["self"].__dict__.get(ATTRIBUTE, 0))


def only_looks(_: Any, *args: Any, **kwargs: Any) -> bool:
    """Polling without an argument does not wait."""
    return not args and not kwargs


def patch_connections(module: ModuleType) -> None:
    """`multiprocessing.connection`."""
    original = module.Pipe
    module.Pipe = look_like(make_pipe(original), original)  # type: ignore[attr-defined]
    original = module.wait
    module.wait = look_like(make_wait(original, module._ConnectionBase), original)  # type: ignore[attr-defined]
    replace_method(module._ConnectionBase, "poll", lambda o: following(o, timeout_at=0, ready=only_looks))
    for name, reduce_name in (("Connection", "reduce_connection"), ("PipeConnection", "reduce_pipe_connection")):
        cls = getattr(module, name, None)
        if cls is None:
            continue
        replace_method(cls, "_recv_bytes", make_receive)
        replace_method(cls, "_send_bytes", following)
        reduce = getattr(module, reduce_name, None)
        if reduce is not None:
            module.reduction.register(cls, look_like(reducing_with_number(reduce), reduce))
