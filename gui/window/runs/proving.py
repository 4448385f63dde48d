"""What connects a predicted finding to its proof: whether one is possible, how it stands, what came of it."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject

from engine.session import InvalidChoice, RunRequest, request_of
from gui.bridges.proof import ProofBridge, command_line
from gui.bridges.session import RunState, SessionBridge
from gui.panels.findings import FindingsPanel
from gui.window.runs.recordings import Recordings


class Proving(QObject):
    """Owned by the window; `close` ends what is going on."""

    def __init__(self, panel: FindingsPanel, bridge: SessionBridge, recordings: Recordings, parent: QObject) -> None:
        super().__init__(parent)
        self._panel = panel
        self._bridge = bridge
        self._recordings = recordings
        self.proof = ProofBridge(self)
        self.proof.changed.connect(self._show)
        self.proof.ended.connect(self._on_ended)
        panel.proof_wanted.connect(self._on_wanted)
        panel.proof_cancelled.connect(self.proof.cancel)
        panel.recording_wanted.connect(lambda path: recordings.open(Path(path)))
        bridge.model_replaced.connect(self._on_model_replaced)
        bridge.run_state_changed.connect(lambda _: self._show())
        bridge.run_ended.connect(self._show)

    def close(self) -> None:
        """Ends an attempt."""
        self.proof.close()

    def _request(self) -> RunRequest:
        """What started the run on show. InvalidChoice when it can't be run again."""
        model = self._bridge.model
        if model is None or self._bridge.run_state is not RunState.NONE:
            raise InvalidChoice("run", "A prediction can be proven once the run is over.")
        return request_of(model.header)

    def _on_wanted(self, finding: dict[str, Any]) -> None:
        try:
            request = self._request()
        except InvalidChoice:
            return  # said at the button
        if self._bridge.model is not None:
            self.proof.start(finding, self._bridge.model, request)

    def _on_model_replaced(self) -> None:
        self.proof.cancel()
        self._show()

    def _on_ended(self, finding: dict[str, Any]) -> None:
        self._bridge.replace_finding(finding)
        self._panel.refresh()
        self._show()

    def _show(self) -> None:
        obstacle, command = "", ""
        try:
            command = command_line(self._request())
        except InvalidChoice as error:
            obstacle = error.message
        running = self.proof.running
        words = f"Trying to make it happen: {self.proof.words}" if running else ""
        self._panel.show_proof(self.proof.finding["id"] if running else None, words, obstacle, command)
