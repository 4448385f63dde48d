"""`multiprocessing.managers`: whoever calls a method of a proxy waits for the thread that serves it in the manager's
process, which may have to wait in turn (see connections).

That process does nothing of its own accord: its main thread rests, and so does a serving thread until its client sends
the next request. (One that strangers can reach is different: see `make_serve_forever`.)
"""

from __future__ import annotations

from . import layout
from .follow import making
from .patching import hidden, look_like, replace_method
from .process_locks import reducing_with_number
from .state import current, run
from .waits import begin, finish

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .follow import Method
    from .state import ThreadState


CLIENT = "\t_lanescope\t"  # between a client's name and its thread's serial; XML can carry it
PRIVATE = "_lanescope_private"  # on a server whose address nobody chose
CREDENTIALS = 12  # bytes: process, user, group


def make_server_init(original: Method) -> Method:
    def __init__(self: Any, registry: Any, address: Any, *args: Any, **kwargs: Any) -> None:
        with hidden:
            original(self, registry, address, *args, **kwargs)
            self.__dict__[PRIVATE] = address is None and isinstance(self.address, str)

    return __init__


def make_serve_forever(original: Method) -> Method:
    """A server on a socket file of its own, made by a process for others of the family, waits for these alone."""

    def serve_forever(self: Any) -> Any:
        from multiprocessing.process import parent_process

        with hidden:
            if not self.__dict__.get(PRIVATE) or parent_process() is None:
                return original(self)
            state = current()
            state.ring.texts.write("manager")
            outer = begin(state, 0, layout.WAIT_IDLE | layout.WAIT_INTERNAL, 0)
            try:
                return original(self)
            finally:
                finish(state, outer)

    return serve_forever


class Requests:
    """The connection by which a serving thread gets its requests: in between it rests, but not while it carries out
    one.
    """

    def __init__(self, connection: Any, state: ThreadState) -> None:
        self.connection = connection
        self.state = state

    def recv(self) -> Any:
        """The next request."""
        self.state.internal = True
        try:
            with hidden:
                return self.connection.recv()
        finally:
            self.state.internal = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)


def make_serve_client(original: Method) -> Method:
    def serve_client(self: Any, conn: Any) -> None:
        with hidden:
            state = current()
            try:
                original(self, Requests(conn, state))
            finally:
                state.internal = True

    return serve_client


def make_dispatch(original: Method) -> Method:
    """A client says what it is called when it connects. Names are no identity: one that is traced as we are learns ours
    with it, and keeps that to itself.
    """

    def dispatch(*args: Any, **kwargs: Any) -> Any:
        with hidden:
            if args[2:3] == ("accept_connection",) and len(args) == 4 and is_traced(pid_behind(args[0])):
                (name,) = args[3]
                args = (*args[:3], (f"{name}{CLIENT}{current().serial}",))
            return original(*args, **kwargs)

    return dispatch


def is_traced(pid: int) -> bool:
    """Whether a process belongs to this run."""
    import os

    return bool(pid and run.folder) and any(name.endswith(f"-{pid}.ring") for name in os.listdir(run.folder))


def make_accept_connection(original: Method) -> Method:
    """The name is that of the client's process and, but for its main thread, `|` and the name of its thread."""

    def accept_connection(self: Any, c: Any, name: str) -> None:
        with hidden:
            pid = pid_behind(c)
            name, _, serial = name.partition(CLIENT)
            if pid:
                state = current()
                thread = name.partition("|")[2] or "MainThread"
                state.ring.texts.write("serves", state.serial, pid, thread, int(serial or 0))
            original(self, c, name)

    return accept_connection


def pid_behind(connection: Any) -> int:
    """The process at the other end of a socket of this machine; 0: not known."""
    import _socket
    import os

    descriptor = connection.fileno()
    try:
        peer = _socket.socket(fileno=descriptor)
    except OSError:
        return 0
    try:
        os.set_blocking(descriptor, True)  # with a default timeout, the new object has changed that
        credentials = peer.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, CREDENTIALS)
        return int.from_bytes(credentials[:4], "little") if peer.family == _socket.AF_UNIX else 0
    except (OSError, AttributeError):  # not Linux
        return 0
    finally:
        peer.detach()


def patch_managers(module: ModuleType) -> None:
    """Proxies that user code makes or asks a manager for, wherever they are sent; the server that they ask."""
    original = module.dispatch
    module.dispatch = look_like(make_dispatch(original), original)  # type: ignore[attr-defined]
    replace_method(module.BaseProxy, "__init__", lambda original: making(original, "Proxy", shared=True))
    replace_method(module.BaseProxy, "__reduce__", reducing_with_number)
    replace_method(module.Server, "__init__", make_server_init)
    replace_method(module.Server, "serve_forever", make_serve_forever)
    replace_method(module.Server, "serve_client", make_serve_client)
    replace_method(module.Server, "accept_connection", make_accept_connection)
