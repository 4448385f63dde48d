"""What a recording does not hold, so that nobody takes silence for an all-clear."""

from engine.analysis.building import Finding, finding
from engine.model.format import count
from engine.model.model import Model


def lost_texts(model: Model) -> int:
    """Records lost that tell what there is and in what order it is taken: without them nothing can be ruled out."""
    return int(model.overhead.get("lost_texts") or 0)


def find(model: Model) -> list[Finding]:
    """At most one finding."""
    missing = []
    lost = lost_texts(model)
    if dropped := int(model.overhead.get("dropped") or 0) - lost:
        missing.append(f"{count(dropped, 'record')} came faster than they could be kept")
    if lost:
        missing.append(
            f"what {count(lost, 'record')} would have told of threads, locks and their order could not be written"
        )
    if model.overhead and not model.finished:
        missing.append("the recording has no end")
    if not missing:
        return []
    return [
        finding(
            model,
            "incomplete-history",
            "The history is incomplete",
            f"{' and '.join(missing).capitalize()}: waits, holds and findings of that time may be missing, and what is"
            " missing is no sign that all is well.",
            "Record a shorter or calmer part of the program, and let it come to its end.",
            lanes=[],
            severity="info",
        )
    ]
