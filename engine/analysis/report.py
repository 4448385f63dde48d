"""A recording in summary: as a JSON object (schema 1) and as text for a terminal."""

import math
import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np

from engine.analysis.findings import find_all, plain, verdict
from engine.analysis.known import Known
from engine.analysis.lock_report import lock_entries
from engine.analysis.order.lock_graph import excluded
from engine.model.attribution import LOOKED_AT, WORTH_TELLING
from engine.model.format import count, duration
from engine.model.model import Model
from engine.model.statistics import lane_statistics, throughput
from engine.recording.schema import State

WIDTH = 80
OUTPUT_KEPT = 1 << 16  # characters, the last ones
OUTPUT_LINES = 8
MOST_LANES = 40
MOST_LOCKS = 15
MOST_GILS = 8
MOST_EXCLUSIONS = 20
ALIVE = tuple(state for state in State if state is not State.ENDED)
# Columns of the table of lanes, in the order in which people ask.
COLUMNS = (
    State.RUNNING, State.GIL_WAIT, State.CORE_WAIT, State.LOCK_WAIT, State.WAIT, State.SLEEP, State.IO, State.IDLE,
    State.UNKNOWN,
)  # fmt: skip
SHORT = {
    State.RUNNING: "run", State.GIL_WAIT: "GIL", State.CORE_WAIT: "core", State.LOCK_WAIT: "lock",
    State.UNKNOWN: "unkn.",
}  # fmt: skip
MOST_STATES = 6  # with columns of their own; the rest is "other"
CELL = 7  # `100±12`
FAR = 50  # points that a share may be off: too short a time to say more than about
NAME = WIDTH - 2 - 9 - 7 * CELL


def summarise(model: Model, *, damage: str | None = None, growing: bool = False) -> dict[str, Any]:
    """The summary as plain data. `damage`: what the reader says is missing; `growing`: it is still being recorded."""
    known = Known(model)
    findings = find_all(model, known)
    lanes = lane_statistics(model)
    totals = np.array([row.states for row in lanes], np.int64).reshape(-1, len(State))
    sampled = model.states.sampled(np.array([row.lane.id for row in lanes], np.int64), model.start_ns, model.end_ns)
    overhead, end = model.overhead, model.program_end or {}
    work = throughput(model)
    notes = [{"level": text.get("level") or "info", "text": text["text"]} for text in model.notes]
    if damage:
        notes.insert(0, {"level": "warning", "text": damage})
    return {
        "schema": 1,
        "verdict": verdict(findings),
        "program": {
            **{key: model.header.get(key) for key in ("title", "command", "scenario", "backend", "workers")},
            "parameters": model.header.get("parameters") or {},
            "interpreter": model.header.get("interpreter"),
            "exit_status": end.get("exit_status"),
            "ended_by": end.get("ended_by"),
            "elapsed_ns": work.elapsed_ns,
        },
        "recording": {
            "events": overhead.get("events", 0),
            "dropped": overhead.get("dropped", 0),
            "lanes": len(model.lanes),
            "processes": len(model.processes),
            "slices": model.states.slice_count,
            "overhead_percent": float(overhead.get("traced_percent") or 0.0),
            "recorder_cpu_ns": overhead.get("recorder_cpu_ns", 0),
            "sampling": {
                "rate_hz": model.attribution.rate_hz,
                "wanted_hz": model.attribution.wanted_hz,
                "looks": model.attribution.looks,
                "percent_of_a_core": model.attribution.cost_percent,
                "sentence": model.attribution.sentence,
                "merged": model.attribution.any_merged,
            },
            "created": model.header.get("created"),
            "elapsed_ns": model.end_ns - model.start_ns,
            "complete": model.finished and not damage,
            "growing": growing,
        },
        "states": _states(totals.sum(axis=0), sampled.sum(axis=0), model.attribution.uncertainty(totals, sampled)),
        "processes": [
            {"pid": each.pid, "name": each.name, "role": each.role, "exit_status": each.exit_status}
            for each in model.processes
        ],
        "lanes": [
            {
                "process": model.processes[row.lane.process].pid,
                "thread": row.lane.name,
                "name": model.lane_name(row.lane.id),
                "native_id": row.lane.native_id,
                "internal": row.lane.internal,
                "alive_ns": row.alive_ns,
                "error": row.lane.error,
                "states": _states(row.states, seen, model.attribution.uncertainty(row.states, seen)),
                "context_switches": _switches(model, row.lane.id),
            }
            for row, seen in zip(lanes, sampled, strict=True)
        ],
        "gils": _gils(model),
        "locks": lock_entries(model, known),
        "findings": [plain(found) for found in findings],
        "excluded": excluded(model),
        "throughput": {
            "tasks": work.tasks,
            "tasks_per_s": round(work.tasks_per_s, 3),
            "items": work.items,
            "items_per_s": round(work.items_per_s, 3),
        },
        "workers": [
            {key: worker.get(key) for key in ("worker", "label", "done", "total", "items", "result", "error")}
            for _, worker in sorted(model.workers.items())
        ],
        "output": "".join(entry["text"] for entry in model.output)[-OUTPUT_KEPT:],
        "notes": notes,
    }


