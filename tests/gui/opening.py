"""What tests wait for after they have opened a recording."""

from gui.main_window import MainWindow


def shown_whole(window: MainWindow) -> bool:
    """Whether all of the recording has been taken in, the timeline has been told so, and is seen."""
    model, is_seen = window.bridge.model, window.pages.currentWidget() is window.centre_split
    return is_seen and model is not None and model.finished and window.view.limits.end_ns >= model.end_ns
