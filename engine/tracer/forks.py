"""Who forks: the parent says so, whether or not the child ever says anything, and the child whose it is.

A fork that failed is told, too: the interpreter runs the same hooks for it.
"""

from __future__ import annotations

import os

from .originals import clock, get_frame, getpid
from .sites import whole_stack
from .state import NO_FORK, current, local, run

DEFERS_SIGNALS = True


def install() -> None:
    """From now on. What is registered to run before a fork runs last first, so as close to it as can be."""
    os.register_at_fork(before=before, after_in_parent=after_in_parent)


def before() -> None:
    """The calling thread is about to fork."""
    state = current()
    local.fork = getpid(), state.serial, next(run.forks), clock(), whole_stack(get_frame(1))


def after_in_parent() -> None:
    """It has."""
    _, serial, nth, began, stack = getattr(local, "fork", NO_FORK)
    if nth:  # an extension that forks may run one of the hooks only
        current().ring.texts.write("forked", serial, nth, began, clock(), stack)
