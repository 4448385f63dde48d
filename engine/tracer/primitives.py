"""Numbers and definitions of primitives: who gets a traced one, and where it was made.

What a place in the code makes is described once, as a template; the number of each primitive made there says which, and
the how-manieth it is. So one that is made and never used costs next to nothing, here and in the recording.
"""

from __future__ import annotations

import os
from itertools import islice

from . import layout
from .originals import count
from .sites import code_of, place_of, user_frame
from .state import current_ring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

DEFERS_SIGNALS = True
numbers = count(1)  # of primitives that are described one by one: names of their own, too many templates
shared_counter = count(1)
template_numbers = count(1)
templates: dict[tuple[object, ...], Iterator[int]] = {}  # numbers for what this code makes next
origins: dict[int, tuple[str, int]] = {}  # file and line, by template
# With a separator at its end; the user may well have an `engine.backends` somewhere else.
BACKENDS = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "backends", "")
ATTRIBUTE = "_lanescope_number"  # where patched Python classes keep an object's number
# Modules of the standard library that hold locks while they do what users notice: write, compute, call them back.
REACHED = frozenset(
    {"logging", "multiprocessing.managers", "multiprocessing.util", "functools", "sched", "zipfile", "http.cookiejar"}
)


def is_reached(frame: FrameType) -> bool:
    """Whether the standard library's code that runs there makes locks which users may have to wait for."""
    return frame.f_globals.get("__name__") in REACHED


def define(
    kind: str, frame: FrameType | None, *, name: str = "", internal: bool = False, capacity: int | None = None
) -> int:
    """Number of a new primitive made by the code in `frame`."""
    if not name:
        maker = frame if internal else user_frame(frame)
        if maker is not None:
            made = templates.get((code_of(maker), maker.f_lasti, kind, internal, capacity))
            if made is None:
                made = make_template(maker, kind, internal, capacity)
            if made is not None:
                return next(made)
    number = next(numbers)
    write_definition(number, kind, frame, name=name, internal=internal, capacity=capacity)
    return number


def make_template(maker: FrameType, kind: str, internal: bool, capacity: int | None) -> Iterator[int] | None:
    """Describe what the code makes there. None when there are too many templates."""
    template = next(template_numbers)
    if template >= layout.MOST_TEMPLATES:
        return None
    key = code_of(maker), maker.f_lasti, kind, internal, capacity
    file, line = origins[template] = place_of(maker)
    told = internal or is_coordination(maker)
    current_ring().texts.write("template", template, kind, file, line, column_of(maker), told, capacity)
    # Threads that make the first ones at once have one counter.
    return templates.setdefault(key, count((template << layout.TEMPLATE_SHIFT) + 1))


def column_of(frame: FrameType) -> int:
    """Where the call that this frame is in begins in its line, in bytes; -1 when that is not known."""
    _, _, column, _ = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None), (None,) * 4)
    return -1 if column is None else column


def origin(number: int) -> tuple[str, int] | None:
    """File and line that made it; None for what has no template."""
    return origins.get(number >> layout.TEMPLATE_SHIFT)


def define_shared(
    kind: str, frame: FrameType | None, *, name: str = "", internal: bool = False, capacity: int | None = None
) -> int:
    """Number of a new primitive that means the same object in every process of the run."""
    number = layout.OBJECT_SHARED | current_ring().sequence << 40 | next(shared_counter)
    write_definition(number, kind, frame, name=name, internal=internal, capacity=capacity)
    return number


def write_definition(
    number: int, kind: str, frame: FrameType | None, *, name: str, internal: bool, capacity: int | None
) -> None:
    """Say what this number is."""
    maker = user_frame(frame)
    file, line = place_of(maker) if maker is not None else ("", 0)
    column = column_of(maker) if maker is not None and not name else -1
    internal = internal or (maker is not None and is_coordination(maker))
    current_ring().texts.write("primitive", number, kind, name, file, line, internal, capacity, column)


def is_coordination(frame: FrameType) -> bool:
    """Whether the code that runs there is a backend of Lanescope's: what it needs for itself is not the workload's."""
    module = frame.f_globals.get("__name__")
    if not isinstance(module, str) or not module.startswith("engine.backends."):
        return False
    return os.path.realpath(frame.f_code.co_filename).startswith(BACKENDS)


def name(number: int, text: str) -> None:
    """The primitive is called so."""
    current_ring().texts.write("primitive-name", number, text)


def number_of(primitive: object) -> int:
    """The number kept on an object; 0 when it is not followed."""
    number = getattr(primitive, ATTRIBUTE, 0) or getattr(primitive, "number", 0)
    return number if isinstance(number, int) else 0
