"""Frame times over the window's upper right corner, for --debug."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from gui.frame_clock import FrameStatistics


class DebugOverlay(QLabel):
    """Lets the pointer through."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setObjectName("debug")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAutoFillBackground(True)
        self.setMargin(4)

    def show_statistics(self, frames: FrameStatistics, events: int) -> None:
        """The frame's cost in ms of thread CPU time, and how many frames were left out."""
        self.setText(
            f"frame {frames.last_ms:.1f} ms  median {frames.median_ms:.1f}  p99 {frames.p99_ms:.1f}  "
            f"worst {frames.worst_ms:.1f}\n{frames.frames} frames  {frames.skipped} skipped  "
            f"every {frames.interval_ms} ms  {frames.cpu_percent:.0f} % of a core  {events} events"
        )
        self.adjustSize()
        self.move(self._window.width() - self.width() - 8, 96)
        self.raise_()
