"""A run's lanes at a glance: few columns, small enough to be kept with the numbers."""

import base64
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.model.entities import Lane
from engine.model.model import Model
from engine.recording.schema import DEADLOCKED, STATE_MASK

COLUMNS = 320
MOST_LANES = 16


@dataclass(frozen=True)
class Miniature:
    """State codes of the worker lanes over their run. `codes`: u8 (len(names), COLUMNS), of `span_ns` in all."""

    names: tuple[str, ...]
    span_ns: int
    codes: np.ndarray
    left_out: int  # lanes beyond MOST_LANES

    def to_data(self) -> dict[str, Any]:
        """For JSON."""
        packed = base64.b64encode(zlib.compress(self.codes.tobytes(), 9)).decode()
        return {"names": list(self.names), "span_ns": self.span_ns, "codes": packed, "left_out": self.left_out}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "Miniature":
        """KeyError, TypeError or ValueError when it is none."""
        names = tuple(data["names"])
        try:
            codes = np.frombuffer(zlib.decompress(base64.b64decode(data["codes"])), np.uint8)
        except zlib.error as error:
            raise ValueError(str(error)) from None
        return cls(names, data["span_ns"], codes.reshape(len(names), COLUMNS), data["left_out"])


def make(model: Model, lanes: Sequence[Lane], start_ns: int, end_ns: int) -> Miniature:
    """Of these lanes between these moments."""
    shown = lanes[:MOST_LANES]
    numbers = np.array([lane.id for lane in shown])
    step = max((end_ns - start_ns) / COLUMNS, 1.0)
    dominant, _ = model.states.codes(numbers, start_ns, step, COLUMNS)
    codes = dominant & np.uint8(STATE_MASK | DEADLOCKED)
    return Miniature(tuple(lane.name for lane in shown), end_ns - start_ns, codes, len(lanes) - len(shown))
