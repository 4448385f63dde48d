"""The lock-order graph: which locks are taken while others are held, and which circles may become deadlocks."""

from gui.panels.lock_order.panel import LockOrderPanel

__all__ = ["LockOrderPanel"]
