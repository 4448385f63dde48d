"""Live plots below the timeline."""

from gui.panels.plots.panel import Plots

__all__ = ["Plots"]
