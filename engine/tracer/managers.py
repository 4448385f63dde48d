"""`multiprocessing.managers`: whoever calls a method of a proxy waits for the manager's process."""

from __future__ import annotations

from .follow import making, waiting
from .patching import replace_method
from .process_locks import reducing_with_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from .follow import Method


MORE_THAN_IT_HAS = 9  # arguments: the timeout of what is called there is among its own


def calling(original: Method) -> Method:
    """A call returns None or False for reasons of its own: none has failed."""
    return waiting(original, timeout_at=MORE_THAN_IT_HAS, failed=lambda *_: False)


def patch_managers(module: ModuleType) -> None:
    """Proxies that user code makes or asks a manager for, wherever they are sent."""
    replace_method(module.BaseProxy, "__init__", lambda original: making(original, "Proxy", shared=True))
    replace_method(module.BaseProxy, "_callmethod", calling)
    replace_method(module.BaseProxy, "__reduce__", reducing_with_number)
