"""Patches a module when it is first imported, and at once when it is there already.

A copy of a module that somebody has imported for himself, with substitutes for the modules it is built on, is left as
it is: that is how libraries of green threads (eventlet, gevent) make their own `threading`, and it must wait by theirs.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType
    from typing import Any

    Patch = Callable[[ModuleType], None]

patches: dict[str, list[Patch]] = {}
patched: dict[str, ModuleType] = {}


class PatchingLoader:
    """Runs a module by its own loader, then patches it. It is gone from the module before the module's code runs."""

    def __init__(self, loader: Any) -> None:
        self.loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)

    def create_module(self, spec: Any) -> ModuleType | None:
        """As the module's own loader does."""
        create = getattr(self.loader, "create_module", None)
        module: ModuleType | None = create(spec) if create is not None else None
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Run, then patch."""
        spec: Any = module.__spec__
        spec.loader = self.loader
        if getattr(module, "__loader__", None) is self:
            module.__loader__ = self.loader
        self.loader.exec_module(module)
        if not has_substitutes(module.__name__):
            apply(module)


class PatchingFinder:
    """First on `sys.meta_path`: asks the others, and only for modules that are to be patched."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> Any:
        """None for any other module."""
        if name not in patches:
            return None
        for finder in sys.meta_path:
            find: Any = getattr(finder, "find_spec", None)
            if finder is self or find is None:
                continue
            spec = find(name, path, target)
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    spec.loader = PatchingLoader(spec.loader)
                return spec
        return None

    def invalidate_caches(self) -> None:
        """Nothing is cached."""


def has_substitutes(name: str) -> bool:
    """Whether what is imported under that name now finds others in the places of modules that are patched."""
    others = patched.copy()
    others.pop(name, None)
    return any(sys.modules.get(other, module) is not module for other, module in others.items())


def apply(module: ModuleType) -> None:
    """Patch a module. A patch that fails leaves the rest of the program alone."""
    from .failures import note_failure

    patched[module.__name__] = module
    for patch in patches.get(module.__name__, ()):
        try:
            patch(module)
        except Exception as error:  # noqa: BLE001  (the program must go on untraced)
            note_failure(f"{module.__name__} is not followed", error)


def patch_on_import(name: str, patch: Patch) -> None:
    """Patch that module as soon as it is there."""
    patches.setdefault(name, []).append(patch)


def install() -> None:
    """Patch what is imported already, and watch for the rest."""
    for name in list(patches):
        module = sys.modules.get(name)
        if module is not None:
            apply(module)
    sys.meta_path.insert(0, PatchingFinder())
