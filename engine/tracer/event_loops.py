"""asyncio is not followed: the recording says so when a program makes an event loop."""

from __future__ import annotations

from .failures import note
from .patching import replace_method

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

TEXT = (
    "This program uses asyncio, whose tasks are not followed yet: an event loop's thread is one lane, in I/O at rest."
)


def patch_event_loops(module: ModuleType) -> None:
    """For asyncio.base_events."""
    replace_method(module.BaseEventLoop, "__init__", make_init)


def make_init(original: Callable[..., None]) -> Callable[..., None]:
    """Says it once a process."""
    said: list[bool] = []

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        if not said:
            said.append(True)
            note(TEXT)

    return __init__
