"""Puts the tracer to work in this process."""

from __future__ import annotations

import atexit
import os
import sys

from . import (
    blocking,
    bookmarks,
    children,
    connections,
    event_loops,
    executors,
    forks,
    imports,
    job_errors,
    job_order,
    leftovers,
    lock_order,
    locks,
    managers,
    output,
    patching,
    polling,
    pools,
    process_locks,
    process_queues,
    processes,
    queues,
    raw_threads,
    reporter,
    rlocks,
    signal_order,
    signals,
    sites,
    steering,
    synchronisation,
    test_runs,
    threads,
    timers,
    waits,
)
from .layout import HEADER_TRACER_NS, RUN_FOLDER_VARIABLE
from .originals import RawLock, allocate_lock, clock, cpu_clock
from .ring import pack_u64
from .state import after_fork_in_child, current, current_ring, local, run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType


def install(folder: str, python_path: str) -> None:
    """Trace this process into the run's folder, its children by a PYTHONPATH that begins as given."""
    before = cpu_clock()
    run.folder = os.path.abspath(folder)
    current()
    children.inherited[b"PYTHONPATH"] = os.fsencode(python_path)
    children.inherited[os.fsencode(RUN_FOLDER_VARIABLE)] = os.fsencode(folder)
    for name, patch in (
        ("sys", bookmarks.patch_sys),
        ("_thread", patch_thread_module),
        ("_signal", signals.patch_signals),
        ("_signal", timers.patch_signals),
        ("faulthandler", signals.patch_faulthandler),
        ("_posixsubprocess", children.patch_fork_exec),
        ("time", blocking.patch_time),
        ("os", blocking.patch_os),
        ("os", children.patch_os),
        ("select", blocking.patch_select),
        ("select", polling.patch_select),
        ("fcntl", blocking.patch_fcntl),
        ("selectors", blocking.patch_selectors),
        ("socket", blocking.patch_socket),
        ("subprocess", children.patch_subprocess),
        ("threading", patch_threading),
        ("queue", queues.patch_queue),
        ("concurrent.futures._base", executors.patch_futures),
        ("concurrent.futures.thread", executors.patch_thread_pool),
        ("concurrent.futures.process", executors.patch_process_pool),
        ("multiprocessing.util", leftovers.patch_temporary_folder),
        ("multiprocessing.synchronize", leftovers.patch_semaphore_names),
        ("multiprocessing.shared_memory", leftovers.patch_memory_names),
        ("multiprocessing.process", processes.patch_process),
        ("multiprocessing.popen_fork", processes.patch_popen),
        ("multiprocessing.popen_forkserver", processes.patch_popen),
        ("multiprocessing.synchronize", process_locks.patch_process_locks),
        ("multiprocessing.queues", process_queues.patch_process_queues),
        ("multiprocessing.connection", connections.patch_connections),
        ("multiprocessing.pool", pools.patch_pools),
        ("multiprocessing.managers", managers.patch_managers),
        ("asyncio.base_events", event_loops.patch_event_loops),
        ("asyncio.tasks", event_loops.patch_tasks),
    ):
        imports.patch_on_import(name, patch)
    imports.install()
    output.install()
    reporter.publish(sys.modules[str(__package__)])
    test_runs.publish(sys.modules[str(__package__)])
    forks.install()
    os.register_at_fork(after_in_child=after_fork_in_child)
    os.register_at_fork(after_in_child=sites.after_fork_in_child)
    os.register_at_fork(after_in_child=waits.after_fork_in_child)
    lock_order.install()
    signal_order.install()
    job_errors.install()
    job_order.install()
    steering.install()
    atexit.register(end_main_thread)
    pack_u64(current_ring().buffer, HEADER_TRACER_NS, cpu_clock() - before)


def end_main_thread() -> None:
    """The last thing that runs: what is pending, and how the program ended."""
    state = getattr(local, "state", None)
    if state is not None:
        output.flush(state)
        job_errors.end()
        state.name_holds()
        error = threads.tell_error(state, uncaught_exception())
        state.ring.texts.write("thread-end", state.serial, clock(), error)


def uncaught_exception() -> BaseException | None:
    """What ended the main thread. Test runners and shells leave there what they caught: its traceback begins within."""
    error = getattr(sys, "last_value", None)
    traceback = getattr(error, "__traceback__", None)
    return error if traceback is None or traceback.tb_frame.f_back is None else None


def patch_thread_module(module: ModuleType) -> None:
    """`_thread`: locks and threads made by user code without `threading`. Importlib's own locks stay raw."""
    patching.replace_builtins(module, locks.AllocateLock, "allocate_lock", "allocate")
    for name in ("LockType", "lock"):
        if hasattr(module, name):
            setattr(module, name, locks.TracedLock)
    module.RLock = rlocks.TracedRLock  # type: ignore[attr-defined]
    raw_threads.patch_start(module)


def patch_threading(threading: ModuleType) -> None:
    """`threading`: its own needs are served by raw locks, mostly without asking who calls."""
    for name, lock in (("_allocate_lock", allocate_lock), ("_CRLock", rlocks.TracedRLock), ("_LockType", RawLock)):
        if hasattr(threading, name):
            setattr(threading, name, lock)
    threading.Lock = locks.TracedLock if locks.IS_TYPE else sys.modules["_thread"].allocate_lock  # type: ignore[attr-defined]
    rlocks.TracedRLock.factory = threading.RLock.__code__
    threads.patch_threads(threading)
    synchronisation.patch_synchronisation(threading)
