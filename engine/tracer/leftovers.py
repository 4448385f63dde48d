"""Tells the recorder what multiprocessing puts into the temporary folder and, named by itself, into shared memory.

Who is killed cannot take it away. Names are told before anything is made under them.
"""

from __future__ import annotations

from .originals import get_frame
from .patching import look_like
from .state import current_ring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


def patch_temporary_folder(module: ModuleType) -> None:
    """For multiprocessing.util."""
    module.get_temp_dir = look_like(make_get(module.get_temp_dir), module.get_temp_dir)  # type: ignore[attr-defined]


def make_get(original: Callable[[], str]) -> Callable[[], str]:
    """Says each folder once."""
    told: set[str] = set()

    def get_temp_dir() -> str:
        folder = original()
        if folder not in told:
            told.add(folder)
            current_ring().texts.write("temporary-folder", folder)
        return folder

    return get_temp_dir


def patch_semaphore_names(module: ModuleType) -> None:
    """For multiprocessing.synchronize."""
    semlock = module.SemLock
    make = semlock._make_name
    semlock._make_name = staticmethod(look_like(telling_name(make), make))


def patch_memory_names(module: ModuleType) -> None:
    """For multiprocessing.shared_memory."""
    module._make_filename = look_like(telling_name(module._make_filename), module._make_filename)  # type: ignore[attr-defined]


def telling_name(original: Callable[[], str]) -> Callable[[], str]:
    """Tells each name, unless its maker wants what is made to stay (`track=False`)."""

    def make_name() -> str:
        name = original()
        if get_frame(1).f_locals.get("track", True):
            current_ring().texts.write("shared-name", name)
        return name

    return make_name
