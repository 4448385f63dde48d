"""The comparison page: what to compare, the numbers, where the time went, the runs at a glance, what follows."""

from gui.panels.comparison.page import ComparisonPage

__all__ = ["ComparisonPage"]
