"""What a recording says, as objects and stores that can be asked. Pure: no I/O, no clock."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.model.accounts import AccountStore, CoreStore, MemoryStore
from engine.model.attribution import Attribution
from engine.model.columns import Table
from engine.model.contention import Contention
from engine.model.entities import Bookmark, Lane, Primitive, Process, Site
from engine.model.forks import Forks
from engine.model.gil import Gil, GilStore
from engine.model.holds import HoldStore
from engine.model.job_errors import JobErrors
from engine.model.jobs import Jobs
from engine.model.meant import was_meant
from engine.model.nestings import Gift, Join, Nesting, Passage, Receipt, gift, join, nesting, passage, receipt
from engine.model.series import DepthStore, ResourceStore, SignalStore
from engine.model.states import StateStore
from engine.model.tasks import TaskStore
from engine.recording.overview import Overview
from engine.recording.reader import Batch
from engine.recording.schema import MARK_ROW, Layer

Text = dict[str, Any]


class Model:
    """Takes in batches of a recording, live or whole, and answers. All times are absolute ns.

    `overhead` and `program_end` are the last such definition; `workers` holds each worker's last progress by its
    name, and when its first came (`first_ns`).
    """

    def __init__(self, header: dict[str, Any]) -> None:
        self.header = header
        self.version = 0  # grows with every batch that changed anything
        self.start_ns = int(header.get("start_ns") or 0)
        self.end_ns = self.start_ns  # the watermark; of what has an overview, the end
        self.known_ns = self.start_ns  # the watermark: everything up to here has been taken in
        self.finished = False  # the recording was ended in order
        self.program_end: Text | None = None
        self.overhead: Text = {}
        self.first_overhead: Text = {}
        self.notes: list[Text] = []
        self.compared: dict[str, str] = {}  # kind of a finding → what a comparison of this run with others measured
        self.bookmarks: dict[int, Bookmark] = {}  # the reader's own; those from user code are marks
        self.renamed = 0  # grows whenever something that had a name gets another
        self.sources: dict[str, str] = {}  # text by file, as it was during the run
        self.processes: list[Process] = []
        self.lanes: list[Lane] = []
        self.forks = Forks(self.lanes, self.processes)
        self.primitives: dict[int, Primitive] = {}
        self.findings: dict[int, Text] = {}
        self.output: list[Text] = []
        self.workers: dict[int, Text] = {}
        self.names: dict[int, str] = {}
        self.jobs, self.job_errors = Jobs(), JobErrors()  # of executors and pools
        self.nestings: list[Nesting] = []  # locks taken while others were held
        self.joins: list[Join] = []
        self.passages: list[Passage] = []
        self.gifts: list[Gift] = []
        self.receipts: list[Receipt] = []
        self.executor_workers: dict[int, list[int]] = {}  # executor → lanes that work for it
        self.details: dict[int, tuple[int, int]] = {0: (0, 0)}  # detail → primitive, site
        self.timed_out: set[int] = set()  # details of waits that their timeout ended
        self.states = StateStore(self.start_ns)
        self.holds = HoldStore(self.start_ns)
        self.contention = Contention()
        self.tasks, self.depths, self.signals = TaskStore(), DepthStore(), SignalStore()
        self.resources = ResourceStore()
        self.accounts = AccountStore()
        self.cores = CoreStore()
        self.memory = MemoryStore()
        self.gils = GilStore()
        self.attribution = Attribution()
        self._marks = Table(MARK_ROW)
        self._foretold = (0, 0)  # processes and lanes that the overview has defined, with all that happened to them
        self._sites: dict[int, Site] = {}
        self._stacks: dict[int, list[int]] = {}
        self._new_lanes: list[int] = []
        self._namesakes: Counter[str] = Counter()  # how many lanes go by a name;
        self._counted = (0, 0)  # there were so many when they were counted, and `renamed` was this
        self._takers: dict[str, Callable[[Text], None]] = {
            "process": self._take_process,
            "process-end": self._take_process_end,
            "process-name": self._take_process_name,
            "process-work": self._take_process_work,
            "forked": self.forks.take,
            "forked-by": self.forks.take_child,
            "lane": self._take_lane,
            "lane-name": self._take_lane_name,
            "lane-end": self._take_lane_end,
            "lane-error": self._take_lane_error,
            "lane-target": self._take_lane_target,
            "primitive": self._take_primitive,
            "primitive-name": self._take_primitive_name,
            "site": self._take_site,
            "stack": self._take_stack,
            "source": self._take_source,
            "detail": self._take_detail,
            "name": self._take_name,
            "progress": self._take_progress,
            "executor-worker": self._take_executor_worker,
            "nesting": lambda text: self.nestings.append(nesting(text)),
            "joined": lambda text: self.joins.append(join(text)),
            "passed": lambda text: self.passages.append(passage(text)),
            "gave": lambda text: self.gifts.append(gift(text)),
            "untold": self.jobs.take_silence,
            "got": lambda text: self.receipts.append(receipt(text)),
            "job-submitted": self.jobs.take_submit,
            "job-began": self.jobs.take_start,
            "job-ended": self.jobs.take_end,
            "job-read": self.jobs.take_reading,
            "job-failed": self.job_errors.take_failure,
            "job-error": self.job_errors.take_fate,
            "finding": self._take_finding,
            "program-end": self._take_program_end,
            "overhead": self._take_overhead,
            "attribution": self._take_attribution,
            "gil": self._take_gil,
            "output": self.output.append,
            "note": self.notes.append,
            "compared": self._take_compared,
            "bookmark": self._take_bookmark,
            "end": self._take_end,
        }
        # In this order: what is open goes on from what is closed.
        self._row_takers: dict[Layer, Callable[[np.ndarray], None]] = {
            Layer.STATES: self._take_states,
            Layer.OPEN_STATES: self.states.set_open,
            Layer.HOLDS: self._take_holds,
            Layer.OPEN_HOLDS: self.holds.set_open,
            Layer.TASKS: self.tasks.append,
            Layer.DEPTHS: self.depths.append,
            Layer.SIGNALS: self.signals.append,
            Layer.RESOURCES: self.resources.append,
            Layer.ACCOUNTS: self.accounts.append,
            Layer.CORES: self.cores.append,
            Layer.MEMORY: self.memory.append,
            Layer.GILS: self.gils.append,
            Layer.MARKS: self._marks.append,
        }

    @property
    def marks(self) -> np.ndarray:
        """Bookmarks from user code: MARK_ROW."""
        return self._marks.rows

    def take_in(self, batch: Batch) -> None:
        """Takes in what a reader has read. Definitions of an unknown type are passed over."""
        if not batch:
            return
        for text in batch.texts:
            if take := self._takers.get(text.get("type", "")):
                take(text)
        self._add_new_lanes()
        known = len(self.lanes)
        rows = {layer: part for layer, every in batch.rows.items() if len(part := _of_known_lanes(every, known))}
        for layer, take_rows in self._row_takers.items():
            if layer in rows:
                take_rows(rows[layer])
        self.known_ns = max(self.known_ns, batch.watermark_ns)
        self.end_ns = max(self.end_ns, self.known_ns)
        self.states.advance(self.known_ns)
        self.holds.advance(self.known_ns)
        for number in [id_ for id_, each in self.findings.items() if was_meant(each, self.signals, self.known_ns)]:
            del self.findings[number]
        self.version += 1

    def foretell(self, overview: Overview) -> None:
        """Knows the lanes and the end of a recording, and roughly what it shows, before anything is taken in."""
        for text in overview.definitions:
            if take := self._takers.get(text.get("type", "")):
                take(text)
        self._add_new_lanes()
        self._foretold = len(self.processes), len(self.lanes)
        self.end_ns = overview.end_ns
        self.states.foretell(overview)
        self.version += 1

    @property
    def loaded(self) -> float:
        """Share of the time up to `end_ns` that has been taken in."""
        return (self.known_ns - self.start_ns) / max(self.end_ns - self.start_ns, 1)

    def _take_states(self, rows: np.ndarray) -> None:
        added = self.states.append(rows)
        self.contention.add_states(added.starts, added.ends, added.codes, added.details)

    def _take_holds(self, rows: np.ndarray) -> None:
        self.holds.append(rows)
        self.contention.add_holds(rows)

    # What definitions refer to.

    def site(self, number: int) -> Site | None:
        """The place of a site, or of the innermost frame of a stack; None: not known."""
        if number in self._stacks:
            frames = self._stacks[number]
            number = frames[-1] if frames else 0
        return self._sites.get(number)

    def stack(self, number: int) -> list[Site]:
        """The frames of a stack, innermost last; of a site just that one."""
        return [site for part in self._stacks.get(number, [number]) if (site := self._sites.get(part))]

    def detail(self, number: int) -> tuple[Primitive | None, int]:
        """What a slice's detail stands for: the primitive and the number of the site or stack (0: not known)."""
        primitive, site = self.details.get(number, (0, 0))
        return self.primitives.get(primitive), site

    def lane_name(self, lane: int) -> str:
        """What people call a lane: the main thread of a child process goes by the name of its process."""
        name, process = self.lanes[lane].name, self.processes[self.lanes[lane].process]
        return process.name if name == "MainThread" and process.parent is not None else name

    def lane_label(self, lane: int) -> str:
        """The lane's name, with its process's pid when another lane goes by the same."""
        name = self.lane_name(lane)
        if self._counted != (len(self.lanes), self.renamed):
            self._counted = (len(self.lanes), self.renamed)
            self._namesakes = Counter(self.lane_name(other.id) for other in self.lanes)
        if self._namesakes[name] > 1:
            return f"{name} ({self.processes[self.lanes[lane].process].pid})"
        return name

    # Taking in definitions.

    def _take_process(self, text: Text) -> None:
        process = Process(
            id=text["id"], pid=text["pid"], name=text.get("name") or "python", start_ns=text["start_ns"],
            parent=text.get("parent"), role=text.get("role") or "program", python=text.get("python") or "",
            free_threaded=bool(text.get("free_threaded")), executable=text.get("executable") or "",
            argv=text.get("argv") or [], how=text.get("how") or "exec",
            launched_ns=text.get("launched_ns") or text["start_ns"], starter=text.get("starter"),
        )  # fmt: skip
        if process.id < self._foretold[0]:
            return
        if process.id < len(self.processes):
            self.processes[process.id] = process
        else:
            self.processes.append(process)

    def _take_process_end(self, text: Text) -> None:
        process = self.processes[text["id"]]
        process.end_ns, process.exit_status = text["time_ns"], text.get("exit_status")
        process.terminated = bool(text.get("terminated"))
        self.resources.end_process(process.id, text["time_ns"])

    def _take_process_name(self, text: Text) -> None:
        process = self.processes[text["id"]]
        process.name = text["name"]
        process.launched_ns = text.get("launched_ns") or process.launched_ns
        process.starter = text.get("starter", process.starter)
        self.renamed += 1

    def _take_compared(self, text: Text) -> None:
        self.compared[text["kind"]] = text["words"]

    def _take_process_work(self, text: Text) -> None:
        self.processes[text["id"]].work = text["start_ns"], text["end_ns"]

    def _take_lane(self, text: Text) -> None:
        lane = Lane(
            id=text["id"], process=text["process"], serial=text["serial"], native_id=text.get("native_id") or 0,
            name=text.get("name") or f"thread {text['serial']}", start_ns=text["start_ns"],
            internal=bool(text.get("internal")), daemon=bool(text.get("daemon")), parent=text.get("parent"),
            named_ns=text["start_ns"],
        )  # fmt: skip
        if lane.id < self._foretold[1]:
            return
        if lane.id < len(self.lanes):
            self.lanes[lane.id] = lane
            return
        self.lanes.append(lane)
        self._new_lanes.append(lane.start_ns)

    def _add_new_lanes(self) -> None:
        if self._new_lanes:
            self.states.add_lanes(self._new_lanes)
            self._new_lanes = []

    def _take_lane_name(self, text: Text) -> None:
        lane = self.lanes[text["id"]]
        lane.name, lane.named_ns = text["name"], text.get("time_ns") or lane.named_ns
        self.renamed += 1

    def _take_lane_error(self, text: Text) -> None:
        lane = self.lanes[text["id"]]
        lane.error, lane.error_stack = text["error"], text["stack"]

    def _take_lane_target(self, text: Text) -> None:
        self.lanes[text["id"]].target = text["target"]

    def _take_lane_end(self, text: Text) -> None:
        lane = self.lanes[text["id"]]
        lane.end_ns, lane.error = text["time_ns"], text.get("error") or lane.error
        self._add_new_lanes()
        self.states.end_lane(lane.id, text["time_ns"])
        self.holds.end_lane(lane.id, text["time_ns"])

    def _take_primitive(self, text: Text) -> None:
        self.primitives[text["id"]] = Primitive(
            id=text["id"], kind=text["kind"], name=text.get("name") or "", file=text.get("file") or "",
            line=text.get("line") or 0, process=text.get("process"), shared=bool(text.get("shared")),
            internal=bool(text.get("internal")), capacity=text.get("capacity"),
        )  # fmt: skip

    def _take_primitive_name(self, text: Text) -> None:
        self.primitives[text["id"]].name = text["name"]
        self.renamed += 1

    def _take_site(self, text: Text) -> None:
        self._sites[text["id"]] = Site(text["file"], text["line"], text.get("function") or "")

    def _take_stack(self, text: Text) -> None:
        self._stacks[text["id"]] = list(text["sites"])

    def _take_source(self, text: Text) -> None:
        self.sources[text["file"]] = text["text"]

    def _take_detail(self, text: Text) -> None:
        self.details[text["id"]] = (text.get("primitive") or 0, text.get("site") or 0)
        if text.get("timed_out"):
            self.timed_out.add(text["id"])
        self.contention.name_detail(text["id"], text.get("primitive") or 0)

    def _take_name(self, text: Text) -> None:
        self.names[text["id"]] = text["text"]

    def _take_progress(self, text: Text) -> None:
        former = self.workers.get(text["worker"], {"first_ns": text.get("time_ns")})
        self.workers[text["worker"]] = {**former, **text}

    def _take_executor_worker(self, text: Text) -> None:
        self.executor_workers.setdefault(text["primitive"], []).append(text["lane"])

    def _take_finding(self, text: Text) -> None:
        self._add_new_lanes()
        self.findings[text["id"]] = text
        if text.get("kind") == "deadlock":
            for lane in text.get("lanes") or []:
                awaited = self.awaited_in(text, lane)
                io = awaited is not None and awaited.awaited_in_io
                self.states.mark_deadlocked(lane, int(text.get("start_ns") or 0), io=io)

    def awaited_in(self, deadlock: Text, lane: int) -> Primitive | None:
        """What a lane of a deadlock waits for."""
        edges = (edge for edge in deadlock.get("edges") or () if edge["waiter"] == lane)
        return next((found for edge in edges if (found := self.primitives.get(edge["primitive"])) is not None), None)

    def add_finding(self, finding: Text, instead_of: int | None = None) -> int:
        """Adds what an analysis found in this model, or puts it in the place of a former such finding. Returns its id,
        which is below 0, for the recording does not hold it.
        """
        number = min([0, *self.findings]) - 1 if instead_of is None else instead_of
        self.findings[number] = {**finding, "id": number}
        self.version += 1
        return number

    def remove_finding(self, number: int) -> None:
        """Takes back what an analysis found."""
        del self.findings[number]
        self.version += 1

    def _take_bookmark(self, text: Text) -> None:
        if text.get("text") is None:
            self.bookmarks.pop(text["id"], None)
            return
        time_ns = int(text["time_ns"])
        end_ns = max(int(text.get("end_ns") or 0), time_ns)
        self.bookmarks[text["id"]] = Bookmark(text["id"], time_ns, end_ns, text.get("lane"), str(text["text"]))

    def put_bookmark(self, bookmark: Text) -> None:
        """Takes a bookmark (a "bookmark" text of the schema) that could not be written to the recording."""
        self._take_bookmark(bookmark)
        self.version += 1

    def replace_finding(self, finding: Text) -> None:
        """Takes another one of the same id in its stead: more is known by now."""
        self.findings[finding["id"]] = finding
        self.version += 1

    def _take_program_end(self, text: Text) -> None:
        self.program_end = text

    def _take_overhead(self, text: Text) -> None:
        self.overhead = text
        self.first_overhead = self.first_overhead or text
        self.attribution.take_overhead(text)

    def _take_attribution(self, text: Text) -> None:
        self.attribution.methods[text["process"]] = text["method"]

    def _take_gil(self, text: Text) -> None:
        self.gils.define(Gil(text["id"], text["process"], text.get("interpreter") or 0, text.get("how") == "inferred"))

    def _take_end(self, text: Text) -> None:
        self.finished = True
        self.end_ns = max(self.end_ns, text["time_ns"])


def _of_known_lanes(rows: np.ndarray, known: int) -> np.ndarray:
    """Without rows of lanes whose definition was lost."""
    if "lane" not in (rows.dtype.names or ()) or not len(rows) or rows["lane"].max() < known:
        return rows
    kept: np.ndarray = rows[rows["lane"] < known]
    return kept
