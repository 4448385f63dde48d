"""One run: starts the program, and cycle by cycle carries what it does into the recording, until it has ended."""

import datetime
import os
import platform
import random
import resource
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from engine.recorder import launch
from engine.recorder.control import Channel
from engine.recorder.deadlocks.snapshot import Snapshot
from engine.recorder.deadlocks.watch import DeadlockWatch
from engine.recorder.definitions.registry import Registry
from engine.recorder.ending import Ending
from engine.recorder.events import FrameEvents
from engine.recorder.output import Output
from engine.recorder.processes import half_made, killing, run_folder, tree
from engine.recorder.processes.warden import Warden
from engine.recorder.request import RunRequest
from engine.recorder.sampling.looks import Looks
from engine.recorder.sampling.pace import Pace
from engine.recorder.sampling.portable_sampler import best_sampler
from engine.recorder.sampling.resources import Resources
from engine.recorder.sampling.system_accounts import SystemAccounts
from engine.recorder.timeline import Cells, Rows, Timeline
from engine.recorder.tracing import Traced, Tracing
from engine.recording.machine import usable_cores
from engine.recording.schema import Layer
from engine.recording.writer import RecordingWriteError, RecordingWriter

BUSY_CYCLE_S = 0.008
IDLE_CYCLE_S = 0.02
CONFIRM_CYCLE_S = 0.004  # while a deadlock waits for its confirmation, or waits are too young to tell of one
MAX_SHARE = 0.085  # of a core, looks included: dear cycles are followed by longer pauses
MAX_CYCLE_S = 0.06
SMOOTHING = 1 / 32
JITTER = 0.3  # an even rhythm would beat with the interpreter's switch interval
STAYS_BUSY_NS = 100_000_000
QUIET_NS = 200_000_000
COMMIT_NS = 50_000_000  # the watermark moves at least so often
OVERHEAD_NS = 1_000_000_000
LEFTOVER_S = 0.5  # for helpers of multiprocessing to end after the program


