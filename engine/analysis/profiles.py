"""The profiles of all locks of a recording: each is made once, for all who ask about that lock."""

import numpy as np

from engine.analysis.contention import LockProfile, wait_pieces
from engine.model.hand_offs import MUTEXES
from engine.model.model import Model


class Profiles:
    """For a model that does not grow meanwhile. Who waited when is looked up once, for all locks together."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._made: dict[int, LockProfile] = {}
        self._waits: np.ndarray | None = None  # lane, start, end, lock; by lock

    def of(self, primitive: int) -> LockProfile:
        """The whole profile of a mutex."""
        if primitive not in self._made:
            self._made[primitive] = LockProfile(self.model, primitive, self._waits_for(primitive)).finish()
        return self._made[primitive]

    def _waits_for(self, primitive: int) -> np.ndarray:
        if self._waits is None:
            locks = [number for number, each in self.model.primitives.items() if each.kind in MUTEXES]
            waits = np.concatenate([np.zeros((0, 4), np.int64), *wait_pieces(self.model, locks)])
            self._waits = waits[np.argsort(waits[:, 3], kind="stable")]
        first, stop = np.searchsorted(self._waits[:, 3], [primitive, primitive + 1])
        return self._waits[first:stop, :3]
