"""Bookmarks from the program: `sys.audit("lanescope.bookmark", "text")`. It needs no import and is nothing elsewhere.

Auditing is the one call that every interpreter has, that takes any event, and that does nothing while nobody listens.
`sys.audit` is replaced by a callable that takes these events and hands all of them on; there is no audit hook, which
would be called for every event of the interpreter.
"""

from __future__ import annotations

from .patching import Builtin, hide, stand_in
from .reporter import mark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

EVENT = "lanescope.bookmark"
MOST_LETTERS = 500


class Audit(Builtin):
    """`sys.audit` with an ear for one event."""

    __slots__ = ()

    def call(self, *arguments: Any) -> None:
        """Hands the event on as it is, and marks the thread's lane when it is a bookmark that nobody objected to."""
        try:
            self.original(*arguments)
        except BaseException as error:
            hide(error)
            raise
        if arguments[0] == EVENT:
            text = arguments[1] if len(arguments) > 1 else ""
            mark(text[:MOST_LETTERS] if type(text) is str else _plain(text))


def _plain(text: object) -> str:
    """Something else than a text: never a reason to fail, for outside of a recording it is none."""
    try:
        return str(text)[:MOST_LETTERS]
    except Exception:  # noqa: BLE001
        return type(text).__name__


def patch_sys(sys: ModuleType) -> None:
    """`sys.audit`."""
    sys.audit = stand_in(Audit, sys.audit)  # type: ignore[attr-defined]
