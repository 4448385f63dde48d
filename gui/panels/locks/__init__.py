"""Locks: a table of what each cost, and the contention of the chosen one in detail."""

from gui.panels.locks.panel import LocksPanel

__all__ = ["LocksPanel"]
