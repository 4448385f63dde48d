"""Why did this wait? One sentence for every slice."""

from engine.model.entities import Slice
from engine.model.model import Model


def explain(model: Model, item: Slice) -> str:
    """What the lane did or waited for, who held or owed that, and what that one did meanwhile."""
    raise NotImplementedError
