"""Who serves whom: the threads of a manager's process and their clients.

A client that calls a method of a proxy waits for the thread that serves it there. That thread does nothing of its own
accord: it waits for the next request, that is for its client.
"""

from collections.abc import Iterable

from engine.model.wait_for import Node, Wait
from engine.recorder.definitions.registry import Registry, Service, TracedProcess


class Served:
    """Answers for one moment. `threads` are those that live."""

    def __init__(self, registry: Registry, processes: Iterable[TracedProcess], threads: set[Node]) -> None:
        self._clients: dict[Node, frozenset[Node]] = {}  # by serving thread; none: not known
        self._servants: dict[Node, set[Node]] = {}  # by client
        for process in processes:
            for serial, service in process.serves.items():
                servant = process.number, serial
                if servant in threads:
                    clients = frozenset(_clients(registry.process_of_pid(service.pid), service) & threads)
                    self._clients[servant] = clients
                    for client in clients:
                        self._servants.setdefault(client, set()).add(servant)

    def clients(self, servant: Node) -> frozenset[Node]:
        """The threads any of which may be the one that it serves; nobody: it serves none, or an unknown one."""
        return self._clients.get(servant, frozenset())

    def servants(self, client: Node) -> set[Node]:
        """The threads that serve this one."""
        return self._servants.get(client, set())

    def relays(self, resting: set[Node]) -> dict[Node, Wait]:
        """The waits of serving threads that have nothing to do."""
        return {
            servant: Wait(servant, 0, clients, ends_otherwise=not clients, follows=True)
            for servant, clients in self._clients.items()
            if servant in resting
        }


def _clients(process: TracedProcess | None, service: Service) -> set[Node]:
    """The one, or all that it may be."""
    if process is None:
        return set()
    if service.client:
        return {(process.number, service.client)}
    return {(process.number, serial) for serial, lane in process.lanes.items() if lane.name == service.name}
