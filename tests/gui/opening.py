"""What tests wait for after they have opened a recording."""

from gui.main_window import MainWindow


def shown_whole(window: MainWindow) -> bool:
    """Whether all of the recording has been taken in, the timeline has been told so, and its page has the focus."""
    model = window.bridge.model
    if window.pages.currentIndex() != 1:
        return False
    return model is not None and model.finished and window.view.limits.end_ns >= model.end_ns
