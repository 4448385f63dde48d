"""Adds definitions to a recording that nobody writes any more: what its reader notes on it."""

import contextlib
import os
from pathlib import Path
from typing import Any

from engine.recording.chunks import encode_texts
from engine.recording.reader import RecordingReader


class CannotAppend(Exception):
    """Nothing was added, the file is as it was; one plain line says why."""


def append_texts(reader: RecordingReader, texts: list[dict[str, Any]]) -> None:
    """Appends a TEXTS chunk to the recording that `reader` has read to its end, which reads it as the next batch.

    One write to the end of the file: other readers see all of it or nothing. CannotAppend when the recording is still
    being written, or incomplete, or cannot be written to.
    """
    name = reader.path.name
    if not reader.at_end:
        raise CannotAppend(f"the end of {name} is still to be read")
    if reader.writer_alive:
        raise CannotAppend(f"{name} is being recorded by another window")
    if reader.offset != reader.size:
        raise CannotAppend(f"the end of {name} is damaged")
    append_chunk(reader.path, encode_texts(texts, reader.watermark_ns))


def append_chunk(path: Path, chunk: bytes) -> None:
    """Appends these bytes, or nothing. CannotAppend."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        raise CannotAppend(f"{path.name} cannot be written to ({error.strerror or error})") from error
    try:
        before = os.fstat(file).st_size
        try:
            written = os.write(file, chunk)
            if written < len(chunk):  # a full disk: a second write gives the reason
                written += os.write(file, chunk[written:])
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(file, before)  # what this write has left, and nothing else
            raise CannotAppend(f"{path.name} cannot be written to ({error.strerror or error})") from error
    finally:
        os.close(file)
