"""What the system's accounts and the recorder's looks say of a lane or a process: rows of a table, as rich text."""

from html import escape

from engine.model.entities import Lane, Process
from engine.model.format import count, duration, percent, size
from engine.model.model import Model
from gui.widgets.figures import grouped

METHODS = {
    "system_calls": "accounts and system calls",
    "accounts": "accounts; system calls may not be seen here",
    "cpu_time": "CPU time only: GIL wait and core wait are one",
    "none": "nothing: this system is silent about threads",
}
MOST_HOLDERS = 3

Rows = list[tuple[str, str]]


def of_lane(model: Model, lane: Lane) -> Rows:
    """CPU time, time in the run queue, context switches, and how the time between recorded waits is told apart."""
    rows: Rows = []
    accounts = model.accounts.of_lane(lane.id)
    if len(accounts):
        last = accounts[-1]
        rows.append(("CPU time", duration(int(last["cpu"]))))
        rows.append(("no core free", duration(int(last["queue"]))))
        voluntary, involuntary = int(last["voluntary"]), int(last["involuntary"])
        rows.append(("switches", f"{grouped(voluntary)} voluntary · {grouped(involuntary)} involuntary"))
    if method := METHODS.get(model.attribution.methods.get(_observed(model, lane.process), "")):
        rows.append(("sampled by", escape(method)))
    return rows


def of_process(model: Model, process: Process) -> Rows:
    """How busy its GILs were and who had them, its memory, and the machine's cores meanwhile."""
    end_ns = process.end_ns if process.end_ns is not None else model.end_ns
    rows: Rows = []
    for gil in model.gils.of_process(process.id):
        load = model.gils.load(gil.id, process.start_ns, end_ns)
        if load is None:
            continue
        words = [f"{percent(load.taken)} taken", f"{load.waiting:.1f} waiting"]
        if load.switches:
            words.append(count(load.switches, "switch", "switches"))
        rows.append((escape(gil.label), escape(", ".join(words)) + (" (inferred)" if gil.inferred else " (sampled)")))
        holders = model.gils.holders(gil.id, process.start_ns, end_ns)
        spent = max(1, sum(holders.values()))
        names = [f"{model.lane_label(lane)} {percent(ns / spent)}" for lane, ns in holders.items() if lane >= 0]
        if names:
            rows.append(("held by", escape(", ".join(names[:MOST_HOLDERS]))))
    if (pss := model.memory.pss(process.id, end_ns)) is not None:
        rows.append(("memory", f"{size(pss)} with its part of what is shared (PSS)"))
    cores = [(core, model.cores.mean(core, process.start_ns, end_ns)) for core in model.cores.cores()]
    busy = [f"{core}: {percent(share)}" for core, share in cores if share is not None]
    if busy:
        rows.append(("cores busy", escape(", ".join(busy[:16]) + (" …" if len(busy) > 16 else ""))))
    return rows


def _observed(model: Model, process: int) -> int:
    """The process that looks at a lane's thread are counted for: of a further interpreter, the one it is in."""
    owner = model.processes[process]
    return owner.parent if owner.role == "interpreter" and owner.parent is not None else process
