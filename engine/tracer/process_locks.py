"""`multiprocessing.synchronize`. The number of a primitive means the same object in every process: it is kept on the
object, inherited by fork and pickled with it."""

from __future__ import annotations

from .follow import always, making, signalling, waiting
from .patching import hidden, replace_method
from .primitives import ATTRIBUTE
from .semlocks import ProcessLock, ProcessSemaphore, name_as

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from .follow import Method

MARK = "_lanescope"


def carrying_number(original: Method) -> Method:
    """A `__getstate__` that takes the number along."""

    def __getstate__(self: Any) -> Any:
        with hidden:
            return MARK, self.__dict__.get(ATTRIBUTE, 0), original(self)

    return __getstate__


def restoring_number(original: Method, after: Callable[[Any, int], None] | None = None) -> Method:
    """The `__setstate__` to it. `after(self, number)` runs once the object is whole."""

    def __setstate__(self: Any, state: Any) -> None:
        with hidden:
            number = 0
            if state and state[0] == MARK:
                _, number, state = state
            if number:
                self.__dict__[ATTRIBUTE] = number
            original(self, state)
            if number and after is not None:
                after(self, number)

    return __setstate__


def carry_number(cls: type, after: Callable[[Any, int], None] | None = None) -> None:
    """Let the number be pickled with objects of a class that has a `__getstate__` of its own."""
    replace_method(cls, "__getstate__", carrying_number)
    replace_method(cls, "__setstate__", lambda original: restoring_number(original, after))


def reducing_with_number(original: Method) -> Method:
    """What is sent to another process (an end of a pipe, a manager's proxy) is the same one there."""

    def reduce(primitive: Any) -> Any:
        with hidden:
            made = original(primitive)
            number = primitive.__dict__.get(ATTRIBUTE, 0)
            return (*made, {ATTRIBUTE: number}) if number and len(made) == 2 else made

    return reduce


METHODS = "_lanescope_methods"


def follow_methods(primitive: Any, number: int) -> None:
    """Put the traced methods on a lock or semaphore that has a number."""
    kind = type(primitive).__name__
    methods: ProcessLock | ProcessSemaphore
    if "Semaphore" in kind:
        methods = ProcessSemaphore(primitive._semlock, number)
    else:
        methods = ProcessLock()
        methods.is_recursive = kind == "RLock"
        methods.wrap(primitive._semlock, number)
    primitive.__dict__[METHODS] = methods
    primitive.acquire = methods.acquire
    primitive.release = methods.release


def make_methods(original: Method) -> Method:
    """`_make_methods` runs in `__init__`, before there is a number, and after unpickling, when there may be one."""

    def _make_methods(self: Any) -> None:
        with hidden:
            original(self)
            number = self.__dict__.get(ATTRIBUTE, 0)
            if number:
                follow_methods(self, number)

    return _make_methods


def make_enter(original: Method) -> Method:
    def __enter__(self: Any) -> Any:
        with hidden:
            methods = self.__dict__.get(METHODS)
            return original(self) if methods is None else methods.__enter__()

    return __enter__


def make_exit(original: Method) -> Method:
    def __exit__(self: Any, *args: Any) -> Any:
        with hidden:
            methods = self.__dict__.get(METHODS)
            return original(self, *args) if methods is None or len(args) > 3 else methods.give_back()

    return __exit__


def making_kind(kind: str) -> Method:
    """For `replace_method`: an `__init__` that gives a number to what user code makes."""
    return lambda original: making(original, kind, shared=True, capacity=capacity_of, after=follow_methods)


def patch_process_locks(module: ModuleType) -> None:
    """`multiprocessing.synchronize`."""
    name_as(module._multiprocessing.SemLock)
    semlock = module.SemLock
    replace_method(semlock, "_make_methods", make_methods)
    replace_method(semlock, "__enter__", make_enter)
    replace_method(semlock, "__exit__", make_exit)
    carry_number(semlock)
    for name in ("Lock", "RLock", "Semaphore", "BoundedSemaphore"):
        replace_method(getattr(module, name), "__init__", making_kind(f"process {name}"))
    condition = module.Condition
    replace_method(condition, "__init__", lambda o: making(o, "process Condition", shared=True))
    replace_method(condition, "wait", waiting)
    replace_method(condition, "notify", signalling)
    carry_number(condition)
    event = module.Event
    replace_method(event, "__init__", lambda o: making(o, "process Event", shared=True))
    replace_method(event, "wait", lambda o: waiting(o, ready=lambda self, *_, **__: self.is_set(), gets=always))
    replace_method(event, "set", lambda o: signalling(o, gives=always))
    barrier = module.Barrier
    replace_method(
        barrier, "__init__", lambda o: making(o, "process Barrier", shared=True, capacity=lambda self: self._parties)
    )
    carry_number(barrier)


def capacity_of(primitive: Any) -> int | None:
    """How many a semaphore lets in."""
    if "Semaphore" not in type(primitive).__name__:
        return None
    return int(primitive._semlock._get_value())
