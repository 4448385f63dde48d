"""Replacing functions of modules and classes, so that it does not show.

Builtin functions are replaced by bound methods of callable objects: stored in a class they do not bind, as the builtin
would not. Methods of Python classes are replaced by functions that look like the original.
"""

from __future__ import annotations

import sys

from .originals import get_ident

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def look_like(replacement: Any, original: Any) -> Any:
    """Give a function the name, signature and documentation of the one it stands for."""
    for attribute in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(replacement, attribute, getattr(original, attribute, None))
    if hasattr(original, "__text_signature__"):
        replacement.__text_signature__ = original.__text_signature__
    replacement.__wrapped__ = original
    return replacement


def replace_method(cls: type, name: str, make: Callable[[Any], Any]) -> None:
    """Replace a method that the class itself defines by `make(original)`. Nothing when there is none."""
    original = cls.__dict__.get(name)
    if original is not None:
        setattr(cls, name, look_like(make(original), original))


class Builtin:
    """Stands for a builtin function. Its `__call__`, bound, is what programs get."""

    __slots__ = ("original",)

    def __init__(self, original: Any) -> None:
        self.original = original

    def __repr__(self) -> str:
        return repr(self.original)

    def __reduce__(self) -> Any:
        # A bound method is pickled as an attribute of its object: the module has one of that name, here and anywhere.
        return __import__, (self.original.__module__,)

    def __copy__(self) -> Builtin:
        return self

    def __deepcopy__(self, memo: object) -> Builtin:
        return self


class Signature:
    """What `inspect` comes upon when it asks for the signature of a stand-in: the original's, for a bound method.

    `get_original` is asked for it then.
    """

    __slots__ = ("get_original",)

    def __init__(self, get_original: Callable[[], Any]) -> None:
        self.get_original = get_original

    @property
    def __signature__(self) -> Any:
        inspect = sys.modules["inspect"]  # it is what asks
        signature = inspect.signature(self.get_original())
        bound = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
        return signature.replace(parameters=[bound, *signature.parameters.values()])


def copied(function: Any) -> Any:
    """A function of its own that does the same."""
    copy = type(function)(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


def stand_in(cls: type[Builtin], original: Any) -> Any:
    """What replaces a builtin function: the method `call` of a `cls`, under the function's own name."""
    name = original.__name__
    renamed = look_like(copied(cls.__dict__["call"]), original)
    renamed.__wrapped__ = Signature(lambda: original)
    kind = type(cls.__name__, (cls,), {"__slots__": (), name: renamed})
    return getattr(kind(original), name)


def replace_builtins(module: Any, cls: type[Builtin], *names: str) -> None:
    """Let the method `call` of `cls` stand for those of these functions that the module has."""
    for name in names:
        original = getattr(module, name, None)
        if original is not None:
            replacement = stand_in(cls, original)
            setattr(module, name, replacement)
            for ability in ("supports_fd", "supports_dir_fd", "supports_follow_symlinks"):  # sets of functions, in `os`
                able = getattr(module, ability, None)
                if able is not None and original in able:
                    able.add(replacement)


# By themselves, for an exception may refuse to be changed, as a frozen dataclass does.
read_traceback = vars(BaseException)["__traceback__"].__get__
write_traceback = vars(BaseException)["__traceback__"].__set__


def hide(error: BaseException) -> None:
    """Take our frames off the head of the traceback of an exception that is about to be re-raised with a bare `raise`.

    (A bare `raise`, other than one with an exception, adds no entry for the frame it is in.)
    """
    traceback = read_traceback(error)
    while traceback is not None and traceback.tb_frame.f_globals.get("__package__") == __package__:
        traceback = traceback.tb_next
    write_traceback(error, traceback)


class Hidden:
    """`with hidden:` around what calls the original: its exceptions leave the block without our frames.

    (Leaving a `with` block by an exception is a bare `raise` too.) It costs 0.1 µs: locks, queues and what else is
    called in tight loops catch and `hide` themselves, which costs nothing while nothing is raised.
    """

    __slots__ = ()

    __enter__ = staticmethod(get_ident)  # for nothing: a builtin, which costs less than a function that does nothing

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is not None:
            hide(error)


hidden = Hidden()
