"""What is known of a recording while it is looked through: handed on from detector to detector, found out once."""

from functools import cached_property

from engine.analysis.building import Finding
from engine.analysis.profiles import Profiles
from engine.model.model import Model
from engine.model.statistics import LockStatistics, lock_statistics


class Known:
    """For a model that does not grow meanwhile. `told`: the findings so far."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.told: list[Finding] = list(model.findings.values())
        self.profiles = Profiles(model)

    @cached_property
    def locks(self) -> list[LockStatistics]:
        """What every primitive cost; those first that cost the most waiting."""
        return lock_statistics(self._model)
