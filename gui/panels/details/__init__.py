"""Details of what is selected."""

from gui.panels.details.panel import Details

__all__ = ["Details"]
