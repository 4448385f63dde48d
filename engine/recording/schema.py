"""What a recording holds: states, layers and their columns. The file's codes; nothing here may be renumbered.

A recording is a header and a sequence of append-only chunks (see `writer` and `reader` for the bytes). Each chunk
belongs to one layer. `TEXTS` chunks hold JSON definitions that later rows refer to by number, so a definition always
precedes its first use.
"""

from enum import IntEnum

import numpy as np


class State(IntEnum):
    """What a lane is doing; exactly one at any time. The order is from harmless to worst, which pixels rely on."""

    ENDED = 0
    IDLE = 1
    SLEEP = 2
    IO = 3
    RUNNING = 4
    UNKNOWN = 5
    CORE_WAIT = 6
    WAIT = 7
    GIL_WAIT = 8
    LOCK_WAIT = 9

    @property
    def words(self) -> str:
        """What people call it, such as `lock wait`, `GIL wait`, `I/O`."""
        return self.name.lower().replace("_", " ").replace("gil", "GIL").replace("io", "I/O")


# A state code is one byte: the state in the low four bits, flags above.
STATE_MASK = 0x0F
SAMPLED = 0x10  # measured by sampling, not recorded
INFERRED = 0x20  # follows from other measurements
DEADLOCKED = 0x40  # a wait that was found to be part of a deadlock


class Layer(IntEnum):
    """What a chunk holds."""

    TEXTS = 1
    STATES = 2
    HOLDS = 3
    TASKS = 4
    DEPTHS = 5
    RESOURCES = 6
    OPEN_STATES = 7
    OPEN_HOLDS = 8
    SIGNALS = 9
    MARKS = 10
    GILS = 11
    ACCOUNTS = 12
    CORES = 13
    MEMORY = 14
    OVERVIEW = 15  # behind the end: see `overview`


# Times in rows are absolute nanoseconds of the recorded machine's monotonic clock; the file stores them relative to
# their chunk.
# STATES: the slices of one lane follow one another without gaps: a slice starts where the lane's previous one ended,
# the first where
# the lane starts. `detail` numbers a pair (primitive, site) that a "detail" text defines; 0: neither.
STATE_ROW = np.dtype([("lane", "<u4"), ("end", "<u8"), ("code", "u1"), ("detail", "<u4")])
HOLD_ROW = np.dtype(
    [("lane", "<u4"), ("primitive", "<u4"), ("start", "<u8"), ("end", "<u8"), ("site", "<u4"), ("serial", "<u2")]
)
TASK_ROW = np.dtype([("lane", "<u4"), ("start", "<u8"), ("end", "<u8"), ("name", "<u4"), ("depth", "<u2")])
DEPTH_ROW = np.dtype([("lane", "<u4"), ("primitive", "<u4"), ("time", "<u8"), ("depth", "<u4"), ("operation", "u1")])
SIGNAL_ROW = np.dtype([("lane", "<u4"), ("primitive", "<u4"), ("time", "<u8"), ("count", "<u2")])
MARK_ROW = np.dtype([("lane", "<u4"), ("time", "<u8"), ("text", "<u4")])
# Cumulative CPU time (ns) and memory (bytes) of a process at a time.
RESOURCE_ROW = np.dtype(
    [("process", "<u4"), ("time", "<u8"), ("cpu", "<u8"), ("rss", "<u8"), ("uss", "<u8"), ("switches", "<u8")]
)
# The system's own accounts of a thread, cumulative: CPU time, time in the run queue (ns), context switches of either
# kind.
ACCOUNT_ROW = np.dtype(
    [("lane", "<u4"), ("time", "<u8"), ("cpu", "<u8"), ("queue", "<u8"), ("voluntary", "<u8"), ("involuntary", "<u8")]
)
CORE_ROW = np.dtype([("core", "<u4"), ("time", "<u8"), ("busy", "<u8")])  # cumulative ns, whoever used the core
MEMORY_ROW = np.dtype([("process", "<u4"), ("time", "<u8"), ("pss", "<u8"), ("swapped", "<u8")])  # bytes
# Who had a GIL, as sampled: `holder` is a lane + 1 or one of the two below; `looks` that agreed, lanes that were seen
# `waiting` for it in all of them together, `switches` of it from thread to thread since the row before. Spans of one
# GIL do not overlap; nothing is known between them.
GIL_NOBODY = 0
GIL_STRANGER = 0xFFFFFFFF  # a thread that has no lane
GIL_ROW = np.dtype(
    [("gil", "<u4"), ("holder", "<u4"), ("start", "<u8"), ("end", "<u8"), ("site", "<u4"), ("looks", "<u2"),
     ("waiting", "<u2"), ("switches", "<u4")]
)  # fmt: skip
# Open rows say how a lane goes on after its last slice: each replaces the lane's (or the lane's and primitive's)
# former one. An open hold
# with since == 0 has ended. They are checkpoints of what ring cells say *now*; the watermark of their chunk is when
# that was.
OPEN_STATE_ROW = np.dtype([("lane", "<u4"), ("since", "<u8"), ("code", "u1"), ("detail", "<u4")])
OPEN_HOLD_ROW = np.dtype([("lane", "<u4"), ("primitive", "<u4"), ("since", "<u8"), ("site", "<u4")])

