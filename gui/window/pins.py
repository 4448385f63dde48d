"""Lanes pinned in a recording are pinned again when it is opened again."""

from typing import Any

from PySide6.QtCore import QObject

from engine.model.model import Model
from gui.settings import Settings
from gui.state.filters import Filters

KEY = "pinned"
MOST_RECORDINGS = 50  # of which pins are remembered, those pinned in last


class Pins(QObject):
    """Kept in the settings: how somebody reads a recording is theirs, and reading one never changes its file.

    A recording is known by what its header says of its making, so that a copy and one under another name are the same.
    """

    def __init__(self, filters: Filters, settings: Settings, parent: QObject) -> None:
        super().__init__(parent)
        self._filters, self._settings = filters, settings
        self._recording: str | None = None
        filters.changed.connect(self._on_filters_changed)

    def let_go(self) -> None:
        """Another recording is about to be shown: what becomes of the pins no longer counts for this one."""
        self._recording = None

    def show_model(self, model: Model | None) -> None:
        """Pins what was pinned in this recording before."""
        self._recording = None
        if model is not None:
            recording = _identity(model.header)
            self._filters.pin(self._remembered().get(recording, ()))
            self._recording = recording

    def _remembered(self) -> dict[str, list[int]]:
        """Lanes by recording, the last one first; what is damaged is passed over."""
        kept: list[Any] = self._settings.get(KEY, [])
        found = {}
        for entry in kept:
            recording, lanes = (entry.get("recording"), entry.get("lanes")) if isinstance(entry, dict) else (None, None)
            if isinstance(recording, str) and isinstance(lanes, list) and all(type(lane) is int for lane in lanes):
                found[recording] = lanes
        return found

    def _on_filters_changed(self) -> None:
        if self._recording is None:
            return
        remembered, pinned = self._remembered(), sorted(self._filters.pinned)
        if remembered.pop(self._recording, []) == pinned:
            return
        if pinned:
            remembered = {self._recording: pinned, **remembered}
        entries = [{"recording": recording, "lanes": lanes} for recording, lanes in remembered.items()]
        self._settings.put(KEY, entries[:MOST_RECORDINGS])


def _identity(header: dict[str, Any]) -> str:
    """The moment at which a recording was begun, by two clocks."""
    return f"{header.get('created')} {header.get('start_ns')}"
