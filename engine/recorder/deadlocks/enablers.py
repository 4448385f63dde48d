"""Who could end a wait: the edges of the wait-for graph, from cells and from what the tracer told of its objects."""

from collections.abc import Iterable

from engine.analysis.deadlock import JOINS, MUTEXES, Reason, held_by_ended
from engine.model.entities import Primitive
from engine.model.wait_for import NOBODY, Crowd, Node, Wait
from engine.recorder.deadlocks.behind_pipes import Behind, BehindPipes
from engine.recorder.deadlocks.executor_work import ExecutorWork
from engine.recorder.deadlocks.full_pipes import FullPipes
from engine.recorder.deadlocks.outsiders import Outsiders
from engine.recorder.deadlocks.pipe_waits import is_at_pipe
from engine.recorder.deadlocks.served import Served
from engine.recorder.deadlocks.snapshot import CellWait, Snapshot, resting_threads
from engine.recorder.definitions.registry import TracedProcess, has_ended, main_thread
from engine.recording.liveness import is_alive
from engine.tracer import layout

SEMAPHORES = frozenset({"Semaphore", "BoundedSemaphore", "process Semaphore", "process BoundedSemaphore"})
QUEUES = frozenset({"process Queue", "process JoinableQueue"})
# Kinds of which not just anybody can end a wait.
FOLLOWED = JOINS | {"Executor", "Pool", "Future"}  # to wait for these is to wait for the end of somebody's work
_PARTICULAR = MUTEXES | JOINS | SEMAPHORES | QUEUES | {"Executor", "Pool", "Future", "Proxy"}


