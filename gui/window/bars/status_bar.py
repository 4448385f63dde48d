"""The status bar: what Lanescope itself costs, in figures whose width never changes."""

from typing import Any

from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QStatusBar, QWidget

from engine.model.model import Model
from gui.frame_clock import FrameStatistics
from gui.widgets.elided_text import ElidedText
from gui.widgets.figures import grouped, padded
from gui.widgets.progress_bar import ProgressBar

LONGEST_WORK = "looking for findings"  # of what takes long
SAMPLED_TIP = "How often a second the recorder looks at what the running threads are in (Preferences change it)"
FRAME_TIP = (
    "What this window's own thread computes from one picture to the next: the median of its CPU time over the last"
    " ones. Up to 16 ms it moves smoothly. While a recording is opened or searched, a part of that work counts too."
)


class StatusBar(QStatusBar):
    """Figures on the right, a passing remark or the progress of long work on the left."""

    def __init__(self, cancel_text: str = "Cancel", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.progress = ProgressBar(self)
        self.progress.setFixedWidth(self.progress.fontMetrics().horizontalAdvance(LONGEST_WORK) + 24)
        self.cancel = QPushButton(cancel_text, self)
        self.cancel.setFlat(True)
        self.addWidget(self.progress)
        self.addWidget(self.cancel)
        self.recording = ElidedText(1, self)
        self.recording.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.recording.setIndent(8)
        self.addWidget(self.recording, 1)
        self._works: dict[str, float] = {}  # that go on, with the share of each that is done
        self.show_progress("", 1.0)
        self.messageChanged.connect(lambda _text: self._place_progress())
        self.recorder = self._figure(
            "What recording costs: the recorder process's share of one core", "recorder 000.0 %"
        )
        self.traced = self._figure("What tracing adds to the program's own CPU time (an estimate)", "traced +000.0 %")
        self.sampled = self._figure(SAMPLED_TIP, "sampled 0000/s")
        self.dropped = self._figure(
            "Records lost because the program made them faster than the recorder took them; 0 is as it should be",
            "0 000 000 dropped",
        )
        self.events = self._figure(
            "Records in this recording: state changes, lock events, switches, samples", "000 000 000 events"
        )
        self.frame = self._figure(
            FRAME_TIP,
            "frame 00.0 ms",
        )

    def _figure(self, tip: str, widest: str) -> QLabel:
        label = QLabel(self)
        label.setToolTip(tip)
        label.setMinimumWidth(label.fontMetrics().horizontalAdvance(widest))
        self.addPermanentWidget(label)
        return label

    def show_recording(self, text: str) -> None:
        """What is being looked at."""
        self.recording.show_text(text)
        self.recording.setAccessibleName(f"Recording shown: {text}")

    def show_progress(self, work: str, share: float) -> None:
        """How much of a long work is done; 1.0: all. Of several the one that was begun last is shown."""
        if share < 1.0:
            self._works[work] = share
        else:
            self._works.pop(work, None)
        work, share = next(reversed(self._works.items()), ("", 1.0))
        self.progress.setAccessibleName(f"Progress: {work}")
        self.progress.show_share(share, work)
        self._place_progress()

    def _place_progress(self) -> None:
        """A remark stands in its place: Qt would write it below what is shown meanwhile."""
        shown = bool(self._works) and not self.currentMessage()
        self.progress.setVisible(shown)
        self.cancel.setVisible(shown)

    def show_costs(self, model: Model | None, recorder_share: float | None, frames: FrameStatistics) -> None:
        """`recorder_share` is of one core, None when unknown."""
        self.frame.setText(f"frame {padded(f'{frames.recent_ms:.1f}', 4)} ms")
        if model is None:
            for label in (self.recorder, self.traced, self.sampled, self.dropped, self.events):
                label.setText("")
            return
        overhead = model.overhead
        share = "–" if recorder_share is None else f"{100 * recorder_share:.1f}"
        traced = overhead.get("traced_percent")
        self.recorder.setText(f"recorder {padded(share, 5)} %")
        self.traced.setText(f"traced {padded('–' if traced is None else f'+{traced:.1f}', 6)} %")
        sampling = model.attribution
        self.sampled.setText(f"sampled {padded(f'{sampling.rate_hz:.0f}' if sampling.looks else '–', 4)}/s")
        self.sampled.setToolTip(f"{SAMPLED_TIP}. Threads were {sampling.sentence}" if sampling.looks else SAMPLED_TIP)
        self.dropped.setText(f"{padded(_counted(overhead, 'dropped'), 5)} dropped")
        self.events.setText(f"{padded(_counted(overhead, 'events'), 9)} events")


def _counted(overhead: dict[str, Any], what: str) -> str:
    """A saved recording tells it at its end: until then it is not known, and 0 would be untrue."""
    return grouped(overhead[what]) if what in overhead else "–"
