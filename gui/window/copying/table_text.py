"""A table as text for the clipboard, made in pieces that no frame notices."""

import time
from collections.abc import Callable, Iterator
from html import escape

from PySide6.QtCore import QMimeData, QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from engine.model.extract import Piece, Table, as_tsv

PIECE_S = 0.002  # of thread CPU time; what a piece may take
REST_MS = 1  # between two pieces


class TableText(QObject):
    """One table at a time: plain with tabs between its columns, and as HTML for editors that make tables of it.

    The clipboard stays as it is until the whole table is there.
    """

    progressed = Signal(float)  # share that is done, of what takes more than one piece; 1.0: over, copied or not
    copied = Signal(int)  # rows below the headings

    def __init__(self, parent: QObject, *, thread_time: Callable[[], float] = time.thread_time) -> None:
        """`thread_time` is what a piece of work is measured with, in s."""
        super().__init__(parent)
        self._thread_time = thread_time
        self._pieces: Iterator[Piece] | None = None
        self._plain: list[str] = []
        self._html: list[str] = []
        self._rows = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REST_MS)
        self._timer.timeout.connect(self._work)

    @property
    def busy(self) -> bool:
        """Whether a table is being made."""
        return self._pieces is not None

    def start(self, pieces: Iterator[Piece]) -> None:
        """Copies this table. One that was being made is given up."""
        self.cancel()
        self._pieces = pieces
        self._work()

    def cancel(self) -> bool:
        """Gives up the table; nothing is copied. False when none is being made."""
        if self._pieces is None:
            return False
        self._end()
        return True

    def _work(self) -> None:
        """One piece; when nothing is left to be done, the clipboard gets it in a piece of its own."""
        assert self._pieces is not None
        begun = self._thread_time()
        for piece in self._pieces:
            self._add(piece.rows)
            if self._thread_time() - begun >= PIECE_S:
                self.progressed.emit(min(piece.done, 0.999))
                self._timer.start()
                return
        self._hand_over()

    def _add(self, rows: Table) -> None:
        self._plain.append(as_tsv(rows))
        for row in rows:
            tag = "td" if self._rows else "th"
            cells = "".join(f"<{tag}>{escape(value)}</{tag}>" for value in row)
            self._html.append(f"<tr>{cells}</tr>")
            self._rows += 1

    def _hand_over(self) -> None:
        data = QMimeData()
        data.setText("".join(self._plain))
        data.setHtml("".join(("<table>", *self._html, "</table>")))
        QGuiApplication.clipboard().setMimeData(data)
        rows = self._rows - 1
        self._end()
        self.copied.emit(rows)

    def _end(self) -> None:
        self._timer.stop()
        self._pieces, self._plain, self._html, self._rows = None, [], [], 0
        self.progressed.emit(1.0)