def _states(times: np.ndarray, sampled: np.ndarray, uncertainty: np.ndarray) -> dict[str, dict[str, float]]:
    """`points`: half the width of the interval in which the percentage lies 95 times of 100; 0: exact. `sampled_ns`:
    how much of a state was seen by looks only, which GIL wait always is.
    """
    alive = max(1, int(times[1:].sum()))
    return {
        state.words: {
            "ns": int(times[state]),
            "sampled_ns": int(times[state] if state in LOOKED_AT else min(sampled[state], times[state])),
            "percent": round(100 * int(times[state]) / alive, 1),
            "points": round(float(uncertainty[state]), 1),
        }
        for state in ALIVE
    }


def _switches(model: Model, lane: int) -> dict[str, int] | None:
    switches = model.accounts.switches(lane)
    return None if switches is None else {"voluntary": switches[0], "involuntary": switches[1]}


def _gils(model: Model) -> list[dict[str, Any]]:
    """Every GIL that somebody looked at: how busy it was, and who had it."""
    found = []
    for process in model.processes:
        for gil in model.gils.of_process(process.id):
            end_ns = model.end_ns if process.end_ns is None else process.end_ns
            load = model.gils.load(gil.id, model.start_ns, end_ns)
            if load is None:
                continue
            holders = model.gils.holders(gil.id, model.start_ns, end_ns)
            found.append(
                {
                    "process": process.pid,
                    "name": gil.label,
                    "taken_percent": round(100 * load.taken, 1),
                    "mean_waiting": round(load.waiting, 2),
                    "switches": load.switches,
                    "looks": load.looks,
                    "certainty": "inferred" if gil.inferred else "sampled",
                    "holders": {model.lane_label(lane): ns for lane, ns in holders.items() if lane >= 0},
                }
            )
    return found


def render(summary: dict[str, Any]) -> str:
    """The summary as text, WIDTH characters wide at most (names of lanes and locks are shortened)."""
    parts = [
        _head(summary),
        _findings(summary),
        listed_exclusions(summary["excluded"]),
        _lanes(summary),
        _locks(summary["locks"]),
        _workers(summary),
        _output(summary["output"]),
        _notes(summary["notes"]),
    ]
    return "\n\n".join(part for part in parts if part)


def _head(summary: dict[str, Any]) -> str:
    program, recording = summary["program"], summary["recording"]
    how = [part for part in (program["interpreter"], program["backend"]) if part]
    if program["workers"]:
        how.append(count(program["workers"], "worker"))
    title = program["title"] or " ".join(program["command"] or []) or "Recording"
    lines = [f"{title} ({', '.join(how)})" if how else title]
    ended = how_it_ended(program)
    if recording["growing"]:
        ended = "still running"
    lines.append(f"{duration(program['elapsed_ns'])}, {ended}")
    text = (
        f"{count(recording['lanes'], 'lane')} in {count(recording['processes'], 'process', 'processes')},"
        f" {count(recording['slices'], 'slice')}, {count(recording['events'], 'event')},"
        f" {recording['dropped']} dropped,"
        f" overhead {recording['overhead_percent']:.1f} % of the program's CPU time (estimated)"
    )
    return "\n".join([*lines, *textwrap.wrap(text, WIDTH)])


