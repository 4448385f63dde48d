"""`multiprocessing` processes: their primitives, who started whom, how they end, and waiting for them."""

from __future__ import annotations

from . import lock_order
from .follow import maker, waiting
from .originals import clock, get_frame
from .output import flush
from .patching import hidden, look_like, replace_method
from .primitives import ATTRIBUTE, define
from .state import current, current_ring, local
from .threads import JOINER, tell_error, tell_target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .follow import Method


def make_start(original: Method) -> Method:
    def start(self: Any) -> None:
        with hidden:
            current()  # the parent's own ring stands before the child's
            launched = clock()
            original(self)
            frame = get_frame(1)
            self.__dict__[ATTRIBUTE] = define("Process", frame, name=str(self.name), internal=maker(frame) is None)
            current_ring().texts.write("child", int(self.pid), launched, str(self.name), current().serial)
            lock_order.started()

    return start


def make_cleanup(original: Method) -> Method:
    """Looks for children that happen to have ended. When another is launched nobody relies on what it finds."""

    def _cleanup() -> None:
        with hidden:
            local.is_launching = get_frame(1).f_code.co_name == "start"
            try:
                original()
            finally:
                local.is_launching = False

    return _cleanup


def make_join(original: Method) -> Method:
    follow = waiting(original, ready=has_ended, failed=has_not_ended)

    def join(self: Any, *args: Any, **kwargs: Any) -> None:
        with hidden:
            follow(self, *args, **kwargs)
            if self._popen is not None and has_ended(self):
                tell_joined(self._popen)

    return join


def tell_joined(popen: Any) -> None:
    """The calling thread knows that the process has ended: told once, however often it asks."""
    joiner = current().serial
    if popen.__dict__.get(JOINER, 0) != joiner:
        popen.__dict__[JOINER] = joiner
        lock_order.joined(process=int(popen.pid))


def make_poll(original: Method) -> Method:
    """Seeing that a child has ended is worth telling."""

    def poll(self: Any, *args: Any) -> Any:
        with hidden:
            before = self.returncode
            result = original(self, *args)
            if before is None and self.returncode is not None:
                current_ring().texts.write("child-end", int(self.pid), clock(), int(self.returncode))
                if not getattr(local, "is_launching", False):
                    tell_joined(self)
            return result

    return poll


def make_send_signal(original: Method) -> Method:
    """A process that the program itself ends is told from one that is lost. Of `subprocess.Popen`, too."""

    def send(self: Any, sig: int) -> Any:
        with hidden:
            if self.returncode is None and isinstance(sig, int) and sig > 0:  # 0 only asks; others are refused
                current_ring().texts.write("child-signal", int(self.pid), int(sig))
            return original(self, sig)

    return send


class Run:
    """Stands for the `run` of a process, in its child, until it is called: tells when that was, and of the exception
    that ends it.
    """

    __slots__ = ("attributes", "original", "own")

    def __init__(self, process: Any) -> None:
        self.attributes = process.__dict__
        self.original: Method = process.run
        self.own = self.attributes.get("run")  # of the object, which then hides that of its class

    def __call__(self) -> Any:
        if self.own is None:
            self.attributes.pop("run", None)
        else:
            self.attributes["run"] = self.own
        with hidden:
            began = clock()
            try:
                return self.original()
            except BaseException as error:
                tell_error(current(), error)
                raise
            finally:
                current_ring().texts.write("process-work", began, clock())


def make_bootstrap(original: Method) -> Method:
    """The child: it shows up at once, and drops its parent's number for it."""

    def _bootstrap(self: Any, *args: Any, **kwargs: Any) -> Any:
        with hidden:
            self.__dict__.pop(ATTRIBUTE, None)
            tell_target(current(), self)
            self.__dict__["run"] = Run(self)
            try:
                return original(self, *args, **kwargs)
            finally:
                flush(current())

    return _bootstrap


def has_ended(process: Any, *_: Any, **__: Any) -> bool:
    """Joining it will not wait."""
    return process._popen is None or process._popen.returncode is not None


def has_not_ended(process: Any, _: Any) -> bool:
    """A join that comes back without the process having ended has timed out."""
    return process._popen is not None and process._popen.returncode is None


def patch_process(module: ModuleType) -> None:
    """`multiprocessing.process`."""
    process = module.BaseProcess
    replace_method(process, "start", make_start)
    replace_method(process, "_bootstrap", make_bootstrap)
    replace_method(process, "join", make_join)
    original = module._cleanup
    module._cleanup = look_like(make_cleanup(original), original)  # type: ignore[attr-defined]


def patch_popen(module: ModuleType) -> None:
    """`multiprocessing.popen_fork` and `popen_forkserver`."""
    replace_method(module.Popen, "poll", make_poll)
    replace_method(module.Popen, "_send_signal", make_send_signal)
