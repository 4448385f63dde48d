"""What a recording says, as objects and stores that can be asked. Pure: no I/O, no clock."""

from typing import Any

from engine.model.entities import Lane, Primitive, Process, Site
from engine.model.states import StateStore
from engine.recording.reader import Batch


class Model:
    """Takes in batches of a recording, live or whole, and answers."""

    def __init__(self, header: dict[str, Any]) -> None:
        self.header = header
        self.version = 0  # grows with every batch that changed anything
        self.start_ns = int(header.get("start_ns") or 0)
        self.end_ns = self.start_ns  # the watermark
        self.program_end: dict[str, Any] | None = None
        self.overhead: dict[str, Any] = {}
        self.notes: list[dict[str, Any]] = []
        self.bookmarks: list[dict[str, Any]] = []
        self.processes: list[Process] = []
        self.lanes: list[Lane] = []
        self.primitives: dict[int, Primitive] = {}
        self.findings: dict[int, dict[str, Any]] = {}
        self.output: list[dict[str, Any]] = []
        self.workers: dict[int, dict[str, Any]] = {}
        self.names: dict[int, str] = {}
        self.states = StateStore()

    def take_in(self, batch: Batch) -> None:
        """Takes in what a reader has read."""

    def site(self, number: int) -> Site | None:
        """The place of a site, or of the innermost frame of a stack."""
        raise NotImplementedError

    def stack(self, number: int) -> list[Site]:
        """The frames of a stack, innermost last; of a site just that one."""
        raise NotImplementedError