ROWS = {
    Layer.STATES: STATE_ROW,
    Layer.HOLDS: HOLD_ROW,
    Layer.TASKS: TASK_ROW,
    Layer.DEPTHS: DEPTH_ROW,
    Layer.SIGNALS: SIGNAL_ROW,
    Layer.MARKS: MARK_ROW,
    Layer.RESOURCES: RESOURCE_ROW,
    Layer.ACCOUNTS: ACCOUNT_ROW,
    Layer.CORES: CORE_ROW,
    Layer.MEMORY: MEMORY_ROW,
    Layer.GILS: GIL_ROW,
    Layer.OPEN_STATES: OPEN_STATE_ROW,
    Layer.OPEN_HOLDS: OPEN_HOLD_ROW,
}

PRIMITIVE_KINDS = (
    "Lock",
    "RLock",
    "Condition",
    "Semaphore",
    "BoundedSemaphore",
    "Event",
    "Barrier",
    "Queue",
    "SimpleQueue",
    "Thread",
    "Process",
    "Executor",
    "Pool",
    "Future",
    "process Lock",
    "process RLock",
    "process Semaphore",
    "process BoundedSemaphore",
    "process Condition",
    "process Event",
    "process Barrier",
    "process Queue",
    "process SimpleQueue",
    "process JoinableQueue",
    "Pipe",
    "Event loop",
    "Proxy",
    "Timer",
)

# TEXTS: objects with a "type". Numbers are the recording's own, dense from 0 (lanes, processes) or 1 (everything else).
#   process      id pid parent(process|null) start_ns launched_ns(when its parent began to start it) name python
#                starter(lane that started it|null: not told here) free_threaded executable argv how("exec"|"fork")
#                role("program"|"worker"|"service": multiprocessing's own)
#   process-end  id time_ns exit_status(int|null, negative: minus the signal)
#                terminated(true: by that signal, which the program itself sent by terminate() or the like)
#   process-name  id name launched_ns starter
#   forked       lane nth(of its process's forks) start_ns end_ns stack       (see engine.model.forks)
#   forked-by    process lane nth
#   process-work  id start_ns end_ns    (when what it was started to do ran; what is before and after is overhead)
#   lane         id process serial native_id name start_ns internal daemon parent(lane|null)
#   lane-name    id name time_ns           lane-end   id time_ns error("" | one line)
#   lane-error   id error(one line) stack    (of the exception that ended it, or its process's work)
#   lane-target  id target(name of what it was started to do)
#   primitive    id kind name file line process(process|null) shared internal capacity(int|null)
#   primitive-name  id name
#   site         id file line function          stack  id sites([site, ... innermost last])      (one number space)
#   source       file text              (a source file that sites point into, as it was during the run)
#   detail       id primitive site timed_out(true: a wait that its timeout ended; else left out)
#   name         id text                (of tasks and marks)
#   output       time_ns lane(lane|null) process(process|null) stream(1|2) text
#   progress     time_ns lane worker label done total(int|null) items result error
#   executor-worker  primitive lane
#   nesting      lane time_ns primitive stack waits held([[primitive, stack], ...])      (see engine.model.nestings)
#   joined       lane time_ns joined(lane|null) process(process|null)
#   passed       lane arrived_ns time_ns(when it left) primitive(a barrier) nth(from 1; 0: it was broken)
#   gave         lane time_ns primitive(null: its process tells no more) followed      (see engine.model.nestings)
#   got          lane time_ns primitive sure
#   untold       lane time_ns(from then on not all is told that orders it with others)
#   job-submitted lane time_ns primitive(executor or pool) job(its number there)      (see engine.model.jobs)
#   job-began    lane time_ns primitive job part
#   job-ended    lane time_ns primitive job part
#   job-read     lane time_ns primitive job part(-1: all) sure
#   job-failed   lane time_ns primitive(executor or pool) job(its number there) task(name) error(one line) stack
#   job-error    time_ns process primitive job what("kept": a future or result in that process has the exception now |
#                "seen": somebody has asked for it | "lost": the future is gone, and nobody had) error
#   finding      the object that `main.py check --json` gives, and: id lanes([lane]) resolved_ns(int|null)
#                edges([{waiter, holder(lane|null), primitive, wait_site, hold_site}]); one with the same id replaces it
#   program-end  time_ns exit_status ended_by("itself"|"deadlock"|"time limit"|"stop"|"signal N"|"recorder lost")
#   overhead     time_ns recorder_cpu_ns events dropped lossy([lane, ...]: whose records were dropped) traced_percent
#                lost_texts(of `dropped`: what tells of threads, locks and their order, of whole processes)
#                sampler(what of threads can be seen: "system_calls"|"accounts"|"cpu_time"|"none")
#                sample_hz(as it is) sample_wanted_hz sample_looks(so far) sample_percent(of a core)
#   attribution  process method(as `sampler`, of this process)
#   gil          id process(a further interpreter's own) interpreter(0: the main one)
#                how("read": from the interpreter's memory | "inferred")
#   note         time_ns text level("info"|"warning")         end  time_ns: the recording was closed in order
#   compared     kind(of a finding) words   (what the comparison that this run was a part of measured; added later)
#   bookmark     id time_ns end_ns(int|null) lane(lane|null) text(str | null: removed); one with the same id replaces
#                it; also behind "end", when it was made later
