"""Failures of the tracer itself: never the program's business, but the recording says so."""

from .originals import clock
from .state import current_ring


def note_failure(what: str, error: BaseException) -> None:
    """Say in the recording that something could not be done."""
    note(f"{what}: {type(error).__name__}: {error}")


def note(text: str) -> None:
    """Say something in the recording."""
    try:
        current_ring().texts.write("note", clock(), text)
    except Exception:  # noqa: BLE001  (there is nowhere else to say it)
        return
