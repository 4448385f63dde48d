"""Labels may come a few paints late while the view moves, but they come."""

from tests.gui.timeline.conftest import Bench
from tests.gui.timeline.recordings import MS


def test_labels_catch_up_when_a_pan_rests(bench: Bench) -> None:
    bench.picture()
    for _ in range(5):
        bench.view.pan(7 * MS)
        bench.canvas.grab()
    rested = [bench.canvas.grab().toImage() for _ in range(5)][-1]
    assert rested == bench.picture()
