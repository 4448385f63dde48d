"""The state slices of all lanes: stored in pages, summed in a pyramid, answered at any zoom. Times are ns, absolute."""

from collections.abc import Collection

import numpy as np

from engine.model.entities import Slice, SliceColumns

MERGED = 0x80  # in a dominant code: more than one slice lies in the column


class StateStore:
    """All state slices. Open states, up to the watermark, are part of every answer."""

    def codes(
        self, lanes: np.ndarray, start_ns: float, ns_per_column: float, columns: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Dominant and worst code of every column: two u8 arrays (len(lanes), columns).

        0 where the lane is not alive; MERGED is set in the dominant codes only.
        """
        raise NotImplementedError

    def slice_at(self, lane: int, time_ns: int) -> Slice | None:
        """The slice of a lane that covers this time."""
        raise NotImplementedError

    def slices(self, lane: int, start_ns: int, end_ns: int, limit: int = 10_000) -> SliceColumns:
        """The first `limit` slices of a lane that overlap this span, with their true starts and ends."""
        raise NotImplementedError

    def next_slice(self, lane: int, time_ns: int) -> Slice | None:
        """The first slice of a lane that starts after this time."""
        raise NotImplementedError

    def previous_slice(self, lane: int, time_ns: int) -> Slice | None:
        """The slice before the one that covers this time."""
        raise NotImplementedError

    def totals(self, lanes: np.ndarray, start_ns: int, end_ns: int) -> np.ndarray:
        """Time in each state within a span: (len(lanes), len(State)) ns, int64."""
        raise NotImplementedError

    def active(self, start_ns: float, ns_per_column: float, columns: int, states: Collection[int]) -> np.ndarray:
        """Mean number of lanes in one of these states per column: float64 (columns,)."""
        raise NotImplementedError
