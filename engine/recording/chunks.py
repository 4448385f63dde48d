"""The bytes of a recording file: a magic, then chunks, each a header and a payload that are checked by CRC32.

    file    = MAGIC chunk*
    chunk   = header payload
    header  = magic "LNCK", layer u8, flags u8, reserved u16, rows u32, payload bytes u32, base ns u64,
              watermark ns u64, CRC32 of payload, CRC32 of the header up to here  (little-endian, HEADER_SIZE bytes)
    payload = column after column in the order of the layer's row; of a TEXTS chunk a JSON array in UTF-8, of the
              first chunk (the file's header) a JSON object

Time columns are u32 offsets from the chunk's base, or u64 offsets with the flag WIDE_TIMES; when their values allow it,
other u32 columns shrink to u16 with the flag NARROW, and the lanes to u8 with FEW_LANES. With the flag PACKED all
columns are packed instead (see `packing`), times relative to the base, `start` as its distance from `end` when LENGTHS
is set; with COMPRESSED the payload of a TEXTS chunk is zlib's of it. Both came with version 2.

The chunks of one commit are written at once, the new watermark in the last one only, so that a torn commit never claims
to know what it lost.
"""

import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.recording.packing import pack, unpack
from engine.recording.schema import ROWS, Layer

MAGIC = b"LANESCOPE\x00\x01\n"
FORMAT_VERSION = 2
READ_VERSIONS = (1, 2)  # a file of the first one has no PACKED and no COMPRESSED chunks
CHUNK_MAGIC = b"LNCK"
HEADER = struct.Struct("<4sBBHIIQQI")
HEADER_SIZE = HEADER.size + 4
HEADER_LAYER = 0  # layer number of the first chunk: the file's header
MAX_PAYLOAD = 1 << 28  # bytes, also of its rows in memory: a longer one is damage, not data
MAX_SPAN = 0xFFFFFFFF

WIDE_TIMES = 0x01
NARROW = 0x02
FEW_LANES = 0x04
PACKED = 0x08
LENGTHS = 0x10
COMPRESSED = 0x20
WORTH_PACKING = 256  # rows; of fewer the columns' own descriptions would be a large part
WORTH_COMPRESSING = 1024  # bytes


@dataclass(frozen=True)
class ChunkHeader:
    """What the header of one chunk says. `end` is the offset just after the chunk's payload."""

    layer: int
    flags: int
    rows: int
    size: int
    base_ns: int
    watermark_ns: int
    payload_crc: int


class ChunkDamageError(Exception):
    """The bytes at this place are no intact chunk."""


def encode_chunk(
    layer: int, payload: bytes, rows: int, watermark_ns: int, *, base_ns: int = 0, flags: int = 0
) -> bytes:
    """One chunk as bytes, header and payload."""
    head = HEADER.pack(CHUNK_MAGIC, layer, flags, 0, rows, len(payload), base_ns, watermark_ns, zlib.crc32(payload))
    return head + struct.pack("<I", zlib.crc32(head)) + payload


