"""The shared memory between a traced process and the recorder: one ring file per process, one text file beside it.

Ring file (`<sequence>-<pid>.ring`, native byte order, mapped shared by both sides):

    0            header, HEADER_SIZE bytes (offsets below)
    CELLS_AT     MAX_CELLS cells of CELL_SIZE bytes: what each thread is doing *now*
    CHUNKS_AT    MAX_CHUNKS chunks of CHUNK_SIZE bytes: what each thread *did*

The file is sparse at its full size; blocks are allocated (never by touching the mapping) before `allocated_cells` and
`allocated_chunks` in the header grow, and the recorder reads below those marks only.

Invariants:
- A record's `end` is stored last; 0 means "not yet written". The recorder zeroes a chunk before it frees it.
- A chunk in state CHUNK_OWNED is written by one thread only; only the recorder turns CHUNK_FULL into CHUNK_FREE.
- Chunk 0 is the sink: what is written there is lost, and counted in the thread's cell beforehand.
- The waits of one thread never overlap: whoever begins a wait inside another closes the outer one first and reopens it.
- A forked child's text file does not repeat what its parent's says: a number that it does not define is its parent's.
- Times are nanoseconds of `time.perf_counter_ns()` (CLOCK_MONOTONIC on Linux, comparable across processes).

Text file (`<sequence>-<pid>.texts`): frames of `<I` length and a `marshal` version 2 tuple whose first item is its
type, appended with one write each; a partial frame at the end is a process that died there. The recorder makes holes of
what it has read; the writer leaves out what does not fit in while too much is unread (see texts).
"""

# A record: kind u16, detail u16, site u32, object u64, start u64, end u64.
RECORD_FORMAT = "=HHIQQQ"
RECORD_SIZE = 32
RECORD_DTYPE = [("kind", "u2"), ("detail", "u2"), ("site", "u4"), ("object", "u8"), ("start", "u8"), ("end", "u8")]

# Record kinds. Spans are written when they end, instants have start == end.
WAIT = 1  # detail: wait state below | flags; object: awaited primitive (0: none); site: site or stack
HOLD = 2  # detail: low 16 bits of the primitive's serial, which grows with every hand-off between threads (the holds of
#           one thread are in order anyway); object: the lock; site: of the acquire
TASK = 3  # detail: nesting depth; object: number of the task's name; site: 0
DEPTH = 4  # instant. object: queue; site: depth after the operation; detail: QUEUE_PUT or QUEUE_GET
DEPTH_UNCOUNTED = 0xFFFF_FFFF  # as that depth: it can't be seen, only counted by its operations
SIGNAL = 5  # instant. object: primitive that was set, notified, released or passed by this thread; detail: how many
MARK = 6  # instant. object: number of the mark's text (bookmarks from user code)

QUEUE_PUT = 1
QUEUE_GET = 2

# Wait states, in the low four bits of a WAIT's detail and of a cell's wait word; flags above them.
WAIT_LOCK = 1
WAIT_OTHER = 2  # condition, event, barrier, semaphore, queue, join, future: the primitive's kind tells which
WAIT_SLEEP = 3
WAIT_IO = 4
WAIT_IDLE = 5  # a pool worker without a task
WAIT_STATE_MASK = 0x0F
WAIT_TIMED_OUT = 0x10  # ended by its timeout; in a record, together with the next two
WAIT_TIMED = 0x100  # has a timeout: it ends by itself, so it is never part of a deadlock
WAIT_FAILED = 0x200  # ended by its timeout, by an abort or by an exception
WAIT_INTERNAL = 0x400  # a service thread's ordinary rest
WAIT_FLUSH = 0x800  # a process that ends waits until what it put into the queue is taken out: only readers end it
# A long wait for a lock that was held when this process was forked and has had no holder of this process since: by a
# thread that did not come along, or by the one that forked.
WAIT_HELD_AT_FORK = 0x1000
WAIT_HELD_BY_FORKER = 0x2000
WAIT_ALL_THREADS = 0x4000  # the program is over but for threads that are no daemons: waits for the end of each
WAIT_ANY = 0x8000  # for any of several things: others than the primitive end it too, so it is never part of a deadlock

