"""asyncio's tasks are not followed: the recording says so when a program makes an event loop. But threads are that wait
for what a loop is to do for them, which is done by the thread in which it runs.
"""

from __future__ import annotations

from .failures import note
from .follow import maker
from .originals import get_frame
from .patching import hidden, look_like, replace_method
from .primitives import ATTRIBUTE, define
from .sites import code_of
from .threads import state_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, ModuleType
    from typing import Any

_numbers: dict[tuple[object, int], int] = {}  # by code and instruction
LOOP = "_lanescope_loop"  # on a future: the event loop whose task it stands for
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


def patch_tasks(module: ModuleType) -> None:
    """For asyncio.tasks."""
    original = module.run_coroutine_threadsafe
    module.run_coroutine_threadsafe = look_like(make_run_threadsafe(original), original)  # type: ignore[attr-defined]


def make_run_threadsafe(original: Callable[..., Any]) -> Callable[..., Any]:
    def run_coroutine_threadsafe(coro: Any, loop: Any) -> Any:
        with hidden:
            future = original(coro, loop)
            frame = maker(get_frame(1))
            if frame is not None:
                future.__dict__[LOOP] = loop
                future.__dict__[ATTRIBUTE] = number_at(frame)
            return future

    return run_coroutine_threadsafe


def number_at(frame: FrameType) -> int:
    """What is asked of event loops at this place of the code has one number, however often that is."""
    place = code_of(frame), frame.f_lasti
    number = _numbers.get(place)
    return number if number is not None else _numbers.setdefault(place, define("Future", frame))


def runner_of(loop: Any) -> int:
    """Serial of the thread in which it runs now; 0 when it does not, or does not say."""
    state = state_of(getattr(loop, "_thread_id", None))
    return state.serial if state is not None else 0
