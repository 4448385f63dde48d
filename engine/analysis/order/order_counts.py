"""How often locks were really taken inside others, counted in the holds that were recorded."""

from collections.abc import Generator, Iterator, Sequence

import numpy as np

from engine.analysis.order.lock_graph import Pair
from engine.model.model import Model

MOST_PAIRS = 60  # that are counted for one answer
EVER = 1 << 63


class OrderCount:
    """Counts for pairs of locks (held, taken) in a model as it is now. Call `advance` until it returns False."""

    def __init__(self, model: Model, pairs: Sequence[Pair]) -> None:
        self.by_lane: dict[int, int] = {}
        self.partial = len(pairs) > MOST_PAIRS  # there are more
        self.complete = False
        self._model = model
        self._pairs = pairs[:MOST_PAIRS]
        self._steps = self._work()

    @property
    def total(self) -> int:
        """By all lanes together."""
        return sum(self.by_lane.values())

    def advance(self) -> bool:
        """A piece of the work, of a few ms. False when all is done."""
        if not self.complete:
            self.complete = next(self._steps, False) is False
        return not self.complete

    def _work(self) -> Iterator[None]:
        for held, taken in self._pairs:
            outer = yield from self._holds(held)
            inner = yield from self._holds(taken)
            for lane in sorted(outer.keys() & inner.keys()):
                starts, ends = outer[lane]
                began = inner[lane][0]
                around = np.searchsorted(starts, began, "right") - 1
                inside = (around >= 0) & (began < ends[np.maximum(around, 0)])
                if inside.any():
                    self.by_lane[lane] = self.by_lane.get(lane, 0) + int(inside.sum())
                yield

    def _holds(self, primitive: int) -> Generator[None, None, dict[int, tuple[np.ndarray, np.ndarray]]]:
        """By lane the starts and ends of the holds of a lock, by start: int64."""
        parts = [np.zeros((0, 3), np.int64)]
        for rows in self._model.holds.pieces_of_primitive(primitive, 0, EVER):
            parts.append(np.stack([rows[name].astype(np.int64) for name in ("lane", "start", "end")], axis=1))
            yield
        still = [hold for hold in self._model.holds.unreleased() if hold.primitive == primitive]
        parts.append(np.array([(hold.lane, hold.start_ns, hold.end_ns) for hold in still], np.int64).reshape(-1, 3))
        holds = np.concatenate(parts)
        holds = holds[np.lexsort((holds[:, 1], holds[:, 0]))]
        if not len(holds):
            return {}
        lanes, first = np.unique(holds[:, 0], return_index=True)
        parts = np.split(holds, first[1:])
        return {lane: (part[:, 1], part[:, 2]) for lane, part in zip(lanes.tolist(), parts, strict=True)}
