"""The lock-order graph in words: what is chosen, who took which lock inside which where, what its circles mean."""

from collections.abc import Iterable, Sequence
from html import escape

from engine.analysis.building import listed
from engine.analysis.order.lock_graph import Circle, LockGraph, Order, Status
from engine.analysis.order.order_counts import OrderCount
from engine.model.entities import Site
from engine.model.format import count
from engine.model.model import Model
from engine.model.nestings import Nesting
from gui.panels.lock_order.data import Shown
from gui.widgets.figures import grouped
from gui.widgets.links import lane_link, line_link

MOST_WAYS = 4
MOST_FRAMES = 8
MOST_CIRCLES = 12
MOST_NAMES = 3
INDENT = "&nbsp;&nbsp;"


def of_graph(graph: LockGraph, shown: Shown) -> str:
    """Nothing is chosen: the circles, worst first."""
    model = graph.model
    worst = [circle for circle in graph.circles if circle.status is not Status.EXCLUDED]
    parts = []
    for circle in worst[:MOST_CIRCLES]:
        what = "Deadlock" if circle.status is Status.HAPPENED else "Possible deadlock"
        parts.append(f"<b>{what}</b>: {_circle(model, circle, shown)}")
    if len(worst) > MOST_CIRCLES:
        parts.append(f"and {len(worst) - MOST_CIRCLES} more circles that may become deadlocks")
    excluded = list(dict.fromkeys(circle.why for circle in graph.circles if circle.why))
    if not worst:
        parts.append("No order of locks can become a deadlock.")
    if excluded:
        said = [f"{INDENT}{escape(why)}" for why in excluded[:MOST_CIRCLES]]
        if len(excluded) > MOST_CIRCLES:
            said.append(f"{INDENT}and {len(excluded) - MOST_CIRCLES} more")
        parts.append("<br>".join(["What looks like one and is none:", *said]))
    colours = "Red arrows are part of those, dotted ones only look so. " if worst or excluded else ""
    parts.append(f"{colours}Choose an arrow to see who took the two locks so, and where.")
    return _paragraphs(parts)


def of_order(shown: Shown, order: Order, counted: OrderCount | None) -> str:
    """An arrow: how often and by whom, what it means, and the stacks of each way."""
    model = shown.model
    parts = [
        f"<b>{escape(shown.names[order.taken])} taken while {escape(shown.names[order.held])} was held</b>",
        _how_often(model, order, counted),
        _meaning(order),
    ]
    ways = distinct(order.ways)
    for way in ways[:MOST_WAYS]:
        parts.append(_way(shown, order, way))
    if len(ways) > MOST_WAYS:
        parts.append(f"and in {count(len(ways) - MOST_WAYS, 'more way')}")
    return _paragraphs(parts)


def of_lock(shown: Shown, lock: int) -> str:
    """A node: what is taken inside it, and inside what it is taken."""
    made = shown.model.primitives[lock]
    site = Site(made.file, made.line, "") if made.file else None
    inside = [order for order in shown.orders.values() if order.held == lock]
    around = [order for order in shown.orders.values() if order.taken == lock]
    parts = [f"<b>{escape(made.short)}</b>, made at {line_link(site)}"]
    for title, orders, other in (("Taken while it was held", inside, "taken"), ("Taken while holding", around, "held")):
        if orders:
            said = [f"{INDENT}{_order_link(order, shown.names[getattr(order, other)])}: {_by(shown.model, order)}"
                    for order in orders]  # fmt: skip
            parts.append("<br>".join([title, *said]))
    return _paragraphs(parts)


def distinct(ways: Sequence[Nesting]) -> list[Nesting]:
    """Ways that differ in more than time, other lanes first."""
    kinds = {(way.lane, way.primitive, way.stack, way.held, way.waits): way for way in reversed(ways)}
    found = sorted(kinds.values(), key=lambda way: way.time_ns)
    seen: set[int] = set()
    firsts = [way for way in found if way.lane not in seen and not seen.add(way.lane)]  # type: ignore[func-returns-value]
    return firsts + [way for way in found if way not in firsts]


def _how_often(model: Model, order: Order, counted: OrderCount | None) -> str:
    if counted is None or not counted.complete or not counted.total:
        return _by(model, order)
    times = f"{'at least ' if counted.partial else ''}{grouped(counted.total)}"
    most = sorted(counted.by_lane.items(), key=lambda each: -each[1])
    each = [f"{lane_link(model, lane)} {grouped(often)}" for lane, often in most[:MOST_NAMES]]
    more = f" and {len(most) - MOST_NAMES} more" if len(most) > MOST_NAMES else ""
    return f"{times} {'time' if counted.total == 1 else 'times'}: {', '.join(each)}{more}"


def _by(model: Model, order: Order) -> str:
    return f"by {escape(listed([model.lane_label(lane) for lane in order.lanes]))}"


def _meaning(order: Order) -> str:
    if order.status is Status.EXCLUDED:
        return f"No possible deadlock: {escape(order.why)}."
    if order.status is Status.HAPPENED:
        return "Threads got stuck here: see Findings."
    if order.status is Status.POSSIBLE:
        return "Part of a possible deadlock: other threads take them the other way round. See Findings."
    return ""


def _way(shown: Shown, order: Order, way: Nesting) -> str:
    model = shown.model
    tried = "" if way.waits else " (a try, or with a timeout)"
    return "<br>".join(
        [
            f"{lane_link(model, way.lane)} took {escape(shown.names[order.held])}",
            *_frames(model, order.held_stack(way)),
            f"then {escape(shown.names[order.taken])}{tried}",
            *_frames(model, way.stack),
        ]
    )


def _frames(model: Model, stack: int) -> Iterable[str]:
    frames = model.stack(stack)[::-1]
    for frame in frames[:MOST_FRAMES]:
        yield f"{INDENT}{line_link(frame)} {escape(frame.function)}"
    if len(frames) > MOST_FRAMES:
        yield f"{INDENT}and {count(len(frames) - MOST_FRAMES, 'frame')} more"
    if not frames:
        yield f"{INDENT}at an unknown line"


def _circle(model: Model, circle: Circle, shown: Shown) -> str:
    names = [escape(shown.names.get(lock) or model.primitives[lock].short) for lock in circle.locks]
    drawn = [pair if pair in shown.orders else None for pair in circle.pairs]
    linked = [
        f'<a href="order:{pair[0]}:{pair[1]}">{name} →</a>' if pair else f"{name} →"
        for name, pair in zip(names, drawn, strict=True)
    ]
    return " ".join([*linked, names[0]])


def _order_link(order: Order, text: str) -> str:
    return f'<a href="order:{order.held}:{order.taken}">{escape(text)}</a>'


def _paragraphs(parts: Iterable[str]) -> str:
    return "".join(f"<p>{part}</p>" for part in parts if part)
