"""The recorder's share of a core, from what its reports in the recording say."""

from engine.model.model import Model


class RecorderShare:
    """Between the last two reports it made; `share` is of one core, None when unknown."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Another recording."""
        self.share: float | None = None
        self._last: tuple[int, int] | None = None  # ns: the report's time, CPU time until then

    def look(self, model: Model | None) -> float | None:
        """The share by now."""
        overhead = model.overhead if model is not None else {}
        time_ns, cpu_ns = int(overhead.get("time_ns") or 0), int(overhead.get("recorder_cpu_ns") or 0)
        if time_ns:
            if self._last is not None and time_ns > self._last[0]:
                self.share = (cpu_ns - self._last[1]) / (time_ns - self._last[0])
            self._last = time_ns, cpu_ns
        return self.share
