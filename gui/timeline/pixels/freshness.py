"""What of a drawing has to be made anew when the model has grown."""

import numpy as np
from numpy.typing import NDArray

from engine.model.model import Model


class Freshness:
    """From when on each lane may look different than it did the last time.

    Closed slices never change (but for being found deadlocked, which comes with a finding: then everything counts as
    changed). What is drawn after them follows from the lane's open state: it stays up to where it was known as long
    as that goes on. A hold may become known long after it began, when it is released. What was drawn while a
    recording was being read is made anew once all of it is known; what the overview told, as soon as it is summed up.
    """

    def __init__(self) -> None:
        self._model: Model | None = None
        self._version = -1
        self._starts = self._ends = np.zeros(0, np.int64)
        self._codes = np.zeros(0, np.uint8)
        self._holds = 0
        self._open = np.zeros((3, 0), np.int64)  # holds: lane, primitive, since when; by lane and primitive
        self._findings: list[int] = []
        self._finished = False
        self._settled = float("inf")

    def look(self, model: Model, version: int) -> NDArray[np.float64] | None:
        """For every lane the time (ns) from which on it may have changed since the last look; None: nothing has.

        A model that counts as being of this version has not changed as long as that has not.
        """
        if model is self._model and version == self._version:
            return None
        starts, ends, codes = model.states.tails(np.arange(len(model.lanes)))
        rows = model.holds.unreleased_rows
        opened = np.stack([rows[name].astype(np.int64) for name in ("lane", "primitive", "since")])
        findings = [id(finding) for finding in model.findings.values()]
        if model is self._model and findings == self._findings and model.finished == self._finished:
            changed = np.minimum(self._changed(model, starts, ends, codes, opened), self._settled)
        else:
            changed = np.zeros(len(starts))
        self._model, self._version, self._findings, self._finished = model, version, findings, model.finished
        self._starts, self._ends, self._codes = starts, ends, codes
        self._holds, self._open, self._settled = len(model.holds), opened, model.states.settled_ns
        return changed

    def _changed(
        self,
        model: Model,
        starts: NDArray[np.int64],
        ends: NDArray[np.int64],
        codes: NDArray[np.uint8],
        opened: NDArray[np.int64],
    ) -> NDArray[np.float64]:
        known = len(self._starts)
        goes_on = (starts[:known] == self._starts) & (codes[:known] == self._codes)
        changed = np.zeros(len(starts))
        grown = np.where(ends[:known] == self._ends, np.inf, np.minimum(ends[:known], self._ends))
        changed[:known] = np.where(goes_on, grown, self._starts)
        rows = model.holds.since(self._holds)
        np.minimum.at(changed, rows["lane"], rows["start"].astype(np.float64))
        for some, others in ((self._open, opened), (opened, self._open)):
            lanes, _, since = some[:, ~_among(some, others)]
            np.minimum.at(changed, lanes, since.astype(np.float64))
        return changed


def _among(some: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of some open holds are also among the others, since the same time; both by lane and primitive."""
    if not others.shape[1]:
        return np.zeros(some.shape[1], bool)
    keys, known = (holds[0] << 32 | holds[1] for holds in (some, others))
    at = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.asarray((known[at] == keys) & (others[2][at] == some[2]))
