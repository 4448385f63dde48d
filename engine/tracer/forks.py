"""Who forks: the parent says so, and the child that it is there, whether or not it ever says anything else.

Of a fork that failed the interpreter runs the same hooks in the parent; there is no child then that says so.
"""

from __future__ import annotations

import os

from .originals import clock, get_frame, getpid
from .sites import whole_stack
from .state import NO_FORK, current, local, run

DEFERS_SIGNALS = True


def install() -> None:
    """From now on. What is registered to run before a fork runs last first, so as close to it as can be.

    To be called before what makes the child forget its parent's ring.
    """
    os.register_at_fork(before=before, after_in_parent=after_in_parent, after_in_child=after_in_child)


def before() -> None:
    """The calling thread is about to fork."""
    state = current()
    local.fork = getpid(), state.serial, next(run.forks), clock(), whole_stack(get_frame(1))


def after_in_parent() -> None:
    """It has."""
    _, serial, nth, began, stack = getattr(local, "fork", NO_FORK)
    if nth:  # an extension that forks may run one of the hooks only
        current().ring.texts.write("forked", serial, nth, began, clock(), stack)


def after_in_child() -> None:
    """It has, and this is the child. Told in its parent's file: a child that does nothing has none of its own."""
    _, _, nth, _, _ = getattr(local, "fork", NO_FORK)
    if nth and run.ring is not None:
        run.ring.texts.write("fork-child", nth)
