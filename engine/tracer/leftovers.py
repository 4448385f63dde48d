"""Tells the recorder of what multiprocessing puts into the temporary folder: who is killed cannot take it away."""

from __future__ import annotations

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