HEADER_SIZE = 4096
MAGIC = 0x314E414C  # "LAN1"
# Byte offsets into the header. u32 unless said otherwise.
HEADER_MAGIC = 0  # written last when the file is made
HEADER_PID = 4
HEADER_SEQUENCE = 8  # number of this process within the run
HEADER_ALLOCATED_CELLS = 12
HEADER_ALLOCATED_CHUNKS = 16
HEADER_PYTHON = 20  # sys.hexversion
HEADER_FLAGS = 24
HEADER_PARENT_PID = 28
HEADER_START = 32  # u64 ns: when this process's tracer started
HEADER_COMMAND = 40  # u32, written by the recorder, read by traced threads in a contended wait
HEADER_LOST_TEXTS = 44  # frames of the text file that could not be written, but for what was printed
HEADER_TRACER_NS = 48  # u64: thread CPU time spent in setting up the tracer
HEADER_TIMERS = 56  # three u64, in the order of signal.ITIMER_…: when (ns) the timer's signal comes; 0: it is not set
TIMER_OFTEN = (1 << 64) - 1  # again and again, or as processor time passes
FLAG_FREE_THREADED = 1
FLAG_FORKED = 2
COMMAND_NONE = 0
COMMAND_ABORT = 1  # contended waits raise SystemExit in their thread

CELLS_AT = HEADER_SIZE
CELL_SIZE = 768
MAX_CELLS = 4096
CELL_BLOCK = 64  # cells allocated at a time

# Word (u64) numbers within a cell. Single aligned stores; CELL_WAIT_SERIAL is stored after the words that describe the
# wait when one begins (odd) and before anything else changes when it ends (even): a reader takes the serial, the
# words, and the serial again.
CELL_THREAD = 0  # the thread's serial within its process, from 1; 0: this cell is free
CELL_NATIVE_ID = 1
CELL_STARTED = 2  # ns
CELL_WAIT_SERIAL = 3  # odd while waiting
CELL_WAIT_OBJECT = 4
CELL_WAIT_SINCE = 5  # ns
CELL_WAIT_DETAIL = 6  # as a WAIT record's detail
CELL_WAIT_SITE = 7  # site, replaced by a stack once the wait is a long one
# For a wait within the process: serial of the lock's holder as last seen, of the thread joined, of the worker that runs
# the future; 0: unknown.
CELL_OWNER_THREAD = 8
CELL_OWNER_SITE = 9  # site at which that holder acquired
CELL_DROPPED = 10  # records this thread lost to full rings
CELL_TASK = 11  # number of the running task's name, 0: none
CELL_TASK_SINCE = 12
CELL_OWNER_SINCE = 13  # for a wait for a lock: since when (ns) the thread in CELL_OWNER_THREAD has held it
# For each of the pairs below the site at which the object was acquired; only valid where it names one.
CELL_HELD_SITE = 16
# Pairs (object, since ns) up to the end of the cell; object 0: free slot. Invariant: the cell of a thread that waits or
# has ended names all that it holds, the cell of a running one at least the locks that processes share and those that
# have had a waiter, or a holder that waited, before. Other holds of a running thread are known by their records alone,
# or by CELL_OWNER_… of whoever waits for them.
CELL_HELD = 48
HELD_SLOTS = 24

CHUNKS_AT = CELLS_AT + CELL_SIZE * MAX_CELLS
CHUNK_SIZE = 16384
CHUNK_HEADER = 32
RECORDS_PER_CHUNK = (CHUNK_SIZE - CHUNK_HEADER) // RECORD_SIZE
MAX_CHUNKS = 2048
CHUNK_BLOCK = 16  # chunks allocated at a time
# Byte offsets into a chunk's header.
CHUNK_STATE = 0  # u32
CHUNK_THREAD = 4  # u32, the owner's serial
CHUNK_ORDER = 8  # u64, this thread's n-th chunk, from 1
CHUNK_FREE = 0
CHUNK_OWNED = 1
CHUNK_FULL = 2  # also when its thread has ended

FILE_SIZE = CHUNKS_AT + CHUNK_SIZE * MAX_CHUNKS

# Objects. A primitive's number is unique within its process and inherited by fork as its own copy, unless OBJECT_SHARED
# is set: then (multiprocessing's) it means the same object in every process: creator's sequence << 40 | counter.
OBJECT_SHARED = 1 << 63
# In a number without it: `template << TEMPLATE_SHIFT | how-manieth made by that template`, from 1; template 0 stands
# for what has a definition of its own.
TEMPLATE_SHIFT = 26
MOST_TEMPLATES = 1 << 14

# Environment of traced processes.
RUN_FOLDER_VARIABLE = "LANESCOPE_RUN"  # folder that holds the ring and text files
# A plan for making a predicted deadlock happen: how long a thread may be held back in ms, then a line for each step,
# eight columns with tabs between: file and line where the held lock was made and taken, the same of the wanted one.
STEERING_VARIABLE = "LANESCOPE_STEERING"
PRIVATE_NAME = "_lanescope"  # name under which the tracer's package is loaded in the traced process

