"""Starts the window: `main(arguments)` is what main.py calls for it."""

import argparse
import gc
import logging
import sys
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from gui.dresser import Dresser
from gui.main_window import MainWindow
from gui.settings import LOG_NAME, Settings, log_folder
from gui.theme import ActiveTheme, StatePalette
from gui.widgets.icons import FOLDER
from gui.widgets.messages import Message

log = logging.getLogger("lanescope")
LOG_BYTES = 1 << 20


def main(arguments: list[str]) -> int:
    """Opens one window and returns the exit status when it has been closed."""
    options = parse(arguments)
    application = make_application()
    log_to_file()
    gc.disable()  # until the window stands
    settings = Settings()
    themes = ActiveTheme(settings.get("dark", True), kept_palette(settings), application)
    dresser = Dresser(application, themes, late=True)
    window = MainWindow(settings, themes, debug=options.debug)
    dresser.put_on_stylesheet()
    former = sys.excepthook
    sys.excepthook = ErrorReporter(window).report
    try:
        window.show()
        window.activateWindow()  # without a window manager nobody else gives it the keyboard
        if options.recording is not None:
            QTimer.singleShot(0, lambda: window.open(options.recording))
        spare_the_window()
        return application.exec()
    finally:
        gc.enable()
        sys.excepthook = former
        window.close_at_once()
        window.deleteLater()


def parse(arguments: list[str]) -> argparse.Namespace:
    """`[--debug] [open FILE]`; ends with status 2 for anything else."""
    parser = argparse.ArgumentParser(prog="main.py", description="The window of Lanescope.")
    parser.add_argument("--debug", action="store_true", help="show frame times over the timeline, log more")
    parser.add_argument("command", nargs="?", choices=["open"], help="open a recording")
    parser.add_argument("recording", nargs="?", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    if options.command == "open" and options.recording is None:
        parser.error("open needs the FILE of a recording")
    return options


def make_application() -> QApplication:
    """The one QApplication of this process."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    from PySide6.QtGui import QIcon

    application = QApplication(["lanescope"])
    application.setApplicationName("lanescope")
    application.setApplicationDisplayName("Lanescope")
    application.setWindowIcon(QIcon(str(FOLDER / "lanescope.svg")))
    return application


def make_theme(settings: Settings, application: QApplication) -> ActiveTheme:
    """The theme the settings ask for, dressing the application now and whenever it changes."""
    themes = ActiveTheme(settings.get("dark", True), kept_palette(settings), application)
    Dresser(application, themes)
    return themes


def kept_palette(settings: Settings) -> StatePalette:
    """The palette of states that the settings name."""
    names = {palette.value: palette for palette in StatePalette}
    return names.get(settings.get("palette", ""), StatePalette.STANDARD)


def spare_the_window() -> None:
    """To be called when the window stands: the garbage collector begins, and need not look through what there is.

    There are a hundred thousand objects by then, nearly all of them to stay; looking through them takes 40 ms, and
    would be due in the middle of a frame whenever a few thousand more have been made.
    """
    gc.freeze()
    gc.enable()


def log_to_file() -> Path | None:
    """Sends the log to a file; without one (an unwritable folder) to nowhere."""
    path = log_folder() / LOG_NAME
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=1, delay=True)
    except OSError:
        log.addHandler(logging.NullHandler())
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(message)s"))
    log.addHandler(handler)
    return path


class ErrorReporter:
    """An error nobody expected: its traceback goes to the log, one line into the window, and the window goes on."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def report(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """What `sys.excepthook` is called with."""
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        text = "".join(traceback.format_exception(kind, error, trace))
        log.error("unexpected error\n%s", text)
        if self._window.showing.debug_overlay is not None:
            sys.stderr.write(text)
        where = log_folder() / LOG_NAME
        self._window.messages.show_message(
            Message(
                "unexpected",
                f"Something went wrong in Lanescope itself ({kind.__name__}); the log has it: {where}.",
                "error",
            )
        )
