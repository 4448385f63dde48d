"""What `check` says of a recording: the verdict with its findings, as a JSON object (schema 1) and as text."""

import itertools
import os
import textwrap
from collections.abc import Iterator
from typing import Any

from engine.analysis.building import Finding
from engine.analysis.findings import KEYS, find_all, plain, verdict
from engine.analysis.incomplete import lost_texts
from engine.analysis.order.lock_graph import excluded
from engine.analysis.order.lock_order import AS_FAR_AS, KIND
from engine.analysis.report import how_it_ended, listed_exclusions
from engine.model.entities import Site
from engine.model.format import count
from engine.model.model import Model

WIDTH = 100
HEADS = {
    "deadlock": "DEADLOCK. The program got stuck.",
    "potential": "POSSIBLE DEADLOCK. This run got through, another one may get stuck.",
    "confirmed": "CONFIRMED DEADLOCK. This run got through; one that was held back in the wrong place got stuck.",
    "doubtful": "CLEAN, but for a wait. No deadlock happened; should another run do without a wait, one might.",
    "unknown": "CLEAN, as far as is recorded. No deadlock happened; whether one might, not enough is known to say.",
    "cut": "CLEAN, as far as it goes. No deadlock happened until then; what would come later is not known.",
    "clean": "CLEAN. No deadlock happened, and the order in which locks were taken allows none.",
}
CUT_SHORT = ("time limit", "stop")  # from outside
MOST_FRAMES = 12
TEST_RUNNERS = ("/_pytest/", "/pluggy/")  # folders of what calls a test


def check(model: Model, *, damage: str | None = None) -> list[Finding]:
    """All findings; `damage`: what the reader says is missing."""
    findings = find_all(model)
    if damage and not any(found["kind"] == "incomplete-history" for found in findings):
        findings.append(_damaged(model, damage))
    return findings


def _damaged(model: Model, damage: str) -> Finding:
    return dict.fromkeys(KEYS) | {
        "kind": "incomplete-history",
        "severity": "info",
        "certainty": "observed",
        "title": "The recording is damaged",
        "explanation": f"{damage[:1].upper()}{damage[1:]}.",
        "advice": "Record the program again, and let it come to its end.",
        "participants": [],
        "start_ns": model.start_ns,
        "end_ns": model.end_ns,
    }


def report(
    model: Model, findings: list[Finding], *, end: dict[str, Any] | None = None, verbose: bool = False
) -> dict[str, Any]:
    """The object that `check --json` prints. `end`: how the program ended, where more is known than what is recorded;
    `verbose`: with "excluded", what was not taken for a deadlock, and why.
    """
    end, overhead = end or model.program_end or {}, model.overhead
    return {
        "schema": 1,
        "verdict": verdict(findings),
        "findings": [plain(found) for found in findings],
        "program": {"exit_status": end.get("exit_status"), "ended_by": end.get("ended_by")},
        "recording": {
            "events": overhead.get("events", 0),
            "dropped": overhead.get("dropped", 0),
            "lanes": len(model.lanes),
            "processes": len(model.processes),
            "overhead_percent": float(overhead.get("traced_percent") or 0.0),
        },
    } | ({"excluded": excluded(model)} if verbose else {})


def render(model: Model, findings: list[Finding], *, verbose: bool = False) -> str:
    """The same for a person, WIDTH characters wide but for paths."""
    parts = [render_finding(model, found) for found in findings]
    if verbose:
        otherwise = " otherwise" if any(found["kind"] == KIND for found in findings) else ""
        parts.append(listed_exclusions(excluded(model)) or f"No locks are taken in opposite orders{otherwise}.")
    parts.append(f"{HEADS[_head(model, findings)]}\n{_counts(model)}")
    return "\n\n".join(parts)


def _head(model: Model, findings: list[Finding]) -> str:
    said = verdict(findings)
    confirmed = said == "potential" and any(found["certainty"] == "confirmed" for found in findings)
    if said == "clean" and (titles := [found["title"] for found in findings if found["kind"] == KIND]):
        return "unknown" if all(title.endswith(AS_FAR_AS) for title in titles) else "doubtful"
    if said == "clean" and lost_texts(model):
        return "unknown"
    if said == "clean" and _was_cut_short(model):
        return "cut"
    return "confirmed" if confirmed else said