def encode_file_header(header: dict[str, Any]) -> bytes:
    """The first chunk of a file."""
    payload = json.dumps(header, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return encode_chunk(HEADER_LAYER, payload, 1, 0)


def encode_texts(texts: list[dict[str, Any]], watermark_ns: int) -> bytes:
    """A TEXTS chunk that holds these definitions."""
    payload = json.dumps(texts, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    if len(payload) < WORTH_COMPRESSING or len(payload) > MAX_PAYLOAD:
        return encode_chunk(Layer.TEXTS, payload, len(texts), watermark_ns)
    return encode_chunk(Layer.TEXTS, zlib.compress(payload, 1), len(texts), watermark_ns, flags=COMPRESSED)


def _time_columns(layer: Layer) -> list[str]:
    return [name for name in ROWS[layer].names or () if name in ("start", "end", "time", "since")]


TIME_COLUMNS = {layer: _time_columns(layer) for layer in ROWS}
PACKABLE = (Layer.STATES, Layer.HOLDS, Layer.TASKS, Layer.DEPTHS, Layer.SIGNALS)  # those with many rows


def encode_rows(layer: Layer, rows: np.ndarray, watermark_ns: int) -> bytes:
    """A chunk of rows (dtype ROWS[layer]) in a narrow form that keeps every value."""
    times = TIME_COLUMNS[layer]
    base = min(int(rows[name].min()) for name in times)
    if len(rows) >= WORTH_PACKING and layer in PACKABLE and base < 1 << 63:  # packed numbers are signed
        return _encode_packed(layer, rows, watermark_ns, base)
    wide = max(int(rows[name].max()) for name in times) - base > MAX_SPAN
    names = rows.dtype.names or ()
    numbers = [name for name in names if rows.dtype[name].itemsize == 4]
    narrow = all(int(rows[name].max()) <= 0xFFFF for name in numbers)
    few = "lane" in names and int(rows["lane"].max()) <= 0xFF
    parts = []
    for name in names:
        column = rows[name]
        if name in times:
            column = (column - np.uint64(base)).astype("<u8" if wide else "<u4")
        elif few and name == "lane":
            column = column.astype("u1")
        elif narrow and name in numbers:
            column = column.astype("<u2")
        parts.append(np.ascontiguousarray(column).tobytes())
    flags = (WIDE_TIMES if wide else 0) | (NARROW if narrow else 0) | (FEW_LANES if few else 0)
    return encode_chunk(layer, b"".join(parts), len(rows), watermark_ns, base_ns=base, flags=flags)


def _encode_packed(layer: Layer, rows: np.ndarray, watermark_ns: int, base: int) -> bytes:
    names, times = rows.dtype.names or (), TIME_COLUMNS[layer]
    lengths = "start" in names and bool((rows["start"] <= rows["end"]).all())
    columns = []
    for name in names:
        if name == "start" and lengths:
            column = rows["end"] - rows["start"]
        else:
            column = rows[name] - np.uint64(base) if name in times else rows[name]
        columns.append((column.astype(np.int64), name in times))
    flags = PACKED | (LENGTHS if lengths else 0)
    return encode_chunk(layer, pack(columns), len(rows), watermark_ns, base_ns=base, flags=flags)


def decode_header(data: bytes) -> ChunkHeader:
    """The header in the first HEADER_SIZE bytes; ChunkDamageError when it is none."""
    if len(data) < HEADER_SIZE:
        raise ChunkDamageError
    magic, layer, flags, _, rows, size, base, watermark, crc = HEADER.unpack_from(data)
    (own_crc,) = struct.unpack_from("<I", data, HEADER.size)
    if magic != CHUNK_MAGIC or own_crc != zlib.crc32(data[: HEADER.size]) or size > MAX_PAYLOAD:
        raise ChunkDamageError
    return ChunkHeader(layer, flags, rows, size, base, watermark, crc)


def check_payload(header: ChunkHeader, payload: bytes) -> None:
    """ChunkDamageError when the payload is not what was written."""
    if len(payload) != header.size or zlib.crc32(payload) != header.payload_crc:
        raise ChunkDamageError


def decode_texts(header: ChunkHeader, payload: bytes) -> list[dict[str, Any]]:
    """The definitions of a TEXTS chunk. ChunkDamageError, or ValueError, when it holds none."""
    if header.flags & COMPRESSED:
        try:
            unpacking = zlib.decompressobj()
            payload = unpacking.decompress(payload, MAX_PAYLOAD)
        except zlib.error as error:
            raise ChunkDamageError from error
        if not unpacking.eof:
            raise ChunkDamageError
    texts: list[dict[str, Any]] = decode_json(payload)
    return texts


def decode_json(payload: bytes) -> Any:
    """The definitions of a TEXTS chunk (a list of objects), or the file's header (an object)."""
    return json.loads(payload.decode("utf-8", "surrogatepass"))


def _stored_columns(layer: Layer, flags: int) -> Iterator[tuple[str, np.dtype[Any]]]:
    row = ROWS[layer]
    for name in row.names or ():
        if name in TIME_COLUMNS[layer]:
            yield name, np.dtype("<u8" if flags & WIDE_TIMES else "<u4")
        elif flags & FEW_LANES and name == "lane":
            yield name, np.dtype("u1")
        elif flags & NARROW and row[name].itemsize == 4:
            yield name, np.dtype("<u2")
        else:
            yield name, row[name]


def decode_rows(header: ChunkHeader, payload: bytes) -> np.ndarray:
    """The rows of a chunk, dtype ROWS[layer], absolute times. ChunkDamageError when the sizes do not fit."""
    layer = Layer(header.layer)
    if header.rows * ROWS[layer].itemsize > MAX_PAYLOAD:  # packed, any number of them may take no bytes at all
        raise ChunkDamageError
    if header.flags & PACKED:
        return _decode_packed(header, payload)
    rows = np.empty(header.rows, dtype=ROWS[layer])
    columns = list(_stored_columns(layer, header.flags))
    if header.rows * sum(kind.itemsize for _, kind in columns) != header.size:
        raise ChunkDamageError
    offset = 0
    for name, kind in columns:
        column = np.frombuffer(payload, kind, header.rows, offset)
        offset += kind.itemsize * header.rows
        if name in TIME_COLUMNS[layer]:
            np.add(column, np.uint64(header.base_ns), out=rows[name], casting="unsafe")
        else:
            rows[name] = column
    return rows


def _decode_packed(header: ChunkHeader, payload: bytes) -> np.ndarray:
    layer = Layer(header.layer)
    rows = np.empty(header.rows, dtype=ROWS[layer])
    names = rows.dtype.names or ()
    lengths = bool(header.flags & LENGTHS)
    if header.base_ns >= 1 << 63 or (lengths and "start" not in names):
        raise ChunkDamageError
    try:
        columns = dict(zip(names, unpack(payload, len(names), header.rows), strict=True))
    except ValueError as error:
        raise ChunkDamageError from error
    for name in TIME_COLUMNS[layer]:
        columns[name] += header.base_ns
    if lengths:
        columns["start"] = columns["end"] - columns["start"] + header.base_ns
    for name in names:
        rows[name] = columns[name]
    return rows
