"""What the colours mean: every look that the timeline knows, as it is drawn there, with its name and its meaning."""

from typing import NamedTuple

from PySide6.QtCore import QUrl
from PySide6.QtGui import QTextDocument

from engine.recording.schema import DEADLOCKED, SAMPLED, State
from gui.panels.legend.entries import swatch
from gui.theme import STATE_NAMES, Theme
from gui.timeline.pixels.raster import MERGED, Raster

TITLE = "What the colours mean"
STATE_MEANINGS = {
    State.RUNNING: "executes Python or C code on a core",
    State.GIL_WAIT: "could run, but another thread of its process holds the interpreter lock (GIL)",
    State.CORE_WAIT: "could run, but no core is free for it",
    State.LOCK_WAIT: "waits for a lock that another lane holds",
    State.WAIT: "waits for something else: a condition, event, barrier, queue, semaphore, another thread's end",
    State.IO: "waits for a file, a socket or a pipe",
    State.SLEEP: "sleeps, because it asked to",
    State.IDLE: "is a pool's worker that has no task",
    State.UNKNOWN: "not known: records were lost, or there was nothing to measure it with",
    State.ENDED: "has not begun yet, or has ended",
}


class Look(NamedTuple):
    """A piece of a lane: the code of its state, the worst state that shows through, whether a lock is held."""

    code: int
    worst: int
    held: int
    name: str
    meaning: str


LOOKS = (
    *(Look(int(state), 0, 0, STATE_NAMES[state], meaning) for state, meaning in STATE_MEANINGS.items()),
    Look(State.RUNNING, 0, 1, "lock held", "a line below the bar, whatever state the lane is in"),
    Look(State.LOCK_WAIT | DEADLOCKED, 0, 0, "deadlocked", "a wait that can never end; striped"),
    Look(
        State.RUNNING | MERGED, State.LOCK_WAIT, 0, "merged",
        "several slices in one pixel, the worst on the upper edge; zoom in to see them",
    ),
    Look(State.GIL_WAIT | SAMPLED, 0, 0, "sampled", "with darker lines: measured by sampling, not recorded"),
)  # fmt: skip


def write_colour_key(document: QTextDocument, theme: Theme, ratio: float) -> None:
    """Fills the document, in the theme's colours, for a screen of that device pixel ratio."""
    raster = Raster(theme, ratio)
    rows = []
    document.clear()  # and what images it had
    for number, look in enumerate(LOOKS):
        picture = swatch(raster, look.code, look.worst, look.held)
        size = picture.deviceIndependentSize()
        document.addResource(QTextDocument.ResourceType.ImageResource, QUrl(f"look:{number}"), picture)
        shown = f"<img src='look:{number}' width='{size.width():.0f}' height='{size.height():.0f}'>"
        rows.append(
            f"<tr><td valign='middle'>{shown}</td><td><b>{look.name}</b>&nbsp;&nbsp;</td><td>{look.meaning}</td></tr>"
        )
    document.setHtml(f"<h2>{TITLE}</h2><table cellpadding='3'>{''.join(rows)}</table>")
