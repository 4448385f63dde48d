"""Writes a recording: one append-only file, everything of one commit in one write()."""

import contextlib
import errno
import os
from pathlib import Path
from typing import Any

import numpy as np

from engine.recording.chunks import FORMAT_VERSION, MAGIC, encode_file_header, encode_rows, encode_texts
from engine.recording.liveness import process_start
from engine.recording.overview import append_overview
from engine.recording.schema import ROWS, STATE_ROW, Layer, State

# Slices; fewer are read in no time. An overview takes 8 kB with 8 lanes, 65 to 95 with 64, 380 to 610 with 1000
# (synthetic recordings of 60 000 to a million slices; it does not grow with their length).
WORTH_AN_OVERVIEW = 50_000
MAX_BUFFERED = 64 << 20  # bytes of rows kept for a later attempt while nothing can be written
# Layers in the order of a commit: closed spans before the open ones that go on from them.
ORDER = (
    *(layer for layer in ROWS if layer not in (Layer.OPEN_STATES, Layer.OPEN_HOLDS)),
    Layer.OPEN_STATES,
    Layer.OPEN_HOLDS,
)


class RecordingWriteError(Exception):
    """What was buffered could not be written; the file is as it was after the last good commit. One plain line."""


class RecordingWriter:
    """Appends to a new recording.

    `path` must not exist yet, or be empty (else FileExistsError; other OSErrors when it cannot be made). `header` is
    any JSON object; the format version and the identity of the writer (this process) are added to it.
    """

    def __init__(self, path: str | os.PathLike[str], header: dict[str, Any]) -> None:
        self.path = Path(path)
        self.header = dict(header)
        self.header["version"] = FORMAT_VERSION
        self.header["writer"] = {"pid": os.getpid(), "start": process_start(os.getpid())}
        self.size = 0  # bytes written: the end of the last good chunk
        self.slices = 0  # committed
        self.lost_rows = 0  # given up because nothing could be written for too long
        self._watermark = int(header.get("start_ns") or 0)
        self._texts: list[dict[str, Any]] = []
        self._rows: dict[Layer, list[np.ndarray]] = {}
        self._buffered = 0
        flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        self._file = os.open(self.path, flags, 0o644)
        if os.fstat(self._file).st_size:  # an empty one is the name's reservation
            os.close(self._file)
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(self.path))
        try:
            self._append(MAGIC + encode_file_header(self.header))
        except BaseException:
            os.close(self._file)
            self._file = -1
            self.path.unlink(missing_ok=True)
            raise

    def texts(self, *objects: dict[str, Any]) -> None:
        """Buffers definitions (JSON objects with a "type", see `schema`) for the next commit."""
        self._texts.extend(objects)

    def rows(self, layer: Layer, rows: np.ndarray) -> None:
        """Buffers rows (dtype ROWS[layer], absolute times) for the next commit; leave the array alone afterwards."""
        if rows.dtype != ROWS[layer]:
            raise TypeError(f"rows of {layer.name} must have the dtype {ROWS[layer]}, not {rows.dtype}")
        if len(rows):
            self._rows.setdefault(layer, []).append(rows)
            self._buffered += rows.nbytes

    def commit(self, watermark_ns: int) -> None:
        """Writes everything buffered, texts first, in one write(); readers then know all up to `watermark_ns`.

        RecordingWriteError when the disk is full or the file cannot be written: nothing torn is left in the file, what
        was buffered stays so and goes with the next commit that succeeds. If that takes too long, rows are given up and
        counted in `lost_rows`; their lanes' states are unknown for that time.
        """
        watermark = max(self._watermark, watermark_ns)
        layers = [layer for layer in ORDER if self._rows.get(layer)]
        parts = []
        if self._texts or not layers:
            parts.append(encode_texts(self._texts, self._watermark if layers else watermark))
        for layer in layers:
            batches = self._rows[layer]
            rows = batches[0] if len(batches) == 1 else np.concatenate(batches)
            parts.append(encode_rows(layer, rows, watermark if layer == layers[-1] else self._watermark))
        try:
            self._append(b"".join(parts))
        except OSError as error:
            self._give_up_what_is_too_much()
            reason = error.strerror or str(error)
            raise RecordingWriteError(f"Cannot write to {self.path}: {reason}. Free some space there.") from error
        self.slices += sum(len(rows) for rows in self._rows.get(Layer.STATES, []))
        self._texts, self._rows, self._buffered = [], {}, 0
        self._watermark = watermark

    def close(self, end_ns: int) -> None:
        """Commits what is buffered and an "end" definition, closes the file. RecordingWriteError as in `commit`.

        Readers know then that it has ended. A long recording gets its overview afterwards, which reads it once more.
        """
        if self._file < 0:
            return
        try:
            self.texts({"type": "end", "time_ns": end_ns})
            self.commit(end_ns)
        finally:
            os.close(self._file)
            self._file = -1
        if self.slices >= WORTH_AN_OVERVIEW:
            append_overview(self.path)

    def abandon(self) -> None:
        """Closes the file as it is after the last commit, as if the writer had died there."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _append(self, data: bytes) -> None:
        """Appends in one write; what a short or failed write left is taken away again. OSError."""
        try:
            written = os.write(self._file, data)
            if written < len(data):  # a full disk takes what fits; asking for the rest gives the reason
                rest = memoryview(data)[written:]
                while rest:
                    rest = rest[os.write(self._file, rest) :]
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self.size)
                os.lseek(self._file, self.size, os.SEEK_SET)
            raise
        self.size += len(data)

    def _give_up_what_is_too_much(self) -> None:
        if self._buffered <= MAX_BUFFERED:
            return
        states = np.concatenate(self._rows.pop(Layer.STATES, [np.empty(0, STATE_ROW)]))
        self.lost_rows += sum(len(rows) for batches in self._rows.values() for rows in batches) + len(states)
        lanes, last = np.unique(states["lane"][::-1], return_index=True)
        unknown = np.zeros(len(lanes), STATE_ROW)
        unknown["lane"], unknown["end"], unknown["code"] = lanes, states["end"][::-1][last], State.UNKNOWN
        self._rows, self._buffered = {}, 0
        self.rows(Layer.STATES, unknown)
