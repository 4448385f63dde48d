"""Which trial of a plan is next, how often each variant is tried, and how long it will take. Pure: no clock.

A run of less than a second tells little, for what else happens on the machine weighs more in it: a variant whose
warm-up was so short is tried more often, up to MOST_FOLD times as often as was asked for. Who asks for one trial each
wants a quick look, and gets one.
"""

from collections import deque

from engine.comparison.plan import MOST_REPEATS, Plan

STEADY_NS = 1_000_000_000
MOST_FOLD = 3


class Course:
    """Warm-up first, then round by round; `due` is the next trial, None when all are done."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._due = deque((0, index) for index in plan.order(0))
        self._wanted = [plan.repeats] * len(plan.variants)
        self._took_s: list[float | None] = [None] * len(plan.variants)
        self._counts = [0] * len(plan.variants)  # with the warm-up
        self._elapsed_s = 0.0
        self._share = 0.0

    @property
    def due(self) -> tuple[int, int] | None:
        """Round (0: the warm-up) and variant."""
        return self._due[0] if self._due else None

    @property
    def planned(self) -> int:
        """Trials that count, as far as is known now."""
        return sum(self._wanted)

    @property
    def done(self) -> int:
        """Trials that were run, with the warm-up."""
        return sum(self._counts)

    @property
    def total(self) -> int:
        """All of them, with the warm-up."""
        return self.planned + len(self._plan.variants)

    @property
    def left_s(self) -> float | None:
        """How long the rest will take; None before the first trial is over."""
        known = [took for took in self._took_s if took is not None]
        if not known:
            return None
        usual = sum(known) / len(known)
        left = ((1 + wanted - count) for wanted, count in zip(self._wanted, self._counts, strict=True))
        return sum(count * (usual if took is None else took) for count, took in zip(left, self._took_s, strict=True))

    @property
    def share(self) -> float:
        """Part of the time that is over, 0 to 1; never less than it was."""
        left_s = self.left_s
        if left_s is not None:
            self._share = max(self._share, self._elapsed_s / max(self._elapsed_s + left_s, 1e-9))
        return self._share

    def finish(self, span_ns: int, took_s: float, *, failed: bool) -> None:
        """The trial that was due is over: its workers took so long, all of it took so long. A variant whose warm-up
        failed is not tried again: it would fail again."""
        number, index = self._due.popleft()
        self._counts[index] += 1
        self._elapsed_s += took_s
        self._took_s[index] = took_s
        if number == 0:
            self._wanted[index] = 0 if failed else trials(self._plan.repeats, span_ns)
        if not self._due:
            self._due.extend((number + 1, each) for each in self._plan.order(number + 1) if self._wanted[each] > number)


def trials(repeats: int, span_ns: int) -> int:
    """How often a variant is tried whose workers take so long."""
    if repeats == 1 or span_ns >= STEADY_NS:
        return repeats
    enough = -(-repeats * STEADY_NS // max(span_ns, 1))
    return max(repeats, min(enough, repeats * MOST_FOLD, MOST_REPEATS))