def how_it_ended(program: dict[str, Any]) -> str:
    """From a recording's program-end (or a summary's program)."""
    return {
        None: "the program's end is not in the recording",
        "itself": f"ended by itself with exit status {program.get('exit_status')}",
        "deadlock": "ended because of a deadlock",
        "stop": "stopped",
    }.get(program.get("ended_by"), f"ended by {program.get('ended_by')}")


def _findings(summary: dict[str, Any]) -> str:
    if not summary["findings"]:
        return "Findings: none"
    names = {(lane["process"], lane["thread"]): lane["name"] for lane in summary["lanes"]}
    lines = ["Findings"]
    for found in summary["findings"]:
        lines.append(f"  {found['severity']}: {found['title']} ({found['certainty']})")
        for text in (found["explanation"], found["advice"]):
            lines += textwrap.wrap(text, WIDTH, initial_indent="    ", subsequent_indent="    ")
        for each in found["participants"] if found["kind"] == "deadlock" else ():
            name = names.get((each["process"], each["thread"]), each["thread"])
            lines.append(f"    {name} ({each['process']}) waits for {each['waits_for']}")
            frame = each["stack"][-1] if each["stack"] else None
            if frame:
                lines.append(f"      at {frame['file']}:{frame['line']} in {frame['function']}")
    return "\n".join(lines)


def listed_exclusions(sentences: list[str]) -> str:
    """What was not taken for a possible deadlock, and why; nothing when there is none."""
    if not sentences:
        return ""
    lines = ["Orders of locks that look like a deadlock and can't become one"]
    for sentence in sentences[:MOST_EXCLUSIONS]:
        lines += textwrap.wrap(sentence, WIDTH, initial_indent="  ", subsequent_indent="    ")
    if len(sentences) > MOST_EXCLUSIONS:
        lines.append(f"  and {len(sentences) - MOST_EXCLUSIONS} more (--json has them)")
    return "\n".join(lines)


def _lanes(summary: dict[str, Any]) -> str:
    lanes = [lane for lane in summary["lanes"] if not lane["internal"]]
    if not lanes:
        return ""
    shown, rest = _columns(summary["states"])
    names = [SHORT.get(state, state.words) for state in shown] + (["other"] if rest else [])
    if summary["recording"]["sampling"]["merged"] and State.GIL_WAIT in shown:
        names[shown.index(State.GIL_WAIT)] = "no CPU"  # GIL wait and core wait are one and the same here
    heads = "".join(f"{name:>{CELL}}" for name in names)
    several = len({lane["process"] for lane in lanes}) > 1
    lines = [f"{'Lanes, % of time':<{NAME + 2}}{'alive':>9}{heads}"]
    for lane in lanes[:MOST_LANES]:
        pid = f" ({lane['process']})" if several else ""
        name = _cut_inside(lane["name"], NAME - 1 - len(pid)) + pid
        lines.append(_lane_line(name, lane["alive_ns"], lane["states"], shown, rest))
    if len(lanes) > MOST_LANES:
        lines.append(f"  and {len(lanes) - MOST_LANES} more (--json has them)")
    if len(lanes) > 1:
        total = sum(lane["alive_ns"] for lane in summary["lanes"])
        lines.append(_lane_line("all, with services", total, summary["states"], shown, rest))
    if sampled := summary["recording"]["sampling"]["sentence"]:
        text = f"Between recorded waits {sampled}; ± is how far a share may be off because of that (~: half and more)"
        lines += textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="  ")
    return "\n".join([*lines, *_gil_lines(summary["gils"])])


def _columns(states: dict[str, Any]) -> tuple[list[State], list[State]]:
    """The states that get columns, in their order, and those that are "other": where there are many, the rarest."""
    used = [state for state in COLUMNS if states[state.words]["ns"]]
    if len(used) <= MOST_STATES + 1:
        return used, []
    often = sorted(used, key=lambda state: -states[state.words]["ns"])[:MOST_STATES]
    return [state for state in used if state in often], [state for state in used if state not in often]


