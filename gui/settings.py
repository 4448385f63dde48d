"""What the window remembers between launches: one JSON file in the user's configuration folder.

A file that is damaged, or holds values of the wrong type, counts as empty in that respect; nothing ever fails to start
for it. Two windows share the file: a write changes only the keys this window has changed. The window writes at each
change, so that nothing is lost when it is killed, and a window opened later begins with what holds now.
"""

import base64
import binascii
import contextlib
import copy
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import platformdirs

HOME_VARIABLE = "LANESCOPE_HOME"
LOG_NAME = "lanescope.log"
_Value = TypeVar("_Value")


def configuration_folder() -> Path:
    """Where settings live; LANESCOPE_HOME puts everything of the user's in one other place."""
    home = os.environ.get(HOME_VARIABLE)
    return Path(home) / "config" if home else platformdirs.user_config_path("lanescope")


def log_folder() -> Path:
    """Where the log of unexpected errors is written."""
    home = os.environ.get(HOME_VARIABLE)
    return Path(home) / "log" if home else platformdirs.user_log_path("lanescope")


class Settings:
    """Named values with a type each; reading is from memory, `save` writes.

    `on_change` is called at every change: whoever has an event loop saves soon after it.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or configuration_folder() / "settings.json"
        self._values = self._read()
        self._changed: set[str] = set()
        self.on_change: Callable[[], object] = lambda: None

    def get(self, key: str, default: _Value) -> _Value:
        """The value of `key` if it has the type of `default` (which must not be None), else `default`."""
        value = self._values.get(key, default)
        if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
            return float(value)  # type: ignore[return-value]
        return value if type(value) is type(default) else default

    def put(self, key: str, value: Any) -> None:
        """Remembers a value that JSON can hold, as it is now: a copy, so that what changes in it later is a change."""
        if self._values.get(key) != value:
            self._values[key] = copy.deepcopy(value)
            self._changed.add(key)
            self.on_change()

    def get_bytes(self, key: str) -> bytes:
        """Bytes put by `put_bytes`; empty when there are none or they are damaged."""
        try:
            return base64.b64decode(self.get(key, ""), validate=True)
        except (binascii.Error, ValueError):
            return b""

    def put_bytes(self, key: str, value: bytes) -> None:
        self.put(key, base64.b64encode(value).decode())

    def get_texts(self, key: str) -> list[str]:
        """A list of texts; whatever else stands in the list is left out."""
        values: list[Any] = self.get(key, [])
        return [item for item in values if isinstance(item, str)]

    def get_mapping(self, key: str) -> dict[str, Any]:
        """A mapping with texts as keys."""
        return dict(self.get(key, {}))

    def merge(self, key: str, values: Mapping[str, Any]) -> None:
        """Changes some entries of a mapping."""
        self.put(key, {**self.get_mapping(key), **values})

    def save(self) -> str | None:
        """Writes what has changed; returns one plain line when that was not possible."""
        if not self._changed:
            return None
        merged = {**self._read(), **{key: self._values[key] for key in self._changed}}
        temporary = self.path.with_name(f"{self.path.name}.{os.getpid()}.new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(merged, indent=1, sort_keys=True), encoding="utf-8")
            temporary.replace(self.path)
        except (OSError, ValueError, TypeError) as error:
            with contextlib.suppress(OSError):
                temporary.unlink()
            return f"The settings could not be saved in {self.path}: {getattr(error, 'strerror', None) or error}."
        self._changed.clear()
        return None

    def _read(self) -> dict[str, Any]:
        try:
            values = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return values if isinstance(values, dict) else {}
