"""Puts the tracer to work in this process."""

from __future__ import annotations

import os
import sys

from . import blocking, imports, locks, reporter, threads
from .layout import HEADER_TRACER_NS
from .originals import RawLock, RawRLock, allocate_lock, cpu_clock
from .ring import pack_u64
from .state import after_fork_in_child, current, current_ring, run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType


def install(folder: str) -> None:
    """Trace this process into the run's folder. Whatever fails is left untraced."""
    before = cpu_clock()
    run.folder = folder
    current()
    patch_on_import = imports.patch_on_import
    patch_on_import("_thread", patch_thread_module)
    patch_on_import("threading", patch_threading)
    patch_on_import("time", blocking.patch_time)
    imports.install()
    reporter.publish(sys.modules[__package__])
    os.register_at_fork(after_in_child=after_fork_in_child)
    pack_u64(current_ring().buffer, HEADER_TRACER_NS, cpu_clock() - before)


def patch_thread_module(module: ModuleType) -> None:
    """`_thread`: locks and threads made by user code without `threading`. Importlib's own locks stay raw."""
    for name in ("allocate_lock", "allocate", "LockType", "lock"):
        if hasattr(module, name):
            setattr(module, name, locks.TracedLock)
    module.RLock = locks.TracedRLock  # type: ignore[attr-defined]
    threads.patch_thread_module(module)


def patch_threading(threading: ModuleType) -> None:
    """`threading`: its own needs are served by raw locks, without asking who calls."""
    for name, raw in (("_allocate_lock", allocate_lock), ("_CRLock", RawRLock), ("_LockType", RawLock)):
        if hasattr(threading, name):
            setattr(threading, name, raw)
    threading.Lock = locks.TracedLock  # type: ignore[attr-defined]
    threading.RLock = locks.TracedRLock  # type: ignore[attr-defined]
    threads.patch_threads(threading)
