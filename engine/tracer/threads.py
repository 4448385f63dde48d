"""Threads: their lanes, who started whom, how they end, and waiting for them."""

from __future__ import annotations

import sys

from . import layout, lock_order
from .callables import name_of, unwrapped
from .follow import waiting
from .originals import get_frame, get_ident
from .output import flush
from .patching import hidden, look_like, replace_method
from .primitives import ATTRIBUTE, define
from .primitives import name as name_primitive
from .sites import stack_of_traceback
from .state import ThreadState, current, current_ring, enter, leave
from .waits import begin, finish

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

PARENT = "_lanescope_parent"
INTERNAL = "_lanescope_internal"
SERIAL = "_lanescope_serial"
JOINER = "_lanescope_joiner"  # serial of who has joined it last
SERVICES = ("multiprocessing.", "concurrent.futures.process")
running: dict[Any, ThreadState] = {}  # by Thread object


class Excepthook:
    """Stands for a thread's `_invoke_excepthook`: notes the exception that ends the thread."""

    __slots__ = ("error", "original")

    def __init__(self, original: Callable[[Any], None]) -> None:
        self.original = original
        self.error = ""

    def __call__(self, thread: Any) -> None:
        self.error = tell_error(current(), sys.exc_info()[1])
        self.original(thread)


def tell_error(state: ThreadState, error: BaseException | None) -> str:
    """The exception ends this thread. In one line; nothing for one that does so quietly."""
    text = describe_exception(error)
    if error is not None and text:
        state.ring.texts.write("thread-error", state.serial, text, stack_of_traceback(error.__traceback__))
    return text


def describe_exception(error: BaseException | None) -> str:
    """An exception in one line; nothing for one that ends a thread quietly."""
    if error is None or isinstance(error, SystemExit):
        return ""
    try:
        text = str(error).partition("\n")[0]
    except BaseException:  # noqa: BLE001  (the program's own __str__, which whoever prints it survives, too)
        text = ""
    name = type(error).__name__
    return f"{name}: {text}"[:500] if text else name


def is_service_thread(thread: Any) -> bool:
    """Whether a thread serves the standard library: a queue's feeder, a pool's handler, an executor's manager."""
    cls = type(thread).__module__
    if cls.startswith("multiprocessing.dummy"):
        return False
    target = getattr(getattr(thread, "_target", None), "__module__", None) or ""
    return cls.startswith(SERVICES) or (cls == "threading" and target.startswith(SERVICES))


def make_start(original: Callable[..., None]) -> Callable[..., None]:
    def start(self: Any) -> None:
        frame = get_frame(1)
        try:
            internal = is_service_thread(self)
            setattr(self, PARENT, current().serial)
            setattr(self, INTERNAL, internal)
            setattr(self, ATTRIBUTE, define("Thread", frame, name=str(self._name), internal=internal))
        except AttributeError:  # not initialised: the original says so
            pass
        with hidden:
            original(self)
            lock_order.started()

    return start


def tell_target(state: ThreadState, started: Any) -> None:
    """What a Thread or Process object makes this thread do."""
    target = getattr(started, "_target", None)
    for _ in range(4):
        target, _ = unwrapped(target)
    name = name_of(type(started) if target is None else target)
    state.ring.texts.write("thread-target", state.serial, name)


def make_bootstrap(original: Callable[..., None]) -> Callable[..., None]:
    def _bootstrap_inner(self: Any) -> None:
        try:
            running[self] = state = enter(
                str(self._name),
                internal=getattr(self, INTERNAL, False),
                parent=getattr(self, PARENT, 0),
                daemon=bool(self._daemonic),
            )
            setattr(self, SERIAL, state.serial)
            tell_target(state, self)
            hook = Excepthook(self._invoke_excepthook)
            self._invoke_excepthook = hook
        except AttributeError:
            hook = Excepthook(lambda _: None)
        try:
            original(self)
        finally:
            running.pop(self, None)
            flush(current())
            leave(hook.error)

    return _bootstrap_inner


def has_ended(thread: Any, *_: Any, **__: Any) -> bool:
    """Joining it will not wait."""
    return not thread.is_alive()


def make_join(original: Callable[..., None]) -> Callable[..., None]:
    follow = waiting(original, ready=has_ended, owner=serial_of, failed=lambda thread, _: thread.is_alive())

    def join(self: Any, *args: Any, **kwargs: Any) -> None:
        with hidden:
            if ATTRIBUTE not in self.__dict__ and self.ident:  # nobody has started it: the main thread
                setattr(self, ATTRIBUTE, define("Thread", None, name=str(self._name)))
            follow(self, *args, **kwargs)
            if has_ended(self):
                tell_joined(self)

    return join


def tell_joined(thread: Any) -> None:
    """The calling thread has joined it: told once, however often it asks."""
    serial, joiner = getattr(thread, SERIAL, 0), current().serial
    if serial and getattr(thread, JOINER, 0) != joiner:
        setattr(thread, JOINER, joiner)
        lock_order.joined(thread=serial)


def serial_of(thread: Any) -> int:
    """Serial of a running thread; 0 when it is not known."""
    state = running.get(thread) or state_of(thread.ident)
    return state.serial if state is not None else 0


def state_of(ident: int | None) -> ThreadState | None:
    """Of the living thread that has this ident."""
    return next((state for state in list(current_ring().states.values()) if state.ident == ident), None)


def make_name(original: property) -> property:
    def set_name(self: Any, name: str) -> None:
        with hidden:
            assert original.fset is not None
            original.fset(self, name)
            rename(self)

    return property(original.fget, set_name, original.fdel, original.__doc__)


def rename(thread: Any) -> None:
    """Tell of a thread's new name, which the thread itself or another may have given."""
    name = str(thread._name)
    number = getattr(thread, ATTRIBUTE, 0)
    if number:
        name_primitive(number, name)
    state = running.get(thread)
    if state is not None:
        state.rename(name)
    elif thread.ident == get_ident():
        current().rename(name)


def make_shutdown(original: Callable[[], None], threading: ModuleType) -> Callable[[], None]:
    """What the interpreter calls at its end: waits for all threads that are no daemons."""

    def _shutdown() -> None:
        with hidden:
            others = [thread for thread in threading.enumerate() if not thread.daemon and thread.ident != get_ident()]
            if not others:
                return original()
            state = current()
            number = define("Thread", None, name="all others", internal=True)
            outer = begin(state, number, layout.WAIT_OTHER | layout.WAIT_ALL_THREADS, 0)
            try:
                return original()
            finally:
                finish(state, outer)

    look_like(_shutdown, original)
    return _shutdown


def patch_threads(threading: ModuleType) -> None:
    """`threading.Thread`, and the wait for all threads in the end."""
    threading._shutdown = make_shutdown(threading._shutdown, threading)  # type: ignore[attr-defined]
    thread = threading.Thread
    replace_method(thread, "start", make_start)
    replace_method(thread, "_bootstrap_inner", make_bootstrap)
    replace_method(thread, "join", make_join)
    thread.name = make_name(thread.name)
