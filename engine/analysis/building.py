"""What all detectors need: the shape of a finding, and its words."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from engine.model.model import Model

Finding = dict[str, Any]
# Of threads that Lanescope interrupts, or whose partner in another process it has ended.
INTERRUPTS = ("KeyboardInterrupt", "SystemExit", "BrokenPipeError", "EOFError", "ConnectionResetError")


class Held(NamedTuple):
    """What a lane held, by label, and the stack where it took that; 0: not known."""

    labels: Sequence[str]
    stack: int = 0


def finding(
    model: Model,
    kind: str,
    title: str,
    explanation: str,
    advice: str,
    *,
    lanes: Sequence[int],
    severity: str = "warning",
    certainty: str = "observed",
    start_ns: int | None = None,
    end_ns: int | None = None,
    waits_for: str = "",
    held: Mapping[int, Held] | None = None,
    primitive: int | None = None,
    primitives: Sequence[int] = (),
    site: int = 0,
) -> Finding:
    """A finding as `check --json` gives it, with the lanes (and the primitive) it speaks of for the window.

    Lanes in `held` hold, the others wait. `site`: of what happened to lanes that hold nothing. `primitives`: all that
    it speaks of, where these are more than the one.
    """
    held = held or {}
    return {
        "kind": kind,
        "severity": severity,
        "certainty": certainty,
        "cause": None,
        "title": title,
        "explanation": explanation,
        "advice": advice,
        "participants": [
            {
                "process": model.processes[model.lanes[lane].process].pid,
                "thread": model.lanes[lane].name,
                "waits_for": "" if lane in held else waits_for,
                "holds": list(held[lane].labels) if lane in held else [],
                "stack": _frames(model, held[lane].stack if lane in held else site),
            }
            for lane in lanes
        ],
        "start_ns": model.start_ns if start_ns is None else start_ns,
        "end_ns": model.end_ns if end_ns is None else end_ns,
        "lanes": list(lanes),
        "primitive": primitive,
        "primitives": list(primitives) or ([] if primitive is None else [primitive]),
    }


def _frames(model: Model, stack: int) -> list[dict[str, Any]]:
    return [{"file": frame.file, "line": frame.line, "function": frame.function} for frame in model.stack(stack)]


def ended_by_lanescope(model: Model) -> bool:
    """Whether the program was ended by Lanescope; signals and interrupts are no fault of the program's then."""
    return bool(model.program_end) and (model.program_end or {}).get("ended_by") in ("stop", "time limit", "deadlock")


def is_interrupt(model: Model, error: str) -> bool:
    """Whether Lanescope caused the exception when it ended the program; `error`: its type, and `: ` its message."""
    return ended_by_lanescope(model) and error.partition(":")[0] in INTERRUPTS


def at_line(model: Model, stack: int) -> str:
    """`, at line 12 of parse`, where the stack leads to; nothing for none."""
    frames = model.stack(stack)
    return f", at line {frames[-1].line} of {frames[-1].function}" if frames else ""


def hold_edges(edges: Sequence[dict[str, Any]]) -> list[dict[str, Any] | None]:
    """For each edge of a deadlock, found or predicted, the one that tells what its waiter holds; None: none does."""
    before: list[dict[str, Any] | None] = [*edges[-1:], *edges[:-1]]
    if all(each and each["holder"] == edge["waiter"] for each, edge in zip(before, edges, strict=True)):
        return before  # a circle; of jobs of one worker perhaps, which is in it twice then
    of_holder = {edge["holder"]: edge for edge in edges}
    return [of_holder.get(edge["waiter"]) for edge in edges]


def listed(names: Sequence[str], most: int = 4) -> str:
    """`a`, `a and b`, `a, b and 3 more`."""
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "nobody"
