"""The legend: states and marks as they look on the timeline."""

from gui.panels.legend.panel import Legend

__all__ = ["Legend"]
