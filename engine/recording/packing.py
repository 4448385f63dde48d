"""Columns of whole numbers in as few bytes as their values need.

    packed = (form first-bytes first least-bytes least)* data*         of each column, in the order of its row
    form   = width (bits a value: 0, 4, 8, 16, 24, 32 or 64) | DELTA

A column is a least value and what is above it; with DELTA those are the steps from each value to the next one, from
`first` on. All numbers are little-endian, `first` and `least` signed; of two values of four bits in a byte the first
one is the lower.
"""

from collections.abc import Iterator

import numpy as np

THREE_BYTES = 0xFFFFFF
DELTA = 0x80
WIDTHS = (0, 4, 8, 16, 24, 32, 64)


def narrow(values: np.ndarray, reach: int) -> np.ndarray:
    """The values, none above `reach`, in the fewest bytes; three of them are the low ones of a u32, as (n, 3) u8."""
    if 0xFFFF < reach <= THREE_BYTES:
        four = values.astype("<u4").view(np.uint8).reshape(-1, 4)
        return np.ascontiguousarray(four[:, :3])
    return values.astype(np.min_scalar_type(reach).newbyteorder("<"))


def plain(values: np.ndarray) -> np.ndarray:
    """What `narrow` made narrow, as unsigned integers."""
    if values.ndim == 1:
        return values
    four = np.zeros((len(values), 4), np.uint8)
    four[:, :3] = values
    return four.view("<u4").reshape(-1)


def pack(columns: list[tuple[np.ndarray, bool]]) -> bytes:
    """Packs int64 columns of one length, at least one; with each: whether steps from value to value may be kept."""
    forms, data = [], []
    for column, stepwise in columns:
        form, first, values, (least, reach) = 0, 0, column, _bounds(column)
        if stepwise and len(column) > 1:
            steps = np.diff(column)
            bounds = _bounds(steps)
            if _width(bounds[1]) < _width(reach):
                form, first, values, (least, reach) = DELTA, int(column[0]), steps, bounds
        width = _width(reach)
        forms.append(bytes([form | width]) + _number(first) + _number(least))
        if width:
            above = narrow(values - least, reach)
            data.append((_halves(above) if width == 4 else above).tobytes())
    return b"".join([*forms, *data])


def unpack(packed: bytes, count: int, rows: int) -> Iterator[np.ndarray]:
    """Yields `count` columns of so many rows, int64; ValueError when these bytes are no such columns."""
    offset, forms = 0, []
    for _ in range(count):
        form, offset = _byte(packed, offset), offset + 1
        first, offset = _read_number(packed, offset)
        least, offset = _read_number(packed, offset)
        forms.append((form & ~DELTA, bool(form & DELTA), first, least))
    if any(width not in WIDTHS for width, _, _, _ in forms):
        raise ValueError
    if offset + sum(_size(width, rows - delta) for width, delta, _, _ in forms) != len(packed):
        raise ValueError
    for width, delta, first, least in forms:
        length = rows - delta
        size = _size(width, length)
        values = np.full(length, least)
        if width:
            values += _above(packed[offset : offset + size], width)[:length].astype(np.int64)
        offset += size
        yield np.cumsum(np.concatenate([[first], values])) if delta else values


def _above(data: bytes, width: int) -> np.ndarray:
    """The values in these bytes."""
    if width == 4:
        both = np.frombuffer(data, "u1")
        return np.stack([both & 0x0F, both >> 4], axis=1).reshape(-1)
    if width == 24:
        return plain(np.frombuffer(data, "u1").reshape(-1, 3))
    return np.frombuffer(data, f"<u{width // 8}")


def _halves(values: np.ndarray) -> np.ndarray:
    """Values of four bits, two in a byte."""
    even = np.concatenate([values, np.zeros(len(values) % 2, np.uint8)])
    return np.asarray(even[0::2] | (even[1::2] << 4))


def _size(width: int, count: int) -> int:
    """Bytes of so many values."""
    return (width * count + 7) // 8


def _bounds(values: np.ndarray) -> tuple[int, int]:
    """The least value, and how far above it the greatest is."""
    least = int(values.min())
    return least, int(values.max()) - least


def _width(reach: int) -> int:
    """Bits of a value."""
    return next(width for width in WIDTHS if reach < 1 << width)


def _number(number: int) -> bytes:
    size = (number.bit_length() + 8) // 8 if number else 0
    return bytes([size]) + number.to_bytes(size, "little", signed=True)


def _byte(packed: bytes, offset: int) -> int:
    if offset >= len(packed):
        raise ValueError
    return packed[offset]


def _read_number(packed: bytes, offset: int) -> tuple[int, int]:
    stop = offset + 1 + _byte(packed, offset)
    number = int.from_bytes(packed[offset + 1 : stop], "little", signed=True)
    if stop > len(packed) or not -(1 << 63) <= number < 1 << 63:
        raise ValueError
    return number, stop