class Recorder:
    """A run from start to end. OSError when the recording or the program cannot be started."""

    def __init__(self, request: RunRequest, folder: Path, control: Channel, inherited: Mapping[str, str]) -> None:
        self._request = request
        self._control = control
        self._start_ns = time.perf_counter_ns()
        warden = Warden(control, folder)  # first of all: there are no threads yet
        run_folder.remove_stale()
        run_folder.make(folder)
        self._writer = RecordingWriter(request.recording, _header(request, self._start_ns))
        self._output = Output(self._emit)
        self._registry = Registry(self._emit)
        self._looks = Looks(self._registry, best_sampler())
        self._pace = Pace(request.sample_hz)
        self._timeline = Timeline(self._registry, self._looks)
        self._registry.on_lane = self._timeline.add_lane
        self._events = FrameEvents(self._registry, self._output, self._emit)
        self._tracing = Tracing(folder, self._registry, self._events.take)
        self._watch = DeadlockWatch(self._registry, self._emit, request.test_signal)
        self._resources = Resources()
        self._accounts = SystemAccounts(self._looks.sampler)
        self._cells: Cells = []
        self._changed_ns = self._start_ns
        self._running = 0  # lanes that are in no wait
        self._exit_status: int | None = None
        self._last_commit = 0
        self._last_overhead = 0
        self._pending = True
        self._write_error = ""
        self._busy_ns = self._start_ns
        self._usual_cost_s = self._usual_rest_s = 0.0  # of a cycle, with looks and without
        self._looks_ns = 0  # CPU time that all looks have taken
        self._used_ns = time.thread_time_ns()
        self._told_to_stop = False
        try:
            self._program = launch.start(request, folder, inherited, self._output)
        except OSError:
            self._output.close()
            self._writer.close(self._start_ns)
            request.recording.unlink(missing_ok=True)
            raise
        self._ending = Ending(self._tracing, self._program.pid, warden)
        self._listens = control.source_fileno()  # -1: to nobody any more
        self._tracing.listen(self._listens)

    def run(self) -> None:
        """Until the program has ended and everything is written."""
        self._control.send({"phase": "running", "pid": self._program.pid, "session": self._program.session})
        while self._exit_status is None:
            began = time.perf_counter()
            self._cycle()
            self._ending.step()
            self._reap()
            self._obey()  # after that: a stop that has ended it was told before
            self._rest(self._period() - (time.perf_counter() - began))
        ended_ns = time.perf_counter_ns()
        killed = self._wait_for_leftovers()
        self._finish(ended_ns, killed=killed or self._ending.reason is not None)

    def stop(self) -> None:
        """For a signal to this process: as the stop command."""
        self._told_to_stop = True

    def _period(self) -> float:
        """From the beginning of this cycle to that of the next one, in seconds."""
        used_ns = time.thread_time_ns()
        cost_s, self._used_ns = (used_ns - self._used_ns) / 1e9, used_ns
        if self._watch.wants_to_look_soon:
            return CONFIRM_CYCLE_S
        # What is long now and then (processes that start) does not make us slow to see a deadlock, nor does a machine
        # that is busy otherwise; what stays so does. Looks take less than that (see Pace), so this comes to rest.
        self._usual_cost_s += (cost_s - self._usual_cost_s) * SMOOTHING
        looks_ns = self._pace.spent_ns
        rest_s, self._looks_ns = cost_s - (looks_ns - self._looks_ns) / 1e9, looks_ns
        self._usual_rest_s += (rest_s - self._usual_rest_s) * SMOOTHING
        busy = time.perf_counter_ns() - self._busy_ns < STAYS_BUSY_NS
        period = (BUSY_CYCLE_S if busy else IDLE_CYCLE_S) * random.uniform(1 - JITTER, 1 + JITTER)
        chosen = min(MAX_CYCLE_S, max(period, self._usual_cost_s / MAX_SHARE))
        # With very many threads no pause is long enough: then looks are to cost less.
        self._pace.leave(1.0 if chosen < MAX_CYCLE_S else MAX_SHARE - self._usual_rest_s / chosen)
        return chosen

    def _rest(self, pause_s: float) -> None:
        """Until the next cycle; meanwhile looks at the threads that run as often as is wanted."""
        end_ns = time.perf_counter_ns() + int(pause_s * 1e9)
        while self._running and self._pace.due_ns < end_ns:
            now_ns = time.perf_counter_ns()
            if now_ns < self._pace.due_ns:
                self._tracing.wait((self._pace.due_ns - now_ns) / 1e9)
                if time.perf_counter_ns() < self._pace.due_ns:
                    return  # a process has died, or there is a message
            self._look(self._timeline.look)
        self._tracing.wait((end_ns - time.perf_counter_ns()) / 1e9)

    def _look(self, look: Callable[[int], int]) -> int:
        """Has the threads looked at and counts what that costs."""
        began_ns, now_ns = time.thread_time_ns(), time.perf_counter_ns()
        running = look(now_ns)
        self._pace.looked(now_ns, time.thread_time_ns() - began_ns)
        if (note := self._pace.note(running)) is not None:
            self._note(note, "info")
        return running

    def _obey(self) -> None:
        """What there is to do; who hurries us has done so by writing, which has ended our rest."""
        for message in self._control.receive():
            if message.get("command") in {"stop", "kill"}:
                self._ending.begin("stop", at_once=message["command"] == "kill")
                self._control.send({"phase": "stopping"})
            elif message.get("command") == "bookmark":
                self._emit({**message["bookmark"], "type": "bookmark"})
        if self._control.closed and self._listens >= 0:  # the end of what there is to read would wake us for ever
            self._tracing.listen(self._listens, to_it=False)
            self._listens = -1
        limit = self._request.time_limit_s
        if self._ending.reason is not None:
            return
        if self._control.closed or self._told_to_stop:
            self._ending.begin("stop")
        elif limit is not None and time.perf_counter_ns() - self._start_ns > limit * 1e9:
            self._ending.begin("time limit")
            self._control.send({"phase": "stopping"})
        elif self._request.end_on_deadlock and self._watch.confirmed:
            self._ending.begin("deadlock")
            self._control.send({"phase": "stopping"})

    def _cycle(self) -> None:
        """One look at everything. Cells come before records: what a cell says is over has been recorded by then."""
        tracing, timeline = self._tracing, self._timeline
        dead = tracing.dead()
        now_ns = time.perf_counter_ns()
        tracing.discover(now_ns)
        buried = [(traced, *tracing.bury(traced, now_ns)) for traced in dead]
        last_cells = [(traced.process, words) for traced, words, _ in buried]
        cells = tracing.read_cells()
        if not self._is_quiet(now_ns, cells):
            timeline.gather(cells)
            self._running = self._look(timeline.sample)
        drained = tracing.drain(now_ns)
        printed = self._output.poll_pipes(now_ns)
        ended = tracing.read_texts()
        self._output.settle(0 if self._registry.processes else None, now_ns)
        for _, _, last in buried:
            drained += last
        if drained or ended or dead or self._watch.wants_another_look:
            self._changed_ns = now_ns
        quiet = now_ns - self._changed_ns > QUIET_NS
        if not quiet:
            self._write(timeline.take(now_ns, drained, ended))
        if not quiet or self._watch.is_due(now_ns):
            self._watch_out(cells, last_cells, now_ns)
        self._write(timeline.close_processes(last_cells, now_ns))
        tracing.report_ends(now_ns)
        self._account(now_ns)
        if self._running or drained or printed or dead:
            self._busy_ns = now_ns
        self._commit(now_ns)

    def _is_quiet(self, now_ns: int, cells: Cells) -> bool:
        """Whether all threads have been in the same waits for a while: then there is nothing to find out."""
        same = len(cells) == len(self._cells) and all(
            now[0] is then[0] and np.array_equal(now[1], then[1]) for now, then in zip(cells, self._cells, strict=True)
        )
        if self._running or not same:
            self._changed_ns = now_ns
        self._cells = cells
        return now_ns - self._changed_ns > QUIET_NS

    def _watch_out(self, cells: Cells, dead: Cells, now_ns: int) -> None:
        """For deadlocks; once the program is being ended, what is stuck stays so."""
        if self._ending.reason is None:
            self._watch.look(Snapshot(list(cells), self._registry, self._events.getters, list(dead)), now_ns)
            self._timeline.deadlocked(self._watch.open_waits)

    def _write(self, rows: Rows) -> None:
        for layer, part in rows:
            self._writer.rows(layer, part)
            self._pending = True
            if layer is Layer.DEPTHS:
                self._events.note_getters(part)

    def _account(self, now_ns: int) -> None:
        """Resources of the program, and what Lanescope itself costs."""
        if self._ending.reason is None:  # else there are more urgent things
            processes = [traced.process for traced in self._tracing.living]
            whole = [process for process in processes if process.main is None]  # interpreters are parts of theirs
            rows = self._resources.poll(whole, now_ns)
            self._write([(layer, part) for layer, part in rows if len(part)])
            self._write(self._accounts.poll(self._timeline.lanes, now_ns))
        if now_ns - self._last_overhead > OVERHEAD_NS:
            self._last_overhead = now_ns
            self._tell_overhead(now_ns)

    def _tell_overhead(self, now_ns: int) -> None:
        program = max(self._resources.program_cpu_ns, _ended_cpu_ns(), 1)
        untold = self._tracing.lost_texts()
        lost_texts = sum(lost for _, lost in untold)
        lossy = {lane.number for process, _ in untold for lane in process.lanes.values()}
        share = min(1.0, (self._timeline.tracing_ns + self._tracing.set_up_ns) / program)
        self._emit(
            {
                "type": "overhead",
                "time_ns": now_ns,
                "recorder_cpu_ns": time.process_time_ns(),
                "events": self._timeline.events,
                "dropped": self._timeline.dropped + lost_texts,
                "lost_texts": lost_texts,
                "lossy": sorted(lossy.union(self._timeline.lossy)),
                "traced_percent": round(100 * share, 2),
                "sampler": self._looks.sampler.method.name.lower(),
                "sample_hz": round(self._pace.rate_hz, 1),
                "sample_wanted_hz": self._pace.wanted_hz,
                "sample_looks": self._pace.looks,
                "sample_percent": round(self._pace.spent_ns / max(1, now_ns - self._start_ns) * 100, 2),
            }
        )

    def _emit(self, text: dict[str, Any]) -> None:
        self._writer.texts(text)
        self._pending = True

    def _commit(self, now_ns: int) -> None:
        interval = OVERHEAD_NS if self._write_error else COMMIT_NS
        if now_ns - self._last_commit < interval and (self._write_error or not self._pending):
            return
        self._last_commit = now_ns
        try:
            self._writer.commit(now_ns)
            self._pending, self._write_error = False, ""
        except RecordingWriteError as error:
            if not self._write_error:
                self._control.send({"note": str(error)})
            self._write_error = str(error)

    def _reap(self) -> None:
        self._tracing.statuses.update(tree.reap())
        if self._program.pid in self._tracing.statuses:
            self._exit_status = self._tracing.statuses[self._program.pid]

    def _wait_for_leftovers(self) -> bool:
        """The program is over; what it left is given a moment, then killed, unless the program belongs to a terminal.

        Whether anybody was.
        """
        deadline = time.monotonic() + (LEFTOVER_S if self._ending.reason is None else LEFTOVER_S / 2)
        while tree.descendants() and time.monotonic() < deadline:
            self._cycle()
            self._tracing.statuses.update(tree.reap())
            time.sleep(CONFIRM_CYCLE_S)
        left = tree.descendants()
        if self._request.capture_output or self._ending.reason is not None:
            killing.kill_below(os.getpid())
            self._tracing.statuses.update(tree.reap())
            return bool(left)
        if self._request.test_signal is not None:
            self._kill_stuck()
            left = tree.descendants()
        if left:
            self._note(f"Still running after the program's end, and recorded no longer: {len(left)} processes.", "info")
        return False

    def _kill_stuck(self) -> None:
        """What is deadlocked, and what that has started; nobody would ever end it."""
        stuck = self._watch.stuck_pids(Snapshot(list(self._cells), self._registry))

        def find(table: tree.Table) -> set[int]:
            found = stuck.intersection(tree.own(table))
            return found.union(*(tree.below(pid)(table) for pid in found))

        if stuck:
            killing.kill(find)
            self._tracing.statuses.update(tree.reap())

    def _finish(self, ended_ns: int, *, killed: bool) -> None:
        """Takes in what is left. `killed`: some could not remove what they had made for the time being."""
        self._cycle()
        now_ns = time.perf_counter_ns()
        self._close(list(self._tracing.living), now_ns)
        if killed:
            self._events.remove_leftovers()
            half_made.remove(self._ending.half_made)
        self._output.poll_pipes(now_ns)
        self._output.settle(0 if self._registry.processes else None, now_ns, final=True)
        self._output.close()
        self._tracing.report_ends(now_ns, final=True)
        self._watch.end(now_ns)
        if not self._registry.processes:
            self._note("Nothing was recorded: the program is not Python, or was started with -I, -E or -S.", "warning")
        self._tell_overhead(now_ns)
        ended_by = self._ended_by()
        self._emit({"type": "program-end", "time_ns": ended_ns, "exit_status": self._exit_status, "ended_by": ended_by})
        self._looks.close()
        try:
            self._writer.close(now_ns)
        except RecordingWriteError as error:
            self._write_error = str(error)
        self._control.send(
            {
                "phase": "finished",
                "exit_status": self._exit_status,
                "ended_by": ended_by,
                "message": self._write_error,
            }
        )

    def _close(self, left: list[Traced], now_ns: int) -> None:
        """Takes what processes have left that came and went within the last cycle."""
        buried = [(traced, *self._tracing.bury(traced, now_ns)) for traced in left]
        drained = [part for _, _, parts in buried for part in parts]
        self._timeline.gather([])
        self._write(self._timeline.take(now_ns, drained, [lane for traced in left for lane in traced.ending]))
        dead = [(traced.process, words) for traced, words, _ in buried]
        self._write(self._timeline.close_processes(dead, now_ns))

    def _ended_by(self) -> str:
        if self._ending.reason is not None:
            return self._ending.reason
        if self._exit_status is not None and self._exit_status < 0:
            return f"signal {-self._exit_status}"
        return "itself"

    def _note(self, text: str, level: str) -> None:
        self._emit({"type": "note", "time_ns": time.perf_counter_ns(), "text": text, "level": level})


def _ended_cpu_ns() -> int:
    """CPU time of the descendants that have ended and were waited for: short ones may never have been sampled."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return int((used.ru_utime + used.ru_stime) * 1e9)


def _header(request: RunRequest, start_ns: int) -> dict[str, Any]:
    return {
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
        "title": request.title,
        "command": request.command,
        "cwd": str(request.cwd),
        "environment": request.environment,
        "steered": request.steered,
        "scenario": request.scenario,
        "parameters": request.parameters,
        "backend": request.backend,
        "workers": request.workers,
        "start_method": request.start_method,
        "interpreter": request.command[0],
        "machine": {
            "system": platform.system(),
            "release": platform.release(),
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "usable_cores": usable_cores(),
            "memory": psutil.virtual_memory().total,
        },
        "start_ns": start_ns,
    }
