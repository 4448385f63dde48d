"""The methods of a `multiprocessing` Lock or RLock. Like `locks`, this is where signal handlers wait."""

from __future__ import annotations

from . import layout
from .contention import acquire_contended
from .holds import TracedBase, book, forget_holder, holder_of, unbook
from .originals import clock, get_frame
from .patching import hide
from .sites import user_site
from .state import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DEFERS_SIGNALS = True


class ProcessLock(TracedBase):
    """What stands for acquire and release of one lock in this process; `raw` is its SemLock."""

    __slots__ = ("is_recursive",)
    is_recursive: bool

    def set_up(self, raw: Any, number: int) -> None:
        """Not yet held by anybody in this process. Waiters in other processes cannot tell who holds it."""
        super().set_up(raw, number)
        self.exact = True

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        """As the raw one's."""
        if self.try_raw(False):
            if not self.is_recursive or self.raw._count() == 1:
                book(self, get_frame(1))
            return True
        try:
            return block and acquire_contended(self, get_frame(1), -1 if timeout is None else max(timeout, 0))
        except BaseException as error:
            hide(error)
            raise

    def __enter__(self) -> bool:
        if self.try_raw(False):
            if not self.is_recursive or self.raw._count() == 1:
                book(self, get_frame(2))
            return True
        try:
            return acquire_contended(self, get_frame(2), -1)
        except BaseException as error:
            hide(error)
            raise

    def release(self) -> None:
        """As the raw one's. Released by another thread or process than its holder, it is a signal."""
        if not self.raw._is_mine() and holder_of(self) is None:
            try:
                self.release_raw()
            except BaseException as error:
                hide(error)
                raise
            return
        if self.is_recursive:
            if self.raw._is_mine() and self.raw._count() == 1:
                unbook(self, self.owner)
        elif self.owner is current():
            unbook(self, self.owner)
        else:
            forget_holder(self)
            now = clock()
            current().record(layout.SIGNAL, 1, user_site(get_frame(1)), self.number, now, now)
        self.release_raw()
