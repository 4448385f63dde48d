"""Waits that looked like a mistake while they went on, and turned out to be meant."""

from typing import Any

from engine.model.series import SignalStore


def was_meant(found: dict[str, Any], signals: SignalStore, end_ns: int) -> bool:
    """Whether the finding is a long wait for a lock that the waiter had taken itself, and that another thread released
    since, up to `end_ns`: a signal, no lock.
    """
    if found.get("kind") != "long-wait":
        return False
    own = [edge for edge in found.get("edges") or () if edge["waiter"] == edge["holder"]]
    return any(
        (signals.of(edge["primitive"], found["start_ns"] or 0, end_ns + 1)["lane"] != edge["waiter"]).any()
        for edge in own
    )
