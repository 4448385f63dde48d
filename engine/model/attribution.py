"""How sure it is where the time of lanes went, and what to call states that could not be told apart.

Running and core wait follow the system's accounts, which are exact but for a tick at either end of a span. What a lane
that used no CPU was in is sampled: of n looks that found a share p in a state, that share is p ± 1.96 √(p (1 − p) / n)
(95 % of the time; the normal approximation, with one look added to each side so that few looks never look certain).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.recording.schema import State

TICK_NS = 4_000_000
_NORMAL_95 = 1.96
# What looks tell apart, and what accounts tell.
LOOKED_AT = (State.GIL_WAIT, State.IO, State.UNKNOWN)
ACCOUNTED = (State.RUNNING, State.CORE_WAIT)


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

    def uncertainty(self, totals: Sequence[int] | np.ndarray) -> np.ndarray:
        """Half-widths in points (of the time alive; float64, by State) of the time (ns) by state of one lane.

        States that are recorded as waits are exact: 0. Where nothing was sampled at all, everything is: what is shown
        then is marked as inferred.
        """
        times = np.asarray(totals, float)
        alive = times[1:].sum()
        found = np.zeros(len(State))
        if alive <= 0 or not self.looks:
            return found
        asleep = sum(times[state] for state in LOOKED_AT)
        looks = self.rate_hz * asleep / 1e9
        for state in LOOKED_AT:
            if times[state] > 0:
                share = (times[state] / asleep * looks + 1) / (looks + 2)
                found[state] = 100 * _NORMAL_95 * np.sqrt(share * (1 - share) / (looks + 2)) * asleep / alive
        for state in ACCOUNTED:
            if times[state] > 0:
                found[state] = min(100.0, 100 * TICK_NS / alive)
        return found
