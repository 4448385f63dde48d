"""All findings of a recording: those it holds and those that follow from it."""

from collections.abc import Iterator
from typing import Protocol

from engine.analysis import incomplete
from engine.analysis.building import Finding
from engine.analysis.detectors import (
    abandoned_lock,
    convoy,
    costly_hold,
    forked_threads,
    gil_bound,
    hand_over_bound,
    held_while_blocked,
    hidden_error,
    io_bound,
    leak,
    lock_bound,
    lost_process,
    oversubscribed,
    pool_starvation,
    start_up_bound,
    starvation,
    thread_error,
    uneven,
)
from engine.analysis.known import Known
from engine.analysis.order import lock_order
from engine.model.model import Model


class Detector(Protocol):
    """A module that looks for one kind of thing in the model of a whole recording."""

    def find(self, model: Model) -> list[Finding]:
        """What it found; empty when the evidence is thin."""


class Latecomer(Protocol):
    """A detector that uses what others have found out, or is silent about what they have told."""

    def find(self, model: Model, known: Known) -> list[Finding]:
        """What it found beside what is `known` already."""


DETECTORS: tuple[Detector, ...] = (
    lock_order, uneven, pool_starvation, leak, forked_threads, gil_bound,
    oversubscribed, io_bound, start_up_bound, hand_over_bound, lost_process, abandoned_lock, thread_error,
    hidden_error, incomplete,
)  # fmt: skip
# Those that tell of no times: in a run whose threads were held back these say nothing of the program.
STEERED: tuple[Detector, ...] = (
    lock_order, leak, forked_threads, lost_process, abandoned_lock, thread_error, hidden_error, incomplete,
)  # fmt: skip
# After all others, in this order. They tell of times.
LATECOMERS: tuple[Latecomer, ...] = (held_while_blocked, convoy, starvation, costly_hold, lock_bound)
STEPS = len(DETECTORS) + len(LATECOMERS)  # of a search
SEVERITIES = ("error", "warning", "info")
# What `check --json` promises of a finding, in its order.
KEYS = (
    "kind", "severity", "certainty", "cause", "title", "explanation", "advice", "participants", "start_ns", "end_ns",
)  # fmt: skip


def search(model: Model, known: Known | None = None) -> Iterator[list[Finding]]:
    """What each detector finds in the model of a whole recording, one after the other: STEPS lists.

    `known`: what is found out meanwhile, for whoever wants to know it afterwards.
    """
    known = known or Known(model)
    steered = bool(model.header.get("steered"))
    for detector in DETECTORS:
        known.told += (found := [] if steered and detector not in STEERED else detector.find(model))
        yield found
    for latecomer in LATECOMERS:
        known.told += (found := [] if steered else latecomer.find(model, known))
        yield found


def find_all(model: Model, known: Known | None = None) -> list[Finding]:
    """By severity and time, recorded ones first; of errors, what was observed. `known`: as for `search`."""
    found = [*model.findings.values(), *(each for some in search(model, known) for each in some)]
    return sorted(found, key=_urgency)


def _urgency(found: Finding) -> tuple[int, bool, int]:
    is_foretold = found["severity"] == "error" and found["certainty"] != "observed"
    return SEVERITIES.index(found["severity"]), is_foretold, found["start_ns"] or 0


def verdict(findings: list[Finding]) -> str:
    """`deadlock` when one was observed, else `potential` when one is predicted or confirmed, else `clean`."""
    certainties = {each["certainty"] for each in findings if each["severity"] == "error"}
    return "deadlock" if "observed" in certainties else "potential" if certainties else "clean"


def plain(found: Finding) -> Finding:
    """A finding with what `check --json` promises and nothing else."""
    return {key: found.get(key) for key in KEYS}
