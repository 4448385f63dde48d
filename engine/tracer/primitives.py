"""Numbers and definitions of primitives: who gets a traced one, and where it was made."""

from __future__ import annotations

import os

from . import layout
from .originals import count
from .sites import place_of, user_frame
from .state import current_ring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

DEFERS_SIGNALS = True
numbers = count(1)
shared_counter = count(1)
# With a separator at its end; the user may well have an `engine.backends` somewhere else.
BACKENDS = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "backends", "")
ATTRIBUTE = "_lanescope_number"  # where patched Python classes keep an object's number


def define(
    kind: str, frame: FrameType | None, *, name: str = "", internal: bool = False, capacity: int | None = None
) -> int:
    """Number of a new primitive made by the code in `frame`."""
    number = next(numbers)
    write_definition(number, kind, frame, name=name, internal=internal, capacity=capacity)
    return number


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
    internal = internal or (maker is not None and is_coordination(maker))
    current_ring().texts.write("primitive", number, kind, name, file, line, internal, capacity)


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
