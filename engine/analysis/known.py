"""What is known of a recording while it is looked through: handed on from detector to detector, found out once."""

from collections.abc import Collection
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

    def locks_told(self, kinds: Collection[str]) -> set[int]:
        """All locks of which findings of these kinds speak."""
        return {number for each in self.told if each["kind"] in kinds for number in each["primitives"]}

    @cached_property
    def locks(self) -> list[LockStatistics]:
        """What every primitive cost; those first that cost the most waiting."""
        return lock_statistics(self._model)
