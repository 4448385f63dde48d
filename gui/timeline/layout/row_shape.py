"""How high rows are, and where things stand in a row: a bar, below it a line where a lock is held."""

from dataclasses import dataclass
from functools import cached_property

ROW_PX = 24  # when there are more rows than fit
HEIGHTS_PX = (20, 24, 28, 36, 44)  # few, so that rows don't change with every lane that comes
BAR_PX = 17  # of a row of ROW_PX; the bounds of BANDS refer to it
# (top, bottom, how far from the bar's middle). The lines between two bounds look the same in every state.
BANDS = (
    (0, 3, "cap"),
    (3, 4, "edge"),
    (4, 8, "middle"),
    (8, 10, "core"),
    (10, 14, "middle"),
    (14, 15, "edge"),
    (15, 17, "outer"),
)


def fitting_height(rows: int, free_px: int) -> int:
    """The greatest height at which all rows fit; ROW_PX when there are too many in any case. Logical px."""
    return max((height for height in HEIGHTS_PX if rows * height <= free_px), default=ROW_PX)


@dataclass(frozen=True)
class RowShape:
    """The parts of a row, as logical px from its upper edge."""

    height: int = ROW_PX

    @property
    def bar_top(self) -> int:
        return 2

    @cached_property
    def hold_px(self) -> int:
        """Height of the line that marks a hold."""
        return max(2, self.height // 8)

    @property
    def hold_bottom(self) -> int:
        return self.height - 1

    @property
    def bar_px(self) -> int:
        """Height of the bar."""
        return self.bar_bottom - self.bar_top

    @property
    def hold_top(self) -> int:
        return self.hold_bottom - self.hold_px

    @property
    def bar_bottom(self) -> int:
        return self.hold_top - 1

    @cached_property
    def bands(self) -> tuple[tuple[int, int, str], ...]:
        """BANDS, stretched over the bar."""
        share = self.bar_px / BAR_PX

        def place(bound: int) -> int:
            if bound < BAR_PX / 2:
                return self.bar_top + round(bound * share)
            return self.bar_bottom - int((BAR_PX - bound) * share)

        return tuple((place(top), place(bottom), name) for top, bottom, name in BANDS)

    @property
    def label_growth_px(self) -> int:
        """How much larger texts are than usual."""
        return 2 if self.height >= 44 else 1 if self.height >= 36 else 0
