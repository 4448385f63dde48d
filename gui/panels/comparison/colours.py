"""Colours of the parts that a worker's time is split into: those of the states, and three that are no states."""

from engine.comparison.trial import STATE_OF
from engine.recording.schema import State
from gui.theme import Theme, mix

_STATES = {what: state for state, what in STATE_OF.items()}


def colour(theme: Theme, what: str) -> str:
    """#rrggbb of an entry of WHERE."""
    if what == "IPC":
        return mix(theme.states[State.WAIT], theme.states[State.IO], 0.5)
    if what == "start-up":
        return theme.hold
    return theme.states[_STATES[what]]
