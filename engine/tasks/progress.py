"""The progress reporter: all that tasks, backends and scenarios know of Lanescope.

Under Lanescope its calls become part of the recording; anywhere else they do nothing, so that every scenario is an
ordinary program. The object has no state: it may be copied, pickled or made anew in every worker.
"""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any


def _hook(name: str) -> Callable[..., Any] | None:
    return getattr(sys.modules.get("_lanescope"), name, None)


class Reporter:
    """Tells Lanescope how far the workers are."""

    def progress(
        self,
        worker: str,
        *,
        label: str = "",
        done: int = 0,
        total: int | None = None,
        items: int = 0,
        result: str = "",
        error: str = "",
    ) -> None:
        """State of one worker: `done` of `total` steps (None: unknown), `items` handled, and how it ended."""
        if hook := _hook("progress"):
            hook(worker, label, done, total, items, result, error)

    def task(self, name: str) -> AbstractContextManager[Any]:
        """A named piece of work on this thread's lane, for as long as the `with` block lasts."""
        if hook := _hook("task"):
            context: AbstractContextManager[Any] = hook(name)
            return context
        return nullcontext()

    def mark(self, text: str) -> None:
        """A mark on this thread's lane, now."""
        if hook := _hook("mark"):
            hook(text)

    def name(self, primitive: object, text: str) -> None:
        """The name to show a lock or queue by, where no variable's name can tell (one of a list, say)."""
        if hook := _hook("name"):
            hook(primitive, text)
