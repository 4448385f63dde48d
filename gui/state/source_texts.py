"""Source texts by file: as they were during the run where the recording has them, else as they are on this disk."""

from functools import lru_cache
from pathlib import Path

from engine.model.model import Model

LARGEST = 4 << 20  # bytes; no source that a person wrote is larger


def source_text(model: Model | None, file: str) -> str | None:
    """The whole text; None when it cannot be had."""
    if model is not None and file in model.sources:
        return model.sources[file]
    path = Path(file)
    try:
        status = path.stat()
        if not path.is_file() or status.st_size > LARGEST:
            return None
        return _read(path, status.st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=64)
def _read(path: Path, _modified_ns: int) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
