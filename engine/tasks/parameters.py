"""Typed parameters of scenarios and task types: what may be set, in which range, in which unit."""

import math
from dataclasses import dataclass
from typing import Literal

Value = int | float | str | bool
Kind = Literal["int", "float", "choice", "bool"]

YES = ("yes", "true", "on", "1")
NO = ("no", "false", "off", "0")


@dataclass(frozen=True)
class Parameter:
    """One thing that can be set. `minimum` and `maximum` are inclusive and in `unit`."""

    name: str
    label: str
    kind: Kind
    default: Value
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    unit: str = ""
    help: str = ""

    def parse(self, text: str) -> Value:
        """The value that `text` stands for. ValueError with the reason in one line when it stands for none."""
        stripped = text.strip()
        if self.kind == "bool":
            if stripped.lower() not in YES + NO:
                raise ValueError(f"{self.name} must be yes or no, not {text!r}")
            return stripped.lower() in YES
        if self.kind == "choice":
            return self.check(stripped)
        try:
            number = int(stripped) if self.kind == "int" else float(stripped)
        except ValueError:
            raise ValueError(f"{self.name} must be {self._a_number}, not {text!r}") from None
        return self.check(number)

    def check(self, value: object) -> Value:
        """`value` itself when it is allowed (whole floats become int). ValueError with the reason otherwise."""
        if self.kind == "bool":
            if not isinstance(value, bool):
                raise ValueError(f"{self.name} must be yes or no, not {value!r}")
            return value
        if self.kind == "choice":
            if not isinstance(value, str) or value not in self.choices:
                raise ValueError(f"{self.name} must be one of {', '.join(self.choices)}, not {value!r}")
            return value
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise ValueError(f"{self.name} must be {self._a_number}, not {value!r}")
        if self.kind == "int":
            if value != int(value):
                raise ValueError(f"{self.name} must be {self._a_number}, not {value!r}")
            value = int(value)
        self._check_range(value)
        return value

    @property
    def _a_number(self) -> str:
        return "a whole number" if self.kind == "int" else "a number"

    def _check_range(self, value: float) -> None:
        unit = f" {self.unit}" if self.unit else ""
        low, high = self.minimum, self.maximum
        if low is not None and high is not None and not low <= value <= high:
            raise ValueError(f"{self.name} must be from {_plain(low)} to {_plain(high)}{unit}, not {_plain(value)}")
        if low is not None and value < low:
            raise ValueError(f"{self.name} must be at least {_plain(low)}{unit}, not {_plain(value)}")
        if high is not None and value > high:
            raise ValueError(f"{self.name} must be at most {_plain(high)}{unit}, not {_plain(value)}")


def _plain(number: float) -> str:
    return f"{int(number):,}" if number == int(number) else f"{number:g}"
