"""The words for states, and which codes each of them names."""

import numpy as np

from engine.recording.schema import DEADLOCKED, INFERRED, SAMPLED, STATE_MASK, State

_CODES = np.arange(256)
_STATES = (
    State.RUNNING, State.GIL_WAIT, State.CORE_WAIT, State.LOCK_WAIT, State.WAIT,
    State.IO, State.SLEEP, State.IDLE, State.UNKNOWN,
)  # fmt: skip
_NAMES = {State.GIL_WAIT: "GIL wait", State.IO: "I/O"}
_FLAGS = {"deadlocked": DEADLOCKED, "sampled": SAMPLED, "inferred": INFERRED}


def state_word(state: State) -> str:
    """`lock wait`, `GIL wait`, `I/O`."""
    return _NAMES.get(state, state.name.lower().replace("_", " "))


# Word as shown → the codes (256 truth values) it names: states, and what a slice of any state may be besides.
STATE_WORDS: dict[str, np.ndarray] = {state_word(state): np.equal(_CODES & STATE_MASK, state) for state in _STATES}
STATE_WORDS |= {word: (_CODES & flag) != 0 for word, flag in _FLAGS.items()}


def codes_of(value: str) -> np.ndarray:
    """The codes that a casefolded value names: those of the very word, else of all words that contain it."""
    folded = {word.casefold().replace("/", ""): codes for word, codes in STATE_WORDS.items()}
    value = value.replace("/", "")
    if value in folded:
        return folded[value]
    found = np.zeros(256, bool)
    for word, codes in folded.items():
        if value in word:
            found |= codes
    return found
