"""Threads that user code starts by `_thread`, without a `Thread` object: they have a lane, and end properly too."""

from __future__ import annotations

import sys

from .originals import get_frame
from .patching import Builtin, hidden, hide, replace_builtins
from .sites import is_user_code
from .state import current, enter, leave
from .threads import describe_exception

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

HOOK_IS_TOLD_OF_FUNCTION = sys.version_info < (3, 13)  # from then on its repr is part of the message instead


class StartThread(Builtin):
    """`_thread.start_new_thread` or `start_joinable_thread`."""

    __slots__ = ()

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """As the original."""
        with hidden:
            if args and callable(args[0]) and is_user_code(get_frame(1)):
                args = (RawThread(args[0], current().serial), *args[1:])
            return self.original(*args, **kwargs)


class RawThread:
    """What such a thread runs."""

    __slots__ = ("function", "parent")

    def __init__(self, function: Any, parent: int) -> None:
        self.function = function
        self.parent = parent

    def __repr__(self) -> str:
        return repr(self.function)

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        with hidden:
            enter(parent=self.parent)
            error = ""
            try:
                self.function(*args, **kwargs)
            except BaseException as raised:
                error = describe_exception(raised)
                if HOOK_IS_TOLD_OF_FUNCTION and error and sys.unraisablehook is not sys.__unraisablehook__:
                    hide(raised)
                    tell_hook(raised, self.function)
                else:
                    raise
            finally:
                leave(error)


def tell_hook(error: BaseException, function: Any) -> None:
    """Call the program's `sys.unraisablehook` as the interpreter would, for the function that it knows."""
    kind: Any = next(cls for cls in tuple.__subclasses__() if cls.__name__ == "UnraisableHookArgs")
    sys.unraisablehook(
        kind((type(error), error, error.__traceback__, "Exception ignored in thread started by", function))
    )


def patch_start(module: ModuleType) -> None:
    """`_thread`, at once."""
    replace_builtins(module, StartThread, "start_new_thread", "start_new", "start_joinable_thread")
