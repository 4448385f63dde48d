"""A coarse picture of a whole recording, written behind its end, so that it can be shown before it has been read.

It is one chunk of its own layer: a JSON object, then the codes of every lane's buckets, compressed. Its last bytes tell
how long it is, so that it is found from the end of the file. Without one a recording is shown as it is read.
"""

import json
import os
import struct
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from engine.recording.append import CannotAppend, append_chunk
from engine.recording.chunks import HEADER_SIZE, ChunkDamageError, check_payload, decode_header, encode_chunk
from engine.recording.reader import NotARecording, RecordingReader
from engine.recording.reduction import Reduction
from engine.recording.schema import Layer

LENGTH = struct.Struct("<I")
TAIL = struct.Struct("<Q8s")  # bytes of the chunk, mark
MARK = b"OVERVIEW"
SEARCHED = 1 << 16  # bytes at the end of the file: notes may have been added behind it
STEP = 1 << 22


class Overview(NamedTuple):
    """`definitions`: texts of processes and lanes. Codes are (lanes, buckets) u8 as `StateStore.codes` gives them; the
    first bucket begins with the recording."""

    definitions: list[dict[str, Any]]
    end_ns: int
    bucket_ns: int
    dominant: np.ndarray
    worst: np.ndarray


def append_overview(path: Path) -> bool:
    """Makes the overview of a recording that has been closed, and adds it; False when that was not possible."""
    try:
        with RecordingReader(path) as reader:
            found = _made(reader)
        append_chunk(path, _encoded(found))
    except (NotARecording, OSError, CannotAppend):
        return False
    return True


def read_overview(path: Path) -> Overview | None:
    """The overview of a recording, if there is one."""
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - SEARCHED))
            last = file.read()
            at = last.rfind(MARK)
            if at < TAIL.size - len(MARK):
                return None
            size, _ = TAIL.unpack_from(last, at + len(MARK) - TAIL.size)
            start = end - len(last) + at + len(MARK) - size
            if start < 0:
                return None
            file.seek(start)
            chunk = file.read(size)
        header = decode_header(chunk)
        check_payload(header, chunk[HEADER_SIZE:])
        return _decoded(chunk[HEADER_SIZE:]) if header.layer == Layer.OVERVIEW else None
    except (OSError, ChunkDamageError, ValueError, KeyError, struct.error, zlib.error):
        return None


def _made(reader: RecordingReader) -> Overview:
    reduction = Reduction(reader.start_ns)
    definitions: list[dict[str, Any]] = []
    while batch := reader.poll(STEP):
        for text in batch.texts:
            kind = text.get("type", "")
            if kind.startswith(("process", "lane")):
                definitions.append(text)
                reduction.define(text)
        reduction.add(batch.rows.get(Layer.STATES), batch.rows.get(Layer.OPEN_STATES))
    dominant, worst = reduction.finish(reader.watermark_ns)
    return Overview(definitions, reader.watermark_ns, reduction.bucket_ns, dominant, worst)


def _encoded(overview: Overview) -> bytes:
    facts = {"definitions": overview.definitions, "end_ns": overview.end_ns, "bucket_ns": overview.bucket_ns}
    head = json.dumps({**facts, "lanes": len(overview.dominant)}, separators=(",", ":")).encode()
    codes = zlib.compress(overview.dominant.tobytes() + overview.worst.tobytes(), 1)
    body = LENGTH.pack(len(head)) + head + codes
    size = HEADER_SIZE + len(body) + TAIL.size
    return encode_chunk(Layer.OVERVIEW, body + TAIL.pack(size, MARK), 1, overview.end_ns)


def _decoded(payload: bytes) -> Overview:
    (length,) = LENGTH.unpack_from(payload)
    head = json.loads(payload[LENGTH.size : LENGTH.size + length])
    codes = np.frombuffer(zlib.decompress(payload[LENGTH.size + length : -TAIL.size]), np.uint8)
    lanes = int(head["lanes"])
    dominant, worst = codes.reshape(2, lanes, -1) if lanes else np.zeros((2, 0, 1), np.uint8)
    return Overview(head["definitions"], int(head["end_ns"]), int(head["bucket_ns"]), dominant, worst)
