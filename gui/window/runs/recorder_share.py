"""The recorder's share of a core, from what its reports in the recording say."""

from typing import Any

from engine.model.model import Model

Report = dict[str, Any]


class RecorderShare:
    """While it records, between the last two reports seen; of a saved recording, between its first report and its last.

    So a recording always has the same share, however many of its reports come at once.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Another recording."""
        self._share: float | None = None
        self._last: Report = {}

    def look(self, model: Model | None, *, live: bool) -> float | None:
        """The share by now; None when unknown."""
        if model is None:
            return None
        if not live:
            return _between(model.first_overhead, model.overhead)
        if model.overhead is not self._last:
            share = _between(self._last, model.overhead)
            self._share = self._share if share is None else share
            self._last = model.overhead
        return self._share


def _between(one: Report, other: Report) -> float | None:
    """From one report to another."""
    if not one or not other or other["time_ns"] <= one["time_ns"]:
        return None
    return float((other["recorder_cpu_ns"] - one["recorder_cpu_ns"]) / (other["time_ns"] - one["time_ns"]))
