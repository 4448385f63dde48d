"""Sentences of the window about a recording."""

import re
from typing import Any

from engine.model.model import Model
from gui.panels.lock_order.panel import ChosenOrder
from gui.panels.source.panel import StackText
from gui.panels.wait_for.layout import GraphEdge

# what stands in the timeline instead of lanes: a title and a hint
NO_LANES = "No threads", "Those of a recording appear here as lanes."
NO_LANES_YET = "Starting…", "The program's threads appear here as lanes as soon as it runs."


def ending_words(end: dict[str, Any]) -> str:
    """How the program ended, where that wants a word; "" when it ended as programs do, or because it was told to."""
    by, status = str(end.get("ended_by") or ""), end.get("exit_status")
    if by == "time limit":
        return "The run reached its time limit and was ended."
    if by == "recorder lost":
        return "The recorder was lost during the run; what it had written by then is shown."
    if by.startswith("signal"):
        return f"The program was ended by {by}."
    if by == "itself" and status:
        return f"The program ended with exit status {status}; Output shows what it said."
    return ""


def edge_stacks(model: Model, edge: GraphEdge) -> list[StackText]:
    """Where the one waits, and where the other took what it holds."""
    primitive = model.primitives[edge.primitive].short if edge.primitive in model.primitives else "it"
    stacks = []
    if edge.wait_site:
        title = f"{model.lane_name(edge.waiter)} waits for {primitive}"
        stacks.append(StackText(title, model.stack(edge.wait_site)))
    if edge.hold_site and edge.holder is not None:
        title = f"{model.lane_name(edge.holder)} took {primitive}"
        stacks.append(StackText(title, model.stack(edge.hold_site)))
    return [stack for stack in stacks if stack.frames]


def order_stacks(model: Model, chosen: ChosenOrder) -> list[StackText]:
    """Where the inner lock was taken, and where the one that was held then."""
    order, way = chosen
    lane = model.lane_name(way.lane)
    taken, held = (model.primitives[lock].short for lock in (order.taken, order.held))
    stacks = [
        StackText(f"{lane} took {taken}", model.stack(way.stack)),
        StackText(f"{lane} holds {held}, taken", model.stack(order.held_stack(way))),
    ]
    return [stack for stack in stacks if stack.frames]


def first_work_line(text: str) -> int:
    """The line of a scenario where `work` begins, else its first function after the description; 0: has none."""
    description = re.search(r"^SCENARIO\b", text, re.MULTILINE)
    start = description.start() if description else 0
    found = re.search(r"^def work\b", text, re.MULTILINE) or re.compile(r"^def ", re.MULTILINE).search(text, start)
    return text.count("\n", 0, found.start()) + 1 if found else 0
