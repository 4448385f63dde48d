"""What connects findings to where they are shown: banner, tab, graph, and the progress of the search for them."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject

from gui.bridges.session import SessionBridge
from gui.panels.findings import FindingsPanel
from gui.panels.wait_for.panel import WaitForPanel
from gui.window.bars.banner import DeadlockBanner
from gui.window.bars.status_bar import StatusBar
from gui.window.layout.docks import Docks
from gui.window.places.navigation import Navigation
from gui.window.runs.run_control import RunControl


class Discovering(QObject):
    """Owned by the window; `changed` is called when another finding may be the one to go to."""

    def __init__(
        self,
        bridge: SessionBridge,
        panel: FindingsPanel,
        wait_for: WaitForPanel,
        banner: DeadlockBanner,
        docks: Docks,
        status: StatusBar,
        navigation: Navigation,
        run_control: RunControl,
        changed: Callable[[], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._bridge, self._panel, self._wait_for = bridge, panel, wait_for
        self._banner, self._docks, self._status = banner, docks, status
        self._navigation, self._run_control, self._changed = navigation, run_control, changed
        bridge.finding_added.connect(self._on_added)
        bridge.finding_changed.connect(self._on_changed)
        bridge.finding_removed.connect(lambda _: self._count())
        bridge.search_progressed.connect(self._on_search_progressed)
        panel.finding_chosen.connect(self.show)
        banner.show_in_graph.connect(self.show_deadlock)

    def forget(self) -> None:
        """Another recording, or none."""
        self._banner.forget()
        self._count()

    def show(self, finding: dict[str, Any]) -> None:
        """Goes to where a finding is."""
        self._navigation.show_finding(finding)
        if finding.get("edges"):
            self._wait_for.show_finding(finding)
            self._docks.bring_up("wait-for")

    def show_deadlock(self) -> None:
        """Goes to the deadlock: its moment, its lanes, its graph."""
        finding = self._banner.finding
        if finding is not None:
            self._banner.show()
            self.show(finding)

    def _on_added(self, finding: dict[str, Any]) -> None:
        self._count()
        if finding["kind"] == "deadlock":
            self._show_in_banner(finding)
            self._docks.bring_up("wait-for")
            self._wait_for.show_finding(finding)
            self._changed()

    def _on_changed(self, finding: dict[str, Any]) -> None:
        shown = self._banner.finding
        if shown is not None and shown["id"] == finding["id"]:
            if finding.get("resolved_ns") is not None:
                self._banner.forget()
            elif self._banner.isVisible():
                self._show_in_banner(finding)
        self._changed()

    def _show_in_banner(self, finding: dict[str, Any]) -> None:
        repaired = self._run_control.repaired() is not None
        self._banner.show_finding(finding, running=self._bridge.running, repaired=repaired)

    def _on_search_progressed(self, share: float) -> None:
        self._panel.show_search(searching=share < 1.0, completed=self._bridge.searched)
        self._status.show_progress("looking for findings", share)

    def _count(self) -> None:
        """The tab tells how many there are."""
        count = len(self._bridge.model.findings) if self._bridge.model else 0
        self._docks["findings"].setWindowTitle(f"Findings {count}" if count else "Findings")
