"""Writes ring and text files as the tracer does, step by step, so that tests decide what the recorder sees when."""

import marshal
import mmap
import os
import struct
import sys
from pathlib import Path
from typing import Any

from engine.tracer import layout


class RingWriter:
    """One traced process's files. Threads are told by their serial; each writes to chunks of its own."""

    def __init__(
        self, folder: Path, *, pid: int | None = None, sequence: int = 1, chunks: int = 9, parent: int = 0
    ) -> None:
        self.pid = os.getpid() if pid is None else pid
        self.path = folder / f"{sequence}-{self.pid}.ring"
        self.texts = self.path.with_suffix(".texts")
        with self.path.open("wb") as file:
            file.truncate(layout.FILE_SIZE)
        with self.path.open("r+b") as file:
            self.map = mmap.mmap(file.fileno(), layout.FILE_SIZE)
        for offset, value in (
            (layout.HEADER_PID, self.pid),
            (layout.HEADER_SEQUENCE, sequence),
            (layout.HEADER_ALLOCATED_CELLS, layout.CELL_BLOCK),
            (layout.HEADER_ALLOCATED_CHUNKS, chunks),
            (layout.HEADER_PYTHON, sys.hexversion),
            (layout.HEADER_PARENT_PID, parent),
            (layout.HEADER_MAGIC, layout.MAGIC),
        ):
            struct.pack_into("=I", self.map, offset, value)
        self.texts.touch()
        self._chunks: dict[int, tuple[int, int]] = {}  # by thread: chunk, next record
        self._next_chunk = 1

    def text(self, *items: Any) -> None:
        """Appends a frame."""
        body = marshal.dumps(items, 2)
        with self.texts.open("ab") as file:
            file.write(struct.pack("<I", len(body)) + body)

    def introduce(
        self, *, parent_pid: int = 0, how: str = "exec", argv: tuple[str, ...] = ("python", "bank.py")
    ) -> None:
        """The process's first frame."""
        self.text("process", self.pid, parent_pid, 1, "3.11.7", "/usr/bin/python", argv, False, how)

    def cell(self, number: int, **words: int) -> None:
        """Sets words of a cell: `thread=1, wait_serial=3 …` (names of CELL_… in lower case)."""
        for name, value in words.items():
            self.word(number, getattr(layout, f"CELL_{name.upper()}"), value)

    def word(self, number: int, word: int, value: int) -> None:
        """Sets one word of a cell by its number."""
        struct.pack_into("=Q", self.map, layout.CELLS_AT + number * layout.CELL_SIZE + word * 8, value)

    def hold(self, number: int, slot: int, held: int, since: int, site: int = 0) -> None:
        """Puts a lock into a cell's slot; 0 takes it out."""
        self.word(number, layout.CELL_HELD_SITE + slot, site)
        self.word(number, layout.CELL_HELD + 2 * slot + 1, since)
        self.word(number, layout.CELL_HELD + 2 * slot, held)

    def reserve(self, thread: int) -> int:
        """The offset of the thread's next record, which stays a hole unless `store` fills it."""
        chunk, record = self._chunks.get(thread, (0, layout.RECORDS_PER_CHUNK))
        if record == layout.RECORDS_PER_CHUNK:
            if chunk:
                self.give_back(thread)
            chunk, record = self._claim(thread), 0
        self._chunks[thread] = chunk, record + 1
        return self._offset(chunk) + layout.CHUNK_HEADER + record * layout.RECORD_SIZE

    def store(self, offset: int, kind: int, **fields: int) -> None:
        """Fills a reserved record: `detail`, `site`, `number`, `start`, `end`."""
        rest = [fields.get(name, 0) for name in ("detail", "site", "number", "start", "end")]
        struct.pack_into(layout.RECORD_FORMAT, self.map, offset, kind, *rest)

    def record(self, thread: int, kind: int, **fields: int) -> None:
        """Writes one record, with fields as for `store`."""
        self.store(self.reserve(thread), kind, **fields)

    def give_back(self, thread: int) -> None:
        """The thread's chunk is full, or the thread has ended."""
        chunk, _ = self._chunks.pop(thread)
        struct.pack_into("=I", self.map, self._offset(chunk) + layout.CHUNK_STATE, layout.CHUNK_FULL)

    def chunk_states(self) -> list[int]:
        """States of all chunks that have been claimed."""
        return [
            struct.unpack_from("=I", self.map, self._offset(chunk) + layout.CHUNK_STATE)[0]
            for chunk in range(1, self._next_chunk)
        ]

    def close(self) -> None:
        self.map.close()

    def _claim(self, thread: int) -> int:
        chunk = self._next_chunk
        self._next_chunk += 1
        offset = self._offset(chunk)
        struct.pack_into("=I", self.map, offset + layout.CHUNK_THREAD, thread)
        struct.pack_into("=I", self.map, offset + layout.CHUNK_STATE, layout.CHUNK_OWNED)
        return chunk

    @staticmethod
    def _offset(chunk: int) -> int:
        return layout.CHUNKS_AT + chunk * layout.CHUNK_SIZE
