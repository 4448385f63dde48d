"""How often threads are looked at: as often as wanted, but for no more than a share of a core. Pure: no clock."""

import random
from collections.abc import Callable

DEFAULT_HZ = 200.0
SLOWEST_HZ, FASTEST_HZ = 1.0, 1000.0
MAX_SHARE = 0.05  # of a core
JITTER = 0.3  # an even rhythm would beat with the interpreter's switch interval
_SLOWED = 0.6  # of the wanted rate: less is worth a note
_SETTLED = 20  # looks before a rate is judged
_SMOOTHING = 1 / 16
_PAUSE_NS = 250_000_000  # looks that are further apart: nobody ran


class Pace:
    """Tells when the next look is due. Times in ns; `spent_ns` is CPU time."""

    def __init__(self, wanted_hz: float | None, spread: Callable[[float, float], float] = random.uniform) -> None:
        self.wanted_hz = min(max(wanted_hz or DEFAULT_HZ, SLOWEST_HZ), FASTEST_HZ)
        self.due_ns = 0
        self.looks = 0
        self.spent_ns = 0
        self._spread = spread
        self._cost_ns = 0.0
        self._noted = False
        self._last_ns = 0
        self._intervals = 0  # between looks that followed one another
        self._time_ns = 0  # of all of them

    @property
    def aim_hz(self) -> float:
        """What the cost of a look allows now."""
        return 1e9 / self._interval_ns()

    @property
    def rate_hz(self) -> float:
        """What it has come to, on average, while there were threads to look at; the aim before that is known."""
        return 1e9 * self._intervals / self._time_ns if self._intervals >= _SETTLED else self.aim_hz

    def looked(self, now_ns: int, spent_ns: int) -> None:
        """A look was taken at this time."""
        if self.looks and now_ns - self._last_ns < _PAUSE_NS:
            self._intervals += 1
            self._time_ns += now_ns - self._last_ns
        self._last_ns = now_ns
        self.looks += 1
        self.spent_ns += spent_ns
        self._cost_ns += (spent_ns - self._cost_ns) * max(_SMOOTHING, 1 / self.looks)
        self.due_ns = now_ns + int(self._interval_ns() * self._spread(1 - JITTER, 1 + JITTER))

    def note(self, threads: int) -> str | None:
        """Said once, when so many threads make it slower than was wanted."""
        if self._noted or self.looks < _SETTLED or self.aim_hz >= _SLOWED * self.wanted_hz:
            return None
        self._noted = True
        return (
            f"With {threads} threads that run at once, what they do is sampled about {self.aim_hz:.0f} times a second"
            f" instead of {self.wanted_hz:.0f}: more would cost over {100 * MAX_SHARE:.0f} % of a core."
        )

    def _interval_ns(self) -> float:
        return max(1e9 / self.wanted_hz, self._cost_ns / MAX_SHARE)
