"""Graphs of named nodes and labelled edges: the wait-for graph and the lock-order graph are drawn by it."""

from gui.widgets.graph.drawing import Drawing, Edge, Node, Tone
from gui.widgets.graph.view import GraphView

__all__ = ["Drawing", "Edge", "GraphView", "Node", "Tone"]
