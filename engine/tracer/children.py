"""Programs that the program starts: waiting for them, and taking the tracer along into Pythons among them."""

from __future__ import annotations

import os
import sys

from .follow import waiting
from .originals import clock, get_frame
from .patching import Builtin, hidden, replace_builtins, replace_method
from .primitives import ATTRIBUTE, define
from .processes import make_send_signal
from .state import current, current_ring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .follow import Method

inherited: dict[bytes, bytes] = {}  # what a child's environment needs: set by install


class ForkExec(Builtin):
    """`_posixsubprocess.fork_exec`: an environment made from `os.environ` lacks what we took out of it."""

    __slots__ = ()

    def call(self, *args: Any) -> Any:
        """As the original."""
        with hidden:
            if len(args) > ENVIRONMENT and is_python(args[EXECUTABLES]):
                args = (*args[:ENVIRONMENT], with_tracer(args[ENVIRONMENT]), *args[ENVIRONMENT + 1 :])
            return self.original(*args)


EXECUTABLES, ENVIRONMENT = 1, 5  # fork_exec(args, executables, close_fds, pass_fds, cwd, environment, …)


class Spawn(Builtin):
    """`os.posix_spawn`, `posix_spawnp` or `execve`, which the other functions of `os` with an environment end in."""

    __slots__ = ()

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """As the original."""
        with hidden:
            path = args[0] if args else kwargs.get("path")
            if len(args) > 2:
                args = (*args[:2], environment_for(path, args[2]), *args[3:])
            elif "env" in kwargs:
                kwargs["env"] = environment_for(path, kwargs["env"])
            return self.original(*args, **kwargs)


def environment_for(path: Any, environment: Any) -> Any:
    """The mapping with ours added, for a Python, and for any program when it is our own environment."""
    if environment is not os.environ and not is_python([path]):
        return environment
    try:
        entries = {os.fsencode(name): os.fsencode(value) for name, value in environment.items()}
    except (AttributeError, TypeError):  # the original says so
        return environment
    return entries | values_for(entries.get(PYTHONPATH))


def is_python(executables: Any) -> bool:
    """Whether a program to start looks like a Python; any other keeps the environment it was given to the letter."""
    try:
        names = [os.fsdecode(path).rsplit("/", 1)[-1] for path in executables]
    except TypeError:  # a descriptor, or an error of which the original speaks
        return False
    own = (sys.executable or "python").rsplit("/", 1)[-1]
    return any(name.startswith("python") or name == own for name in names)


PYTHONPATH = b"PYTHONPATH"


def values_for(python_path: bytes | None) -> dict[bytes, bytes]:
    """What a child's environment needs that has this PYTHONPATH."""
    ours = inherited.get(PYTHONPATH, b"")
    return inherited | {PYTHONPATH: ours if python_path is None else ours + b":" + python_path}


def with_tracer(environment: Any) -> Any:
    """A list of `NAME=value` with ours added; anything else as it is (None: the C environment, which has them)."""
    if not isinstance(environment, list):
        return environment
    start = PYTHONPATH + b"="
    theirs = next((entry[len(start) :] for entry in environment if entry.startswith(start)), None)
    result = [entry for entry in environment if not entry.startswith(start)]
    result += [name + b"=" + value for name, value in values_for(theirs).items()]
    return result


def make_popen(original: Method) -> Method:
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        launched = clock()
        with hidden:
            original(self, *args, **kwargs)
        if isinstance(self.pid, int):
            tell_of_child(self, get_frame(1), launched)

    # What it warns of (an encoding that is not given) is told of the first line outside its file: this is inside.
    __init__.__code__ = __init__.__code__.replace(co_filename=original.__code__.co_filename)
    return __init__


def tell_of_child(process: Any, frame: Any, launched: int) -> None:
    """A program was started; its launch began at `launched` (ns)."""
    name = command_name(process.args)
    process.__dict__[ATTRIBUTE] = define("Process", frame, name=name)
    current_ring().texts.write("child", process.pid, launched, name, current().serial)


def command_name(args: Any) -> str:
    """The program's name, for people."""
    word = args[0] if isinstance(args, list | tuple) and args else args
    try:
        text = os.fsdecode(word)
    except TypeError:
        text = str(word)
    return text.split(" ", 1)[0].rsplit("/", 1)[-1]


def make_handle_exit(original: Method) -> Method:
    def _handle_exitstatus(self: Any, *args: Any, **kwargs: Any) -> Any:
        with hidden:
            result = original(self, *args, **kwargs)
            if self.returncode is not None:
                current_ring().texts.write("child-end", int(self.pid), clock(), int(self.returncode))
            return result

    return _handle_exitstatus


def has_ended(process: Any, *_: Any, **__: Any) -> bool:
    """Waiting for it will not wait."""
    return process.returncode is not None


def patch_fork_exec(module: ModuleType) -> None:
    """`_posixsubprocess`."""
    replace_builtins(module, ForkExec, "fork_exec")


def patch_os(module: ModuleType) -> None:
    """`os`: what starts programs with an environment made from `os.environ`."""
    replace_builtins(module, Spawn, "posix_spawn", "posix_spawnp", "execve")


def patch_subprocess(module: ModuleType) -> None:
    """`subprocess.Popen`."""
    replace_method(module.Popen, "__init__", make_popen)
    for name in ("wait", "communicate"):
        replace_method(module.Popen, name, lambda o: waiting(o, ready=has_ended, failed=lambda *_: False))
    replace_method(module.Popen, "_handle_exitstatus", make_handle_exit)
    replace_method(module.Popen, "send_signal", make_send_signal)
