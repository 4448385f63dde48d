"""How often threads are looked at: as often as wanted, but for no more than a share of a core. Pure: no clock."""

import random
from collections.abc import Callable

DEFAULT_HZ = 200.0
SLOWEST_HZ, FASTEST_HZ = 1.0, 1000.0
MAX_SHARE = 0.05  # of a core
LEAST_SHARE = 0.015  # of a core, however dear the rest of the recorder is
JITTER = 0.3  # an even rhythm would beat with the interpreter's switch interval
_SLOWED = 0.6  # of the wanted rate: less is worth a note
_SETTLED = 20  # looks before a rate is judged
_LASTING = 60  # looks at too low a rate are worth a note
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
        self._share = MAX_SHARE
        self._slow = 0  # looks since when the rate has been too low
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

    def leave(self, share: float) -> None:
        """What the rest of the recorder leaves for looks, as a share of a core."""
        self._share = min(max(share, LEAST_SHARE), MAX_SHARE)

    def looked(self, now_ns: int, spent_ns: int) -> None:
        """A look was taken at this time."""
        if self.looks and now_ns - self._last_ns < _PAUSE_NS:
            self._intervals += 1
            self._time_ns += now_ns - self._last_ns
        self._last_ns = now_ns
        self.looks += 1
        self.spent_ns += spent_ns
        self._cost_ns += (spent_ns - self._cost_ns) * max(_SMOOTHING, 1 / self.looks)
        self._slow = self._slow + 1 if self.aim_hz < _SLOWED * self.wanted_hz else 0
        self.due_ns = now_ns + int(self._interval_ns() * self._spread(1 - JITTER, 1 + JITTER))

    def note(self, threads: int) -> str | None:
        """Said once, when so many threads make it slower than was wanted, and not only for a moment."""
        if self._noted or self._slow < _LASTING or threads == 0:
            return None
        self._noted = True
        who = "one thread that runs, it is" if threads == 1 else f"{threads} threads that run at once, they are"
        return (
            f"With {who} looked at about {self.aim_hz:.0f} times a second"
            f" instead of {self.wanted_hz:.0f}: more would cost over {100 * self._share:.0f} % of a core."
        )

    def _interval_ns(self) -> float:
        return max(1e9 / self.wanted_hz, self._cost_ns / self._share)
