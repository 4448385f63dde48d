"""Calls that block without a primitive: sleeping, and reading from or writing to something slow."""

from __future__ import annotations

from . import layout
from .originals import get_frame
from .patching import Builtin, hidden, hide, look_like, replace_builtins
from .sites import is_user_code, user_site
from .slices import run_handlers
from .state import current
from .waits import begin, finish

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .follow import Method


class Sleep(Builtin):
    """`time.sleep`."""

    __slots__ = ()

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """As the original."""
        with hidden:
            state = current()
            if state.wait is not None or kwargs:  # part of a wait that says more, or an error
                return self.original(*args, **kwargs)
            outer = begin(state, 0, layout.WAIT_SLEEP | layout.WAIT_TIMED, user_site(get_frame(1)))
            flags = layout.WAIT_FAILED
            try:
                run_handlers()
                result = self.original(*args)
                flags = 0
            finally:
                finish(state, outer, flags)
            return result


class InputOutput(Builtin):
    """A builtin function that may block on a file, a pipe or a socket."""

    __slots__ = ()

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """As the original. Calls by the standard library for its own purposes are not followed."""
        try:
            frame = get_frame(1)
            state = current()
            if state.wait is not None or not is_user_code(frame):
                return self.original(*args, **kwargs)
            outer = begin(state, 0, layout.WAIT_IO, user_site(frame))
            flags = layout.WAIT_FAILED
            try:
                run_handlers()
                result = self.original(*args, **kwargs)
                flags = 0
            finally:
                finish(state, outer, flags)
            return result
        except BaseException as error:
            hide(error)
            raise


def make_method(original: Method, ready: Any = None) -> Method:
    """A method of a socket or selector that may block, unless `ready(self)` says that it cannot."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        with hidden:
            state = current()
            if state.wait is not None or (ready is not None and ready(self)):
                return original(self, *args, **kwargs)
            outer = begin(state, 0, layout.WAIT_IO, user_site(get_frame(1)))
            flags = layout.WAIT_FAILED
            try:
                run_handlers()
                result = original(self, *args, **kwargs)
                flags = 0
            finally:
                finish(state, outer, flags)
            return result

    return method


def patch_time(time: ModuleType) -> None:
    """`time.sleep`."""
    replace_builtins(time, Sleep, "sleep")


def patch_os(os: ModuleType) -> None:
    """Reading, writing and syncing by descriptor, opening (a pipe waits for its other end), waiting for a child."""
    replace_builtins(
        os, InputOutput,
        "read", "readv", "pread", "preadv", "write", "writev", "pwrite", "pwritev", "open", "fsync", "fdatasync",
        "sendfile", "splice", "copy_file_range", "lockf", "system", "wait", "wait3", "wait4", "waitid", "waitpid",
    )  # fmt: skip


def patch_fcntl(fcntl: ModuleType) -> None:
    """Locks of files."""
    replace_builtins(fcntl, InputOutput, "flock", "lockf")


def patch_select(select: ModuleType) -> None:
    """`select.select`; see `polling` for objects."""
    replace_builtins(select, InputOutput, "select")


def patch_selectors(selectors: ModuleType) -> None:
    """`select` of every kind of selector."""
    for cls in vars(selectors).values():
        if isinstance(cls, type) and "select" in cls.__dict__ and "_fd_to_key" not in cls.__dict__:
            original = cls.__dict__["select"]
            if not getattr(original, "__isabstractmethod__", False):
                cls.select = look_like(make_method(original), original)  # type: ignore[attr-defined]


def patch_socket(module: ModuleType) -> None:
    """`socket.socket`, a Python class over a C type: what may block gets a method of its own."""
    cls = module.socket
    for name in (
        "accept", "connect", "recv", "recv_into", "recvfrom", "recvfrom_into", "recvmsg", "send", "sendall", "sendmsg",
        "sendto",
    ):  # fmt: skip
        original = getattr(cls, name, None)
        if original is not None:
            setattr(cls, name, look_like(make_method(original, never_blocks), original))


def never_blocks(sock: Any) -> bool:
    """A socket in non-blocking mode."""
    return bool(sock.gettimeout() == 0)
