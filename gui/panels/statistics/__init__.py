"""Statistics of lanes, and of a selected span."""

from gui.panels.statistics.panel import StatisticsPanel

__all__ = ["StatisticsPanel"]