def _was_cut_short(model: Model) -> bool:
    """Whether the program did not come to its end: ended from outside, by a signal, or by an exception."""
    by = (model.program_end or {}).get("ended_by") or ""
    if not model.finished or by in CUT_SHORT or by.startswith("signal"):
        return True
    return any(lane.error for lane in model.lanes if lane.process == 0 and lane.serial == 1)  # the main thread's


def render_finding(model: Model, found: Finding) -> str:
    """One finding, its stacks included."""
    return f"{found['severity']}: {render_plainly(model, found)}"


def render_plainly(model: Model, found: Finding, width: int = WIDTH) -> str:
    """The same without its severity, for a terminal that is so many characters wide."""
    return "\n".join(_of_finding(model, found, width))


def _of_finding(model: Model, found: Finding, width: int) -> Iterator[str]:
    yield f"{found['title']} ({_how(found)})"
    yield from wrapped(found["explanation"], width)
    if found.get("edges") is not None:
        yield from _participants(model, found)
    yield from wrapped(f"What to do: {found['advice']}", width)


def _how(found: Finding) -> str:
    return f"{found['certainty']}, {found['cause']}" if found["cause"] else str(found["certainty"])


def _participants(model: Model, found: Finding) -> Iterator[str]:
    """Each with both its stacks: where it took what it holds, where it waits."""
    edges = found["edges"]
    hold_sites = {edge["holder"]: edge["hold_site"] for edge in edges}
    wait_sites = {edge["waiter"]: edge["wait_site"] for edge in edges}
    certain = found["certainty"] in ("observed", "confirmed")
    for number, (lane, each) in enumerate(zip(found["lanes"], found["participants"], strict=True)):
        if found["lanes"].count(lane) > 1:  # jobs of one worker, in the order of their circle
            hold_sites[lane], wait_sites[lane] = edges[number - 1]["hold_site"], edges[number]["wait_site"]
        yield f"    {model.lane_name(lane)} (process {each['process']})"
        held = " and ".join(each["holds"])
        if held:
            yield f"      {'holds' if certain else 'took'} {held}"
            yield from stack_lines(model.stack(hold_sites.get(lane, 0)))
        yield f"      {'waits for' if certain else 'then took'} {each['waits_for']}"
        if lane in wait_sites:
            yield from stack_lines(model.stack(wait_sites[lane]))
        else:  # nobody is left who could end this wait: it leads nowhere
            yield from stack_lines([Site(**frame) for frame in each["stack"]])


def stack_lines(frames: list[Site]) -> Iterator[str]:
    """Innermost first: what one wants to see; the rest only as far as it helps, which what runs tests does not."""
    told = list(itertools.takewhile(lambda frame: not _runs_tests(frame), frames[::-1])) or frames[::-1]
    for frame in told[:MOST_FRAMES]:
        yield f"        at {_short(frame.file)}:{frame.line} in {frame.function}"
    more = len(frames) - min(len(told), MOST_FRAMES)
    if more:
        yield f"        and {count(more, 'frame')} more"


def _runs_tests(frame: Site) -> bool:
    return any(folder in frame.file.replace(os.sep, "/") for folder in TEST_RUNNERS)


def _short(path: str) -> str:
    """Relative where that is shorter and does not lead out of the working folder."""
    relative = os.path.relpath(path) if os.path.isabs(path) else path
    return path if relative.startswith(os.pardir) else relative


def wrapped(text: str, width: int, indent: str = "    ") -> list[str]:
    """Lines of at most this width, but for long words. What begins further left than `    ` stands out."""
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )


def _counts(model: Model) -> str:
    dropped = int(model.overhead.get("dropped") or 0)
    lost = f", {count(dropped, 'record')} dropped" if dropped else ""
    return (
        f"{count(len(model.lanes), 'lane')} in {count(len(model.processes), 'process', 'processes')},"
        f" {count(model.overhead.get('events', 0), 'event')}{lost}; {how_it_ended(model.program_end or {})}"
    )
