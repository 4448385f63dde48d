"""Reads a recording, also one that is still being written. Never writes, never truncates."""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from engine.recording.chunks import (
    HEADER_LAYER,
    HEADER_SIZE,
    MAGIC,
    READ_VERSIONS,
    ChunkDamageError,
    ChunkHeader,
    check_payload,
    decode_header,
    decode_json,
    decode_rows,
    decode_texts,
)
from engine.recording.liveness import is_alive
from engine.recording.schema import ROWS, Layer

ALIVE_CHECK_S = 0.5
COUNTED = 0.5  # of the bytes that rows take in memory


class NotARecording(Exception):
    """The file is no recording, or of a later version. One plain line."""


@dataclass
class Batch:
    """What was appended since the last poll: definitions in their order, rows by layer in their order."""

    texts: list[dict[str, Any]] = field(default_factory=list)
    rows: dict[Layer, np.ndarray] = field(default_factory=dict)
    watermark_ns: int = 0  # everything up to here is known; 0: nothing new

    def __bool__(self) -> bool:
        return bool(self.texts or self.rows or self.watermark_ns)


class _Rest(NamedTuple):
    """Rows of a chunk that have not been handed out yet."""

    layer: Layer
    rows: np.ndarray
    watermark_ns: int


class RecordingReader:
    """Follows a recording from its start.

    NotARecording when the file is something else; OSError when it cannot be read. `header` is the recording's header.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.closed = False  # the recording was ended in order
        self.offset = 0  # everything before it was read and intact
        self.watermark_ns = 0
        self._damaged = False  # what stands at `offset` is complete and wrong: nothing after it can be trusted
        self._rest: _Rest | None = None  # of the last chunk before `offset`, when it is handed out in pieces
        self._alive = True
        self._alive_checked = 0.0
        self._file = self.path.open("rb", buffering=0)
        try:
            self.header: dict[str, Any] = self._read_file_header()
        except BaseException:
            self._file.close()
            raise
        self.start_ns = int(self.header.get("start_ns") or 0)
        self.watermark_ns = self.start_ns

    def poll(self, limit_bytes: int = 1 << 20) -> Batch:
        """What has been appended since the last call, about `limit_bytes` of it; a long chunk comes in pieces.

        Rows count as half of what they take in memory, however little of the file they take: it is for the work.
        """
        texts: list[dict[str, Any]] = []
        rows: dict[Layer, list[np.ndarray]] = {}
        before = self.watermark_ns
        start = self.offset
        if self._rest is not None:
            self._take_rest(limit_bytes, rows)
        data = b"" if self._damaged or rows else self._read(limit_bytes)
        position = 0
        taken = 0.0
        while not self._damaged and self._rest is None and data and taken < limit_bytes:
            chunk = self._chunk(data, position)
            if chunk is None and position == 0 and (size := self._needed(data)) > len(data):
                data = self._read(size)  # one chunk that is longer than the limit
                chunk = self._chunk(data, 0)
            if chunk is None:
                break
            header, payload = chunk
            taken += self._take(header, payload, limit_bytes, texts, rows)
            if self._damaged:
                break
            position += HEADER_SIZE + header.size
            self.offset = start + position
        watermark = self.watermark_ns if self.watermark_ns > before or self.offset > start else 0
        joined = {layer: parts[0] if len(parts) == 1 else np.concatenate(parts) for layer, parts in rows.items()}
        return Batch(texts, joined, watermark)

    @property
    def size(self) -> int:
        """Bytes of the file now."""
        return os.fstat(self._file.fileno()).st_size

    @property
    def at_end(self) -> bool:
        """Whether everything that can be read has been read (more may come while the writer lives)."""
        if self._rest is not None:
            return False
        if self._damaged or self.offset >= self.size:
            return True
        data = self._read(HEADER_SIZE)
        return self._needed(data) > self.size - self.offset

    @property
    def writer_alive(self) -> bool:
        """Whether the process that writes this recording is still at it."""
        if self.closed:
            return False
        now = time.monotonic()
        if self._alive and (not self._alive_checked or now - self._alive_checked > ALIVE_CHECK_S):
            self._alive_checked = now
            writer = self.header.get("writer")
            self._alive = isinstance(writer, dict) and is_alive(int(writer.get("pid") or 0), writer.get("start"))
        return self._alive

    @property
    def damage(self) -> str | None:
        """What is missing, in one line; None while the recording is intact, or still being written."""
        rest = self.size - self.offset
        intact = f"everything before {(self.watermark_ns - self.start_ns) / 1e9:.1f} s is intact"
        if self._damaged:
            return f"the last {_bytes(rest)} are damaged; {intact}"
        if self.closed or self.writer_alive:
            return None
        if rest:
            return f"the last {_bytes(rest)} are incomplete; {intact}"
        return f"the recording was not ended in order; {intact}"

    def close(self) -> None:
        """Lets go of the file."""
        self._file.close()

    def __enter__(self) -> "RecordingReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, size: int) -> bytes:
        self._file.seek(self.offset)
        return self._file.read(size) or b""

    def _read_file_header(self) -> dict[str, Any]:
        data = self._read(len(MAGIC))
        if not data:
            raise NotARecording(f"{self.path} holds nothing yet: a run that has just begun, or an empty file")
        if data != MAGIC:
            if MAGIC.startswith(data):
                raise NotARecording(f"{self.path} ends within its first bytes; nothing of the recording is left")
            raise NotARecording(f"{self.path} is not a Lanescope recording")
        self.offset = len(MAGIC)
        try:
            header = decode_header(self._read(HEADER_SIZE))
            payload = self._read(HEADER_SIZE + header.size)[HEADER_SIZE:]
            check_payload(header, payload)
            content = decode_json(payload)
        except (ChunkDamageError, ValueError):
            raise NotARecording(f"{self.path} is a recording whose header is damaged; it cannot be opened") from None
        if header.layer != HEADER_LAYER or not isinstance(content, dict):
            raise NotARecording(f"{self.path} is a recording whose header is damaged; it cannot be opened")
        if (version := content.get("version")) not in READ_VERSIONS:
            raise NotARecording(
                f"{self.path} has format version {version}, this Lanescope reads up to version {max(READ_VERSIONS)}; "
                "open it with the Lanescope that wrote it, or a newer one"
            )
        self.offset += HEADER_SIZE + header.size
        return content

    @staticmethod
    def _needed(data: bytes) -> int:
        """Bytes of the chunk that starts with `data`, as far as they tell."""
        if len(data) < HEADER_SIZE:
            return HEADER_SIZE
        try:
            return HEADER_SIZE + decode_header(data).size
        except ChunkDamageError:
            return HEADER_SIZE

    def _chunk(self, data: bytes, position: int) -> tuple[ChunkHeader, bytes] | None:
        """The chunk at `position` of `data`; None when it is not all there, or damaged (which is noted)."""
        if len(data) - position < HEADER_SIZE:
            return None
        try:
            header = decode_header(data[position : position + HEADER_SIZE])
            start = position + HEADER_SIZE
            if len(data) - start < header.size:
                return None
            payload = data[start : start + header.size]
            check_payload(header, payload)
        except ChunkDamageError:
            self._damaged = True
            return None
        return header, payload

    def _take(
        self,
        header: ChunkHeader,
        payload: bytes,
        limit_bytes: int,
        texts: list[dict[str, Any]],
        rows: dict[Layer, list[np.ndarray]],
    ) -> float:
        """Takes in a chunk; returns what it counts."""
        counts = float(header.size)
        try:
            if header.layer == Layer.TEXTS:
                definitions = decode_texts(header, payload)
                texts.extend(definitions)
                self.closed = self.closed or any(text.get("type") == "end" for text in definitions)
            elif header.layer in ROWS:
                decoded = decode_rows(header, payload)
                counts = decoded.nbytes * COUNTED
                if counts > limit_bytes:
                    self._rest = _Rest(Layer(header.layer), decoded, header.watermark_ns)
                    self._take_rest(limit_bytes, rows)
                    return counts
                rows.setdefault(Layer(header.layer), []).append(decoded)
        except (ChunkDamageError, ValueError):
            self._damaged = True
            return counts
        self.watermark_ns = max(self.watermark_ns, header.watermark_ns)
        return counts

    def _take_rest(self, limit_bytes: int, rows: dict[Layer, list[np.ndarray]]) -> None:
        """Hands out the next piece of a long chunk; what the chunk's watermark claims is known with its last one."""
        assert self._rest is not None
        layer, left, watermark_ns = self._rest
        count = max(1, int(limit_bytes / (left.itemsize * COUNTED)))
        rows.setdefault(layer, []).append(left[:count])
        self._rest = _Rest(layer, left[count:], watermark_ns) if count < len(left) else None
        if self._rest is None:
            self.watermark_ns = max(self.watermark_ns, watermark_ns)


def _bytes(count: int) -> str:
    return f"{count} bytes" if count < 10_000 else f"{count / 1e3:.0f} kB" if count < 10e6 else f"{count / 1e6:.0f} MB"