# Text frames, by their first item:
#   ("process", pid, parent_pid, start_ns, version, executable, argv, free_threaded, how)     how: "exec" | "fork"
#   ("thread", serial, native_id, name, start_ns, internal, parent_serial, daemon)
#   ("thread-name", serial, name, time_ns)        ("thread-end", serial, end_ns, error)       error: "" or one line
#   ("thread-error", serial, error, stack)   the exception, in one line, that ends it, or its process's work
#   ("process-work", start_ns, end_ns)   when the `run` of its Process object ran; what is before and after is overhead
#   ("thread-target", serial, name)      what it was started to do: its target, or the class that has a `run`
#   ("primitive", object, kind, name, file, line, internal, capacity, column)     kind: PRIMITIVE_KINDS of the schema;
#                                        column: in bytes, of the call that made it; -1: unknown
#   ("template", number, kind, file, line, column, internal, capacity)
#   ("primitive-name", object, name)      ("used-as-signal", object): a semaphore released by who held no permit of it
#   ("site", number, file, line, function)      ("stack", number, (site numbers, innermost last))     one number space
#   ("text", number, text)               names of tasks and marks
#   ("output", serial, time_ns, stream, text)    stream: 1 | 2
#   ("progress", serial, time_ns, worker, label, done, total, items, result, error)
#   ("executor-worker", object, serial)  thread works for that executor
#   ("executor-collector", object, serial)  thread hands on its results; 0: nobody, after a fork; None: unknown
#   ("manager",)                         this process serves the proxies of the others in the run, and nobody else
#   ("serves", serial, pid, name, client)     thread serves the thread of that serial (0: of that name) in that process
#                                        as long as it lives
#   ("job-failed", serial, time_ns, object, job, text number of the task, error, stack)
#                                        a job of an executor or a pool, ended by an exception in this thread
#   ("job-error", time_ns, object, job, what, error)   its future or result in this process: "kept" (has that exception
#                                        now), "seen" (somebody has asked for it), "lost" (is gone, and nobody had)
#   ("child", pid, launched_ns, name, serial)    when its launch began, by which thread
#   ("forked", serial, nth, start_ns, end_ns, stack)    by this thread: its process's nth fork, or an attempt at one
#   ("fork-child", nth)                  it has come about: written by the child, into its parent's file
#   ("forked-by", serial, nth)           this process is that one, of its parent
#   ("child-end", pid, time_ns, exit_code)      negative: minus the signal
#   ("child-signal", pid, signal)        about to be sent by the child's Process or Popen object: terminate(), kill()
#   ("nesting", serial, time_ns, object, stack, waits, (object held, stack, ...))   a lock taken while others were held
#   ("joined", serial, time_ns, thread, pid)    that thread (else 0), or process (else 0), is known to have ended
#   ("job-submitted", serial, time_ns, object, job)     to that executor or pool: nobody can have begun it before.
#                                        What the thread does from then on is told anew
#   ("job-began", serial, time_ns, object, job, part)   this thread has begun (a part of) a job, in which something is
#                                        told that has to do with order; the next job's locks are told anew
#   ("job-ended", serial, time_ns, object, job, part)   and is about to have its result known
#   ("job-read", serial, time_ns, object, job, part, sure)     this thread knows that result; part -1: of all parts.
#                                        Not sure: there was a timeout, or which one it asks for may be chance
#   ("untold", serial, time_ns)          from now on not all submits, results, gifts or rounds of barriers are told that
#                                        this thread has to do with, nor all jobs that it does; told once
#   ("passed", serial, arrived_ns, left_ns, object, nth)    a barrier, by this thread for the nth time; 0: it was broken
#   ("gave", serial, time_ns, object, followed)     by this thread, so that others go on; told once. followed: what is
#                                        nested is told anew after it. Object 0: no more is told by this process
#   ("got", serial, time_ns, object, sure)     this thread went on because of it; told once. Not sure: a timeout
#   ("temporary-folder", path)           of multiprocessing; the process removes it at its end, unless it is killed
#   ("shared-name", name)                /mp-… or /psm_…, which multiprocessing is about to give a semaphore or memory
#   ("note", time_ns, text)              ("parameter", name, value)
#   ("parameter", "signal-handler", number)    the program has set a handler of its own for that signal
#   ("parameter", "signal-traceback", number)  faulthandler writes a traceback at that signal, and does nothing else
