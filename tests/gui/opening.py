"""What tests wait for after they have opened a recording."""

from gui.main_window import MainWindow


def shown_whole(window: MainWindow) -> bool:
    """Whether all of the recording has been taken in, and the timeline has been told so."""
    model = window.bridge.model
    return model is not None and model.finished and window.view.limits.end_ns >= model.end_ns
