"""`multiprocessing.managers`: whoever calls a method of a proxy waits for the manager's process."""

from __future__ import annotations

from .follow import making, waiting
from .patching import replace_method

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from .follow import Method


def calling(original: Method) -> Method:
    """A call returns None or False for reasons of its own: none has failed."""
    return waiting(original, timeout_at=MORE_THAN_IT_HAS, failed=lambda *_: False)


MORE_THAN_IT_HAS = 9  # arguments: the timeout of what is called there is among its own


def patch_managers(module: ModuleType) -> None:
    """Proxies that user code makes or asks a manager for; a proxy that came by pickle is not known by a name."""
    replace_method(module.BaseProxy, "__init__", lambda original: making(original, "Proxy", shared=True))
    replace_method(module.BaseProxy, "_callmethod", calling)
