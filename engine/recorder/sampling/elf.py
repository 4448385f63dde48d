"""Where a symbol lies in an executable or shared library of this system's own kind (64-bit ELF, little-endian)."""

import mmap
import os
import struct
from functools import cache
from typing import NamedTuple

_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_SECTION_HEADERS_AT = 0x28
_SECTION_SIZE_AT = 0x3A
_TYPE_AT = 0x10
_SHARED = 3  # ET_DYN: libraries, and executables that are loaded anywhere
_TABLES = (11, 2)  # SHT_DYNSYM, then SHT_SYMTAB, which a stripped file lacks


class Symbol(NamedTuple):
    """`address` counts from where the file is loaded when `relative`."""

    address: int
    size: int
    relative: bool


def symbol(path: str, name: str) -> Symbol | None:
    """A defined symbol; None when the file has none of that name, or is of another kind. Each file is read once."""
    try:
        status = os.stat(path)
        return _symbol(path, name.encode() + b"\0", status.st_mtime_ns, status.st_size)
    except (OSError, ValueError, struct.error):
        return None


@cache
def _symbol(path: str, name: bytes, _modified_ns: int, _size: int) -> Symbol | None:
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[:6] != b"\x7fELF\x02\x01":
            return None
        (at,) = struct.unpack_from("<Q", data, _SECTION_HEADERS_AT)
        size, count = struct.unpack_from("<HH", data, _SECTION_SIZE_AT)
        sections = [_SECTION.unpack_from(data, at + number * size) for number in range(count)]
        relative = struct.unpack_from("<H", data, _TYPE_AT)[0] == _SHARED
        for kind in _TABLES:
            for table in (section for section in sections if section[1] == kind):
                names = sections[table[6]]
                wanted = _offsets(data[names[4] : names[4] + names[5]], name)
                symbols = data[table[4] : table[4] + table[5] // _SYMBOL.size * _SYMBOL.size]
                for offset, _, _, section, value, length in _SYMBOL.iter_unpack(symbols):
                    if offset in wanted and section:
                        return Symbol(value, length, relative)
    return None


def _offsets(names: bytes, name: bytes) -> set[int]:
    """Where a name begins in a table of names; it may be the end of a longer one."""
    found, at = set(), names.find(name)
    while at >= 0:
        found.add(at)
        at = names.find(name, at + 1)
    return found
