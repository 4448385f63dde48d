"""What pytest's plugin (engine/pytest_plugin) asks of the tracer, through `sys.modules["_lanescope"]`."""

from __future__ import annotations

from . import layout
from .ring import pack_u32
from .state import current_ring, run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType


def abort_waits(on: bool | None = None) -> bool:
    """Whether threads in contended waits are to give up, from now on (None: as before). Returns whether they were."""
    ring = current_ring()
    word = layout.HEADER_COMMAND // 8
    before = bool(ring.words[word] & 0xFFFFFFFF == layout.COMMAND_ABORT)
    if on is not None:
        pack_u32(ring.buffer, layout.HEADER_COMMAND, layout.COMMAND_ABORT if on else layout.COMMAND_NONE)
    return before


def starts() -> int:
    """How many threads and processes this process has started, and seen the end of."""
    return run.starts


def publish(package: ModuleType) -> None:
    """Put these functions where the plugin finds them."""
    for function in (abort_waits, starts):
        setattr(package, function.__name__, function)
