"""Calls that block without a primitive: sleeping, and reading from or writing to something slow."""

from __future__ import annotations

from . import layout
from .originals import get_frame
from .patching import Builtin
from .sites import user_site
from .state import current
from .waits import begin, finish

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType


class Sleep(Builtin):
    """`time.sleep`."""

    __slots__ = ()

    def sleep(self, *seconds: float) -> None:
        """As the original."""
        state = current()
        outer = begin(state, 0, layout.WAIT_SLEEP | layout.WAIT_TIMED, user_site(get_frame(1)))
        try:
            self.original(*seconds)
        except BaseException:
            finish(state, outer, layout.WAIT_FAILED)
            raise
        finish(state, outer)


def patch_time(time: ModuleType) -> None:
    """`time.sleep`."""
    time.sleep = Sleep(time.sleep).sleep  # type: ignore[attr-defined]
