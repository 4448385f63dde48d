"""What a recording's overview tells of the time that has not been taken in yet."""

import numpy as np

from engine.recording.overview import Overview


class Foretold:
    """Codes of the overview as columns; times are ns since the recording's start."""

    def __init__(self, overview: Overview, origin_ns: int) -> None:
        self.end = overview.end_ns - origin_ns
        self._overview = overview

    def has(self, lanes: np.ndarray) -> bool:
        """Whether it tells of all these lanes."""
        return bool(lanes.max(initial=0) < len(self._overview.dominant))

    def lay_over(
        self,
        codes: tuple[np.ndarray, np.ndarray],
        lanes: np.ndarray,
        start: float,
        ns_per_column: float,
        cut: int,
    ) -> None:
        """Fills the columns of these codes (dominant, worst; see `StateStore.codes`) from column `cut` on.

        The dominant code is that of the bucket in the column's middle, the worst one that of all buckets it begins.
        """
        bucket_ns, buckets = self._overview.bucket_ns, self._overview.dominant.shape[1]
        columns = codes[0].shape[1]
        edges = start + np.arange(cut, columns + 1) * ns_per_column
        middle = np.floor((edges[:-1] + edges[1:]) / 2 / bucket_ns).astype(np.int64)
        inside = np.flatnonzero((middle >= 0) & (middle < buckets))
        there = np.flatnonzero(lanes < len(self._overview.dominant))
        if not len(inside) or not len(there):
            return
        middle = middle[inside]
        columns_of = slice(cut + int(inside[0]), cut + int(inside[-1]) + 1)
        first = np.minimum(np.clip((edges[inside] // bucket_ns).astype(np.int64), 0, buckets - 1), middle)
        dominant = np.take(self._overview.dominant[lanes[there]], middle, axis=1)
        worst = self._overview.worst[lanes[there]]
        if ns_per_column > bucket_ns:
            last = int(np.clip(edges[inside[-1] + 1] // bucket_ns, middle[-1], buckets - 1))
            worst = np.maximum.reduceat(worst[:, : last + 1], first, axis=1)
        else:
            worst = np.take(worst, middle, axis=1)
        codes[0][there, columns_of] = dominant
        codes[1][there, columns_of] = worst
