"""What a callable of the program's is called, found out without running code of the program's.

Its attributes are nobody else's business: asked for one that it lacks, an object may raise what it likes, or call
another machine.
"""

from __future__ import annotations

from _functools import partial  # type: ignore[import-not-found]

from .patching import Builtin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MethodType: type[Any] = type(Builtin.__new__(Builtin).__copy__)


def unwrapped(function: Any) -> tuple[Any, tuple[Any, ...] | None]:
    """What one of our stand-ins stands for; what a partial calls and with what; else the function itself."""
    if issubclass(type(function), MethodType) and issubclass(type(function.__self__), Builtin):
        return function.__self__.original, None
    if issubclass(type(function), partial):
        return function.func, function.args
    return function, None


def name_of(function: Any) -> str:
    """Its qualified name; for an object that has none of its own the name of its class."""
    return str(attribute_of(function, "__qualname__") or type(function).__qualname__)


def module_of(function: Any) -> str:
    """Name of the module that it comes from; empty when it does not say."""
    return str(attribute_of(function, "__module__") or "")


def attribute_of(thing: Any, name: str) -> Any:
    """As `getattr`, but past `__getattr__` and `__getattribute__`; None when there is none."""
    if issubclass(type(thing), MethodType):
        thing = thing.__func__
    try:
        return object.__getattribute__(thing, name)
    except AttributeError:
        return None
