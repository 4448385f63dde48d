"""What the timeline asks the model about slices and locks beyond their states."""

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.model.entities import HandOff, Slice
from engine.model.model import Model


def _hand_offs() -> Any:
    try:
        return importlib.import_module("engine.model.hand_offs")
    except ImportError:
        return None


def hand_off_into(model: Model, chosen: Slice) -> HandOff | None:
    """Who ended this wait, by a release or a signal."""
    module = _hand_offs()
    found: HandOff | None = module.into(model, chosen) if module else None
    return found


def hand_offs_out_of(model: Model, chosen: Slice) -> list[HandOff]:
    """Whom the releases and signals of this slice woke."""
    module = _hand_offs()
    return list(module.out_of(model, chosen.lane, chosen.start_ns, chosen.end_ns)) if module else []


def held_columns(
    model: Model, lanes: NDArray[np.int64], start_ns: float, ns_per_column: float, columns: int
) -> NDArray[np.uint8]:
    """1 where a lane held a lock: (len(lanes), columns)."""
    covered = getattr(model.holds, "covered", None)
    if covered is None:
        return np.zeros((len(lanes), columns), dtype=np.uint8)
    marks: NDArray[np.uint8] = covered(lanes, start_ns, ns_per_column, columns)
    return marks
