"""`queue`: Queue, LifoQueue and PriorityQueue patched in place, SimpleQueue (a C type) replaced by a subclass."""

from __future__ import annotations

from . import layout
from .follow import depth, making, timed
from .holds import LockType, pretend_to_be, refuse_to_pickle
from .originals import get_frame
from .patching import hidden, hide, replace_method
from .primitives import ATTRIBUTE, define
from .sites import is_user_code, user_site
from .slices import run_handlers
from .state import current
from .waits import begin, finish

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, NoReturn

    from .follow import Method


NOTHING = object()
PART = "_lanescope_part"  # on a condition: it bears the number of the queue that it is part of


def moving(original: Method, operation: int) -> Method:
    """`put` or `get`: tells the depth afterwards. The waits are those of the queue's conditions."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            result = original(self, *args, **kwargs)
            number = self.__dict__.get(ATTRIBUTE, 0)
            if number:
                depth(number, operation, self._qsize())
            return result
        except BaseException as error:
            hide(error)
            raise

    return method


def follow_conditions(queue: Any, number: int) -> None:
    """Whoever waits on one of a queue's conditions waits for the queue."""
    for condition in (queue.not_empty, queue.not_full, queue.all_tasks_done):
        condition.__dict__[ATTRIBUTE] = number
        condition.__dict__[PART] = True


def raw_simple_queue() -> Any:
    """The C type; the one in Python where there is no other."""
    import queue

    return getattr(queue.SimpleQueue, "raw_type", queue.SimpleQueue)


def patch_queue(module: ModuleType) -> None:
    """The module `queue`."""
    queue = module.Queue
    replace_method(
        queue,
        "__init__",
        lambda o: making(o, "Queue", capacity=lambda self: max(self.maxsize, 0) or None, after=follow_conditions),
    )
    replace_method(queue, "put", lambda original: moving(original, layout.QUEUE_PUT))
    replace_method(queue, "get", lambda original: moving(original, layout.QUEUE_GET))
    module.SimpleQueue = make_simple_queue(module.SimpleQueue, module.Empty)  # type: ignore[attr-defined]


def make_simple_queue(raw: Any, empty: type[Exception]) -> type:
    """The class that user code gets as `queue.SimpleQueue`; the standard library gets the raw one."""
    raw_get, raw_put, raw_qsize = raw.get, raw.put, raw.qsize
    raw_get_nowait, raw_put_nowait = raw.get_nowait, raw.put_nowait

    class SimpleQueue(raw, metaclass=LockType):  # type: ignore[misc]
        __slots__ = (ATTRIBUTE,)  # and no `__dict__`, as the raw one has none
        raw_type: type = raw
        _lanescope_number: int

        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            with hidden:
                frame = get_frame(1)
                if cls is SimpleQueue and not is_user_code(frame):
                    return raw(*args, **kwargs)
                self = raw.__new__(cls, *args, **kwargs)
                self._lanescope_number = define("SimpleQueue", frame)
                return self

        def get(self, *args: Any, **kwargs: Any) -> Any:
            try:
                block, timeout = arguments_of(args, kwargs) if args or kwargs else (True, None)
                try:
                    item = raw_get(self, False)
                except empty:
                    if not block:
                        raise
                    item = NOTHING
                number = self._lanescope_number
                if item is NOTHING:
                    item = wait_for_item(self, number, timeout, get_frame(1))
                depth(number, layout.QUEUE_GET, raw_qsize(self))
                return item
            except BaseException as error:
                hide(error)
                raise

        def put(self, *args: Any, **kwargs: Any) -> None:
            try:
                if len(args) == 1 and not kwargs:
                    raw_put(self, args[0])
                else:
                    raw_put(self, *args, **kwargs)
                depth(self._lanescope_number, layout.QUEUE_PUT, raw_qsize(self))
            except BaseException as error:
                hide(error)
                raise

        def __reduce__(self) -> NoReturn:
            with hidden:
                refuse_to_pickle(raw)

        def __sizeof__(self) -> int:
            return int(raw.__sizeof__(self)) - more_bytes

        def get_nowait(self, *args: Any, **kwargs: Any) -> Any:
            with hidden:
                item = raw_get_nowait(self, *args, **kwargs)
                depth(self._lanescope_number, layout.QUEUE_GET, raw_qsize(self))
                return item

        def put_nowait(self, *args: Any, **kwargs: Any) -> None:
            with hidden:
                raw_put_nowait(self, *args, **kwargs)
                depth(self._lanescope_number, layout.QUEUE_PUT, raw_qsize(self))

    def arguments_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
        raw_put(checked := raw(), None)
        raw_get(checked, *args, **kwargs)  # for its error
        given = dict(zip(("block", "timeout"), args, strict=False)) | kwargs
        return given.get("block", True), given.get("timeout")

    def wait_for_item(queue: Any, number: int, timeout: float | None, frame: Any) -> Any:
        state = current()
        outer = begin(state, number, layout.WAIT_OTHER | timed((timeout,), {}, 0), user_site(frame))
        flags = layout.WAIT_FAILED
        try:
            run_handlers()
            item = raw_get(queue, True, timeout)
            flags = 0
        except empty:
            flags |= layout.WAIT_TIMED_OUT
            raise
        finally:
            finish(state, outer, flags)
        return item

    counts_itself = "__sizeof__" in raw.__dict__  # from 3.15 on
    more_bytes = 0 if counts_itself else SimpleQueue.__basicsize__ - raw.__basicsize__
    pretend_to_be(SimpleQueue, raw)
    return SimpleQueue
