"""How sure it is where the time of lanes went, and what to call states that could not be told apart.

Recorded waits are exact. Running and core wait follow the system's accounts, which are exact but for a tick at either
end of a span. What else a lane that used no CPU was in is sampled: of n looks that found a share p in a state, that
share is p ± 1.96 √(p (1 − p) / n) (95 % of the time; the normal approximation, with one look added to each side so that
few looks never look certain).
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.recording.schema import State

TICK_NS = 4_000_000
_NORMAL_95 = 1.96
# What only looks tell, and what accounts tell; of other states, looks tell what was not recorded.
LOOKED_AT = (State.GIL_WAIT, State.UNKNOWN)
ACCOUNTED = (State.RUNNING, State.CORE_WAIT)
WORTH_TELLING = 0.5  # points


@dataclass
class Attribution:
    """What recorder and system could see: `methods` by process, and the rate of looks."""

    methods: dict[int, str] = field(default_factory=dict)
    rate_hz: float = 0.0  # as it is
    wanted_hz: float = 0.0
    looks: int = 0
    cost_percent: float = 0.0  # of a core, in the recorder

    def take_overhead(self, text: dict[str, Any]) -> None:
        """From an "overhead" text; recordings made before there were looks say nothing."""
        self.rate_hz = float(text.get("sample_hz") or 0.0)
        self.wanted_hz = float(text.get("sample_wanted_hz") or 0.0)
        self.looks = int(text.get("sample_looks") or 0)
        self.cost_percent = float(text.get("sample_percent") or 0.0)

    def merged(self, process: int) -> bool:
        """Whether GIL wait and core wait of a process's threads are one."""
        return self.methods.get(process) == "cpu_time"

    @property
    def any_merged(self) -> bool:
        """Whether that is so for any process."""
        return "cpu_time" in self.methods.values()

    def state_name(self, state: State, process: int) -> str:
        """`GIL wait`, or `GIL or core wait` where it cannot be told which."""
        if state is State.GIL_WAIT and self.merged(process):
            return "GIL or core wait"
        return state.words

    @property
    def sentence(self) -> str:
        """How it was measured, for people; empty when it was not."""
        if not self.looks:
            return ""
        slowed = f" ({self.wanted_hz:.0f} wanted)" if self.rate_hz < 0.9 * self.wanted_hz else ""
        return f"sampled {self.rate_hz:.0f} times a second{slowed}, which cost {self.cost_percent:.1f} % of a core"

    def uncertainty(self, totals: np.ndarray, sampled: np.ndarray) -> np.ndarray:
        """Half-widths in points (of the time alive; float64, by State) of the time (ns) by state of one lane, or of
        several together: then `totals` has a row for each. `sampled`: see `StateStore.sampled`, of the same shape.

        What is recorded is exact: 0. Where nothing was sampled at all, everything is: what is shown then is marked as
        inferred. Looks at different lanes count as independent of one another, ticks do not.
        """
        of_lanes = np.atleast_2d(totals)
        found = self.half_widths(of_lanes, np.atleast_2d(sampled))
        together = np.sqrt(np.square(found).sum(axis=0))
        together[list(ACCOUNTED)] = found[:, ACCOUNTED].sum(axis=0)
        return np.asarray(100 * together / max(1, of_lanes[:, 1:].sum()))

    def half_widths(self, totals: np.ndarray, sampled: np.ndarray) -> np.ndarray:
        """The same in ns, of each lane by itself: float64 (lanes, State)."""
        times = np.asarray(totals, float)
        found = np.zeros_like(times)
        if not self.looks:
            return found
        seen = np.minimum(sampled, times)
        seen[:, LOOKED_AT] = times[:, LOOKED_AT]
        asleep = seen.sum(axis=1, keepdims=True)
        looks = self.rate_hz * asleep / 1e9
        share = (seen / np.maximum(asleep, 1) * looks + 1) / (looks + 2)
        found = _NORMAL_95 * np.sqrt(share * (1 - share) / (looks + 2)) * asleep
        found[seen == 0] = 0
        found[:, ACCOUNTED] = np.minimum(TICK_NS, times[:, 1:].sum(axis=1, keepdims=True))
        found[times == 0] = 0
        return np.asarray(found)


def doubt(points: float) -> str:
    """` ± 3` behind a share in percent; nothing where that is less than its own rounding."""
    return f" ± {max(1, round(points))}" if points >= WORTH_TELLING else ""


def points_in_words(points: float) -> str:
    """` (± 2.3 points)`, wherever there is room for it; nothing for what is recorded."""
    return f" (± {points:.1f} points)" if points >= 0.05 else ""