class Enablers:
    """Answers for one snapshot. What cannot be told for sure is answered with more enablers, or `ends_otherwise`."""

    def __init__(
        self, snapshot: Snapshot, waits: Iterable[CellWait], outsiders: Outsiders, full_pipes: FullPipes
    ) -> None:
        self._registry = snapshot.registry
        self.code = snapshot.registry.code.interventions
        self.hold_site = snapshot.hold_site
        self._getters = snapshot.getters
        self.waits = {wait.node: wait for wait in waits}
        self.holds = snapshot.holds()
        self._holders: dict[int, set[Node]] = {}
        for node, keys in self.holds.items():
            for key in keys:
                self._holders.setdefault(key, set()).add(node)
        for key, node in list(self._registry.left_held.items()):
            if key in self._holders:
                del self._registry.left_held[key]  # it was released after all
            else:
                self._holders[key] = {node}
        self._threads = {
            (process.number, thread)
            for process, words in snapshot.cells
            for thread in words[:, layout.CELL_THREAD].tolist()
            if not has_ended(process, thread)
        }
        # A process that is starting has no threads to show yet, and may be the one that everybody waits for.
        is_empty = any(not len(words) for _, words in snapshot.cells)
        self._incomplete = is_empty or any(is_alive(pid, None) for pid in self._registry.announced)
        mains = [(process, main_thread(process)) for process, _ in snapshot.cells]
        self._over = {process.number for process, main in mains if has_ended(process, main)}
        resting = {node for process, words in snapshot.cells for node in resting_threads(process, words)}
        self._work = ExecutorWork(
            self._registry, self._threads, resting, ending=self._over, is_starting=self._incomplete
        )
        self.served = Served(self._registry, [process for process, _ in snapshot.cells], self._threads)
        self.relays = self._work.relays() | self.served.relays(resting)
        sleepers = self.sleepers = snapshot.sleepers & self._threads
        self.relied_on = resting | sleepers  # they are taken to do nothing, so they have to be asleep
        self._outsiders = outsiders
        self._going_on: dict[tuple[int, int], bool] = {}  # by process and object
        self.may_change = False  # an answer depended on what the cells do not show
        self.interrupted: set[Node] = set()  # may have just been by a signal, which is handled before the wait ends
        self.reasons: dict[Node, Reason] = {}  # why nobody can end a wait
        # Threads (by process; None: all) but those that rest until somebody gives them work, as a fork server does.
        services = {(process.number, main) for process, main in mains if process.is_service}
        ordinary = self._threads - (resting - self.relays.keys()) - services
        self._ordinary: dict[int | None, Crowd] = {None: frozenset(ordinary)}
        by_process: dict[int, list[Node]] = {}
        for node in self._ordinary[None]:
            by_process.setdefault(node[0], []).append(node)
        self._ordinary |= {number: frozenset(nodes) for number, nodes in by_process.items()}
        self._pipes = BehindPipes(self._registry, outsiders, full_pipes, self._ordinary)
        waiting = self.waits.keys() | self.relays.keys() | sleepers
        self._free = {scope for scope, nodes in self._ordinary.items() if any(node not in waiting for node in nodes)}
        self._releasers: dict[int, Crowd] = {}
        self._flushing: Crowd | None = None
        self.relays |= {node: self._sleep(node) for node in sleepers}

    def wait(self, wait: CellWait) -> Wait:
        """The wait with whoever could end it."""
        process = wait.process
        primitive = self.primitive(wait)
        bystanders = anybody = NOBODY
        nodes: set[Node] | None
        if primitive.kind in MUTEXES:
            nodes = self._holders_of_mutex(wait)
            if nodes == {wait.node} and not primitive.kind.endswith("RLock"):
                bystanders = self._may_release(process, primitive)
        elif wait.detail & layout.WAIT_ALL_THREADS:
            nodes = self._no_daemons(process) - {wait.node}
        elif primitive.kind in JOINS:
            nodes = self._target(wait)
            is_told = nodes is not None and nodes <= self.waits.keys()  # by a cell: no need to ask the system
            anybody = NOBODY if is_told else self._at_pipe(wait)
            if wait.node in self.reasons:
                nodes = {wait.node}
        elif primitive.kind in {"Executor", "Pool"} or (primitive.kind == "Future" and wait.owner):
            nodes, bystanders = self._at_work(wait)
        elif primitive.kind == "Proxy":
            nodes = (self.served.servants(wait.node) - self.relied_on) or None
        elif is_at_pipe(wait):
            self.may_change = True
            anybody = self._behind(wait, self._pipes.of_itself(process))
            nodes = {wait.node} if wait.node in self.reasons else None
        elif self.is_flush(wait):
            nodes = self._readers(wait, primitive)
        else:
            nodes = self._holders_of_all(wait, primitive)
            if nodes is not None and not nodes <= self._threads:
                nodes = nodes & self._threads or self._left_by(nodes, wait)
                bystanders = self._may_release(process, primitive)
            if nodes is None:
                anybody = self._anybody(wait, primitive)
        senders = self._may_interrupt(wait)
        known = bool(anybody) or (nodes is not None and nodes <= self._threads)
        return Wait(
            wait.node,
            primitive.id,
            frozenset(nodes or ()),
            bystanders | senders if bystanders and senders else bystanders or senders,
            ends_otherwise=not known or self._ends_otherwise(wait),
            serial=wait.serial,
            anybody=anybody,
            follows=primitive.kind in FOLLOWED,
        )

    def _sleep(self, node: Node) -> Wait:
        """The wait of a thread that any other one of its process may end."""
        process = self._registry.processes[node[0]]
        crowd = NOBODY if node[0] in self._free else self._anybody_of(process.number, process)
        return Wait(node, 0, ends_otherwise=not crowd, anybody=crowd, follows=True)

    def _ends_otherwise(self, wait: CellWait) -> bool:
        """Whether it may be over whatever it is for: daemons go with their process, and handlers of signals may raise
        in the main thread.
        """
        process = wait.process
        if process.number in self._over and not wait.detail & layout.WAIT_FLUSH:
            return True
        if wait.thread != main_thread(process):
            return False
        abroad = self._sent_abroad(process)
        is_sent = bool(abroad and self._outsiders.ended_by(process) & abroad)
        if not self._outsiders.may_ring(process) and not (is_sent and self._is_shared_with_others()):
            return False
        self.may_change = True
        return True

    def _may_interrupt(self, wait: CellWait) -> Crowd:
        """All threads that may send a signal to the process, as code of the program does, whose handler may raise in
        this one.
        """
        process = wait.process
        abroad = self._sent_abroad(process)
        sent = self.code.at_home | abroad
        if not sent or wait.thread != main_thread(process):
            return NOBODY
        ended_by = self._outsiders.ended_by(process)
        if not ended_by & sent:
            return NOBODY
        self.interrupted.add(wait.node)
        return self._ordinary.get(None if ended_by & abroad else process.number, NOBODY)

    def _sent_abroad(self, process: TracedProcess) -> int:
        """Signals that processes of the program may send to this one. It has not been started by any of them where it
        is the first.
        """
        return self.code.abroad | (self.code.to_started if process.parent is not None else 0)

    def surely_goes_on(self, wait: CellWait) -> bool:
        """Whether anybody could end it, of whom somebody does not wait. Asked first, for it is told quickly."""
        key = wait.process.number, wait.number
        answer = self._going_on.get(key)
        if answer is None:
            primitive = self.primitive(wait)
            scope = _scope(wait.process, primitive)
            answer = primitive.kind not in _PARTICULAR and not is_at_pipe(wait) and scope in self._free
            self._going_on[key] = answer
        return answer and not wait.detail & layout.WAIT_FLUSH

    def without_relays(self, knots: Iterable[tuple[Node, ...]]) -> list[tuple[Node, ...]]:
        """Knots without the threads in them that only do what others want: a pool's own, and those that serve proxies,
        in place of which their clients stand.
        """
        found = []
        for knot in knots:
            left = {self._client(node) for node in knot if node not in self.relays}
            if left:
                found.append(tuple(sorted(left)))
        return found

    def servants_at_work(self, client: Node) -> set[Node]:
        """Those that carry out a request of this thread's, and wait for something meanwhile."""
        is_asking = client in self.waits and self.primitive(self.waits[client]).kind == "Proxy"
        return {each for each in self.served.servants(client) if each in self.waits} if is_asking else set()

    def _client(self, node: Node) -> Node:
        """Who waits for what a serving thread does; the thread itself when that is nobody in particular."""
        clients = {client for client in self.served.clients(node) if client in self.waits}
        return clients.pop() if len(clients) == 1 else node

    def _may_release(self, process: TracedProcess, lock: Primitive) -> Crowd:
        """Others may release what a thread holds: a lock used as a signal. Those who started its process do not."""
        if not lock.shared:
            return self._ordinary.get(_scope(process, lock), NOBODY)
        if process.number not in self._releasers:
            above = set()
            ancestor = process.parent
            while ancestor is not None:
                above.add(ancestor.number)
                ancestor = ancestor.parent
            self._releasers[process.number] = frozenset(node for node in self._ordinary[None] if node[0] not in above)
        return self._releasers[process.number]

    def is_flush(self, wait: CellWait) -> bool:
        """Whether a process that ends waits for its feeder thread to get rid of what it put into the queue."""
        feeds = self.primitive(wait).kind in QUEUES and self._is_internal((wait.process.number, wait.owner))
        return feeds or bool(wait.detail & layout.WAIT_FLUSH)

    def primitive(self, wait: CellWait) -> Primitive:
        """What it waits for."""
        return self._registry.primitives[self._registry.primitive(wait.process, wait.number)]

    def _target(self, wait: CellWait) -> set[Node] | None:
        if wait.owner:
            return self._work.of_joined(wait.process, wait.owner) or {(wait.process.number, wait.owner)}
        target = wait.process.target(wait.number)
        if target is None:
            return None
        awaited = self._registry.process_of_pid(target)
        if awaited is None or awaited.end_ns is not None:
            return None
        return {(awaited.number, main_thread(awaited))}

    def _at_pipe(self, wait: CellWait) -> Crowd:
        """All threads that could let a program go on, or end it, that is stuck at a pipe and whose end is waited for;
        nobody: it is not, or there may be others.
        """
        target = wait.process.target(wait.number)
        if wait.owner or target is None:
            return NOBODY
        awaited = self._registry.process_of_pid(target)
        if awaited is not None and awaited.end_ns is None and awaited.number not in self._over:
            return NOBODY  # it will be told at which pipe it is
        self.may_change = True  # nothing shows when it comes to a pipe
        return self._behind(wait, self._pipes.of_program(target, wait.process))

    def _behind(self, wait: CellWait, behind: Behind | None) -> Crowd:
        if behind is None:
            return NOBODY
        if behind.reason is not None:
            self.reasons[wait.node] = behind.reason
        return behind.crowd

    def _no_daemons(self, process: TracedProcess) -> set[Node]:
        """All of them must end, so one that is stuck is enough; to ask for all to be is on the safe side."""
        lanes = process.lanes
        mine = (node for node in self._threads if node[0] == process.number)
        return {node for node in mine if node[1] not in lanes or not lanes[node[1]].daemon}

    def _holders_of_mutex(self, wait: CellWait) -> set[Node] | None:
        process = wait.process
        nodes = self._holders.get(process.key(wait.number))
        if nodes:
            return nodes if nodes & self._threads else self._left_by(nodes, wait)
        if wait.detail & layout.WAIT_HELD_AT_FORK:
            return {wait.node}  # as good as its own: nobody of this process gives it back
        return {(process.number, main_thread(process))} if wait.detail & layout.WAIT_HELD_BY_FORKER else None

    def _at_work(self, wait: CellWait) -> tuple[set[Node] | None, Crowd]:
        """Who brings about what is waited for of an executor, a pool or an event loop, and who may yet."""
        kind = self.primitive(wait).kind
        if wait.owner:
            return {(wait.process.number, wait.owner)}, self._may_cancel(wait.process) if kind == "Future" else NOBODY
        found = self._work.of(wait.process, wait.number)
        self.may_change |= self._incomplete
        bystanders = found.bystanders | (self._may_cancel(wait.process) if kind == "Executor" else NOBODY)
        if found.reason:
            self.reasons[wait.node] = found.reason
            return {wait.node}, bystanders
        return found.nodes or None, bystanders

    def _may_cancel(self, process: TracedProcess) -> Crowd:
        """Others may cancel a job that nobody has begun, or an event loop's, where the program does that at all."""
        return self._ordinary.get(process.number, NOBODY) if self.code.cancels else NOBODY

    def _left_by(self, holders: set[Node], wait: CellWait) -> set[Node]:
        """Whoever held it is gone: the wait is as good as one for itself, for nobody is known who gives it back."""
        registry = self._registry
        process, thread = min(holders)
        lane = registry.lane(registry.processes[process], thread)
        of_process = lane.process is not wait.process and thread == main_thread(lane.process)
        service = lane.process.serves.get(thread)
        client = registry.process_of_pid(service.pid) if service is not None else None
        if client is not None and service is not None:  # is meant, rather than who served it
            is_main = service.client in (0, main_thread(client))
            name = client.name if is_main else registry.lane(client, service.client).name
        else:
            name = lane.process.name if of_process else lane.name
        self.reasons[wait.node] = held_by_ended(name)
        return {wait.node}

    def _readers(self, wait: CellWait, queue: Primitive) -> set[Node] | None:
        """Whoever has read from it; if nobody ever has, any ordinary thread of another process."""
        if self._is_shared_with_others():
            return None
        if self._flushing is None:
            self._flushing = frozenset(node for node, other in self.waits.items() if self.is_flush(other))
        readers = self._getters.get(queue.id, set()) & self._threads
        if readers:
            return readers - self._flushing
        elsewhere = (node for node in self._ordinary[None] if node[0] != wait.process.number)
        return {node for node in elsewhere if not self._is_internal(node)} - self._flushing

    def _holders_of_all(self, wait: CellWait, primitive: Primitive) -> set[Node] | None:
        """Who holds the permits of a semaphore, if they are all held as locks are."""
        holders = self._holders.get(wait.process.key(wait.number), set())
        is_lock = primitive.kind in SEMAPHORES and primitive.id not in self._registry.used_as_signals
        # Who holds a permit and waits for another may well wait for a signal.
        if is_lock and wait.node not in holders and primitive.capacity and len(holders) >= primitive.capacity:
            return holders
        return None

    def _anybody(self, wait: CellWait, primitive: Primitive) -> Crowd:
        """All threads that the primitive is shared with; nobody: there may be others."""
        return self._anybody_of(_scope(wait.process, primitive), wait.process)

    def _anybody_of(self, scope: int | None, process: TracedProcess) -> Crowd:
        if scope is None and self._is_shared_with_others():
            return NOBODY
        if scope not in self._free and self._outsiders_in(scope, process):
            self.may_change = True
            return NOBODY
        return self._ordinary.get(scope, NOBODY)

    def _is_shared_with_others(self) -> bool:
        """Whether processes may use what processes share that have no threads to show: not yet, or never."""
        found = self._incomplete or bool(self._strangers())
        self.may_change |= found
        return found

    def _strangers(self) -> frozenset[int]:
        return self._outsiders.strangers(self._followed())

    def _followed(self) -> set[int]:
        return {process.pid for process in self._registry.processes}

    def _outsiders_in(self, scope: int | None, process: TracedProcess) -> bool:
        numbers = {process.number}
        if scope is None:
            numbers.update(number for number in self._ordinary if number is not None)
        processes = (self._registry.processes[number] for number in numbers)
        in_loops = self.code.in_loops
        return any(self._outsiders.may_act_in(each, in_loops) for each in processes if not each.is_service)

    def _is_internal(self, node: Node) -> bool:
        return self._registry.is_internal(node)


def _scope(process: TracedProcess, primitive: Primitive) -> int | None:
    """Whose threads may use it: the process's, or all (None), if only by way of a manager."""
    return None if primitive.shared or process.is_manager else process.number
