"""What is made in which paint while the view is being zoomed."""

import numpy as np
from numpy.typing import NDArray

from gui.timeline.pixels.pieces import BARE, WAS_EMPTY

MOST_EMPTY = 0.03  # share of the view that may be, for a paint or two
STRAINED_S = -0.002  # so far over its share, a frame makes nothing that can wait


class Turns:
    """A paint does one thing: what is about to come into view on one side, or what is in view; or it rests.

    What is bare in view is made in any case, and what was empty there when that is much.
    """

    def __init__(self) -> None:
        self._side = 0  # of what is about to come into view, left or right: made last
        self._ahead_next = True  # that is made next, not what is in view
        self._rested = False  # the last paint did

    def may_rest(self, budget_s: float, *, asked: bool) -> bool:
        """Whether this paint rests: it was asked to, or has no time left; never two of them in a row."""
        self._rested = (asked or budget_s < STRAINED_S) and not self._rested
        return self._rested

    def choose(self, todo: NDArray[np.uint8], ahead: tuple[int, int], *, rest: bool) -> bool:
        """Leaves in `todo` (rows, columns; see `next_piece`) what is to be done; whether some of that cannot wait.

        `ahead`: so many columns at the left and at the right are not in view yet.
        """
        width, (before, after) = todo.shape[1], ahead
        seen, half = slice(before, width - after), width // 2
        inside = todo[:, seen]
        empty = np.add.reduce((inside == WAS_EMPTY).view(np.uint8), axis=0, dtype=np.uint16) > len(todo) // 2
        if np.count_nonzero(empty) > MOST_EMPTY * inside.shape[1]:
            inside[:, empty] = np.where(inside[:, empty] == WAS_EMPTY, BARE, inside[:, empty])
        bare = (todo == BARE).any(axis=0)
        late = [bool(side.any()) for side in (bare[before:half], bare[half : seen.stop])]
        sides = [False, False] if rest else late
        if not rest and not any(late) and (self._ahead_next or not inside.any()):
            sides = self._next_side([bool(side.any()) for side in (bare[:half], bare[half:])])
        only_bare = any(sides) or any(late)
        if only_bare or rest:
            todo[todo < BARE] = 0
        if not sides[0]:
            todo[:, :before] = 0
        if not sides[1]:
            todo[:, seen.stop :] = 0
        if not rest:
            self._ahead_next = not only_bare
        return any(late)

    def _next_side(self, coming: list[bool]) -> list[bool]:
        """The sides take turns, where there is something to be made on both."""
        if any(coming):
            self._side = 1 - self._side if coming[1 - self._side] else self._side
        return [side == self._side and coming[side] for side in (0, 1)]
