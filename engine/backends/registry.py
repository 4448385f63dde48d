"""All backends, by name."""

from difflib import get_close_matches

from engine.backends import (
    interpreter_pool,
    process_executor,
    process_pool,
    processes,
    serial,
    thread_pool,
    threads,
)
from engine.backends.base import Backend

BACKENDS: dict[str, Backend] = {
    module.BACKEND.name: module.BACKEND
    for module in (serial, threads, thread_pool, interpreter_pool, processes, process_pool, process_executor)
}

START_METHODS = ("fork", "spawn", "forkserver")


def get(name: str) -> Backend:
    """The backend called `name`. ValueError with one line that names close matches when there is none."""
    if name in BACKENDS:
        return BACKENDS[name]
    near = get_close_matches(name, BACKENDS, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(BACKENDS)}"
    raise ValueError(f"there is no backend {name!r}: {hint}")