def _gil_lines(gils: list[dict[str, Any]]) -> Iterator[str]:
    """A line for each GIL that anybody had."""
    for gil in [gil for gil in gils if gil["holders"] or gil["switches"]][:MOST_GILS]:
        text = f"{gil['name']} ({gil['process']}): taken {gil['taken_percent']:.0f} % of the time"
        if gil["mean_waiting"] >= 0.05:
            text += f", {gil['mean_waiting']:.1f} lanes waiting on average"
        if gil["switches"]:
            text += f", changed hands {gil['switches']} times"
        yield from textwrap.wrap(f"{text} ({gil['certainty']})", WIDTH, initial_indent="  ", subsequent_indent="    ")


def _lane_line(name: str, alive_ns: int, states: dict[str, Any], shown: list[State], rest: list[State]) -> str:
    cells = [_share([states[state.words]], alive_ns) for state in shown]
    if rest:
        cells.append(_share([states[state.words] for state in rest], alive_ns))
    figures = "".join(f"{cell:>{CELL}}" for cell in cells)
    return f"  {name:<{NAME}}{duration(alive_ns):>9}{figures}".rstrip()


def _share(states: list[dict[str, float]], alive_ns: int) -> str:
    """`48±3`: percent of the time alive; a decimal where nothing makes it doubtful, nothing where there was none."""
    spent = sum(state["ns"] for state in states)
    points = math.hypot(*(state["points"] for state in states))
    if not spent:
        return ""
    share = 100 * spent / max(1, alive_ns)
    if points >= FAR:
        return f"~{share:.0f}"
    if points >= WORTH_TELLING:
        return f"{share:.0f}±{max(1, round(points))}"
    return f"{share:.1f}" if share >= 0.05 else "<0.1"


def _locks(locks: list[dict[str, Any]]) -> str:
    own = [lock for lock in locks if not lock["internal"]]
    if not own:
        return ""
    heads = "".join(f"{head:>10}" for head in ("waited", "longest", "held", "longest"))
    lines = [f"{'Locks and queues':<23}{'taken':>9}{'waits':>8}{heads}"]
    for lock in own[:MOST_LOCKS]:
        wait, hold = lock["wait_ns"], lock["hold_ns"]
        times = [duration(wait["total"]), duration(wait["longest"])]
        times += [duration(hold["total"]), duration(hold["longest"])] if hold["total"] else ["", ""]
        columns = "".join(f"{text:>10}" for text in times)
        lines.append(f"  {_cut(lock['name'], 20):<21}{lock['acquisitions']:>9}{lock['waits']:>8}{columns}".rstrip())
    if len(own) > MOST_LOCKS:
        lines.append(f"  and {len(own) - MOST_LOCKS} more (--json has them)")
    return "\n".join(lines)


def _workers(summary: dict[str, Any]) -> str:
    work, workers = summary["throughput"], summary["workers"]
    lines = []
    if work["tasks"]:
        lines.append(f"{count(work['tasks'], 'task')} done, {work['tasks_per_s']:.1f} a second")
    if work["items"]:
        lines.append(f"{count(work['items'], 'item')} done, {work['items_per_s']:.1f} a second")
    for worker in workers[:MOST_LANES]:
        total = f" of {worker['total']}" if worker["total"] else ""
        text = f"  {worker['worker']:<12} {worker['label'] or 'done'} {worker['done'] or 0}{total}"
        if worker["result"] not in (None, ""):
            text += f", result {worker['result']}"
        if worker["error"]:
            text += f", failed: {str(worker['error']).strip().splitlines()[-1]}"
        lines.append(_cut(text, WIDTH))
    return "\n".join(["Work", *lines]) if lines else ""


def _output(output: str) -> str:
    lines = output.splitlines()
    if not lines:
        return ""
    head = f"Output, the last {OUTPUT_LINES} of {len(lines)} lines" if len(lines) > OUTPUT_LINES else "Output"
    return "\n".join([head, *(_cut(f"  {line}", WIDTH) for line in lines[-OUTPUT_LINES:])])


def _notes(notes: list[dict[str, Any]]) -> str:
    if not notes:
        return ""
    wrapped = (textwrap.wrap(note["text"], WIDTH, initial_indent="  ", subsequent_indent="    ") for note in notes)
    return "\n".join(["Notes", *(line for lines in wrapped for line in lines)])


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _cut_inside(text: str, width: int) -> str:
    """Names of lanes differ at their ends."""
    return text if len(text) <= width else f"{text[: width // 2]}…{text[len(text) - (width - 1 - width // 2) :]}"
