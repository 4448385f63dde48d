"""What is chosen to be run: a scenario with its parameters, or the custom workload, and how its workers run."""

import multiprocessing
from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal

from engine.backends import registry
from engine.scenarios.base import Parameter, Scenario


class RunConfiguration(QObject):
    """Observable choices. Each scenario remembers its own; interpreter and start method are one for all.

    Invariant: `backend` and `workers` are such as the chosen scenario admits.
    """

    changed = Signal()

    def __init__(self, scenarios: Iterable[Scenario], remembered: Mapping[str, Any] | None = None) -> None:
        """`remembered` is what `as_json` gave earlier; what no longer fits is left out."""
        super().__init__()
        self.scenarios = {scenario.name: scenario for scenario in scenarios}
        self._choices: dict[str, dict[str, Any]] = {name: {} for name in self.scenarios}
        self.scenario = next(iter(self.scenarios.values()))
        self.interpreter = ""  # a path; "": the interpreter Lanescope runs on
        self.custom = False  # run the custom workload instead of the scenario
        self.program = ""  # of the user's own that was run last, as it is called
        self.runs_program = False  # run that instead of either
        self._start_method = ""  # "": as the interpreter does it by default
        self._refused_workers: int | None = None
        self._restore(remembered or {})

    @property
    def backend(self) -> str:
        return str(self._choices[self.scenario.name].get("backend", self.scenario.default_backend))

    @property
    def workers(self) -> int:
        return int(self._choices[self.scenario.name].get("workers", self.scenario.default_workers))

    @property
    def workers_shown(self) -> int:
        """The number of workers as it was typed, be it admitted or not."""
        return self.workers if self._refused_workers is None else self._refused_workers

    @property
    def workers_fault(self) -> str:
        """Why the number that was typed is not admitted, in one line; "" when it is."""
        if self._refused_workers is None:
            return ""
        low, high = self.scenario.min_workers, self.scenario.max_workers
        typed = f"{self._refused_workers:,}".replace(",", "\u202f")
        return f"Workers must be from {low} to {high}, not {typed}"

    @property
    def start_method(self) -> str:
        """How what is chosen starts its processes, if it starts any; "": as the interpreter does by default."""
        if self.custom:
            return self._start_method
        return self.start_method_of(self.scenario)

    def start_method_of(self, scenario: Scenario) -> str:
        """How that scenario would start its processes: as chosen, unless it must be by default ("")."""
        return self._start_method if self._start_method in scenario.start_methods else ""

    @property
    def run_words(self) -> str:
        """What stands on a button that runs what is chosen."""
        if self.runs_program:
            return f"Run {self.program}"
        return "Run custom workload" if self.custom else "Run this scenario"

    @property
    def start_methods(self) -> tuple[str, ...]:
        """The start methods that may be chosen; none where no process is started."""
        if self.runs_program:
            return ()
        possible = tuple(multiprocessing.get_all_start_methods())
        if self.custom:
            return possible
        if registry.get(self.backend).uses_processes:
            return tuple(name for name in self.scenario.start_methods if name in possible)
        return ()

    @property
    def parameters(self) -> dict[str, str]:
        """The values that differ from the scenario's defaults, as typed."""
        return dict(self._choices[self.scenario.name].get("parameters", {}))

    def choose(self, name: str) -> None:
        """Makes that scenario the one to run; an unknown name changes nothing."""
        if name in self.scenarios and (self.runs_program or self.custom or name != self.scenario.name):
            self.scenario = self.scenarios[name]
            self.custom = self.runs_program = False
            self._refused_workers = None
            self.changed.emit()

    def choose_alike(self, name: str, header: Mapping[str, Any]) -> None:
        """Chooses that scenario and lets it run as a recorded one did: its backend, workers, start method and what
        was set otherwise than by default, as far as the chosen one admits it.
        """
        self.choose(name)
        self.set_backend(str(header.get("backend") or ""))
        if isinstance(workers := header.get("workers"), int):
            self.set_workers(workers)
        self.set_start_method(str(header.get("start_method") or ""))
        ran = self.scenarios.get(str(header.get("scenario")), self.scenario)
        defaults = {parameter.name: parameter.default for parameter in ran.parameters}
        values = header.get("parameters") or {}
        for parameter in self.scenario.parameters:
            value = values.get(parameter.name)
            if value != defaults.get(parameter.name) and _admits(parameter, value):
                self.set_parameter(parameter.name, str(value))

    def choose_custom(self, custom: bool) -> None:
        if custom != self.custom or self.runs_program:
            self.custom = custom
            self.runs_program = False
            self.changed.emit()

    def offer_program(self, label: str) -> None:
        """A program of the user's own that may be chosen."""
        self.program = label
        self.changed.emit()

    def choose_program(self) -> None:
        """Makes the program that was offered what is run."""
        self.runs_program = bool(self.program)
        self.changed.emit()

    def choose_workload(self) -> None:
        """Back to the scenario or custom workload, whichever was chosen."""
        self.choose_custom(self.custom)

    def set_backend(self, backend: str) -> None:
        if backend in self.scenario.backends:
            self._put("backend", backend)

    def set_workers(self, workers: int) -> None:
        """The nearest number that the scenario admits."""
        self.offer_workers(max(self.scenario.min_workers, min(self.scenario.max_workers, workers)))

    def offer_workers(self, workers: int) -> None:
        """Takes the number if the scenario admits it; otherwise it is kept as refused until another one comes."""
        admitted = self.scenario.min_workers <= workers <= self.scenario.max_workers
        refused = None if admitted else workers
        if refused != self._refused_workers:
            self._refused_workers = refused
            if admitted:
                self._choices[self.scenario.name]["workers"] = workers
            self.runs_program = False
            self.changed.emit()
        elif admitted:
            self._put("workers", workers)

    def set_start_method(self, method: str) -> None:
        """For everything that starts processes and admits it."""
        if method != self._start_method and method in ("", *registry.START_METHODS):
            self._start_method = method
            self.runs_program = False
            self.changed.emit()

    def set_interpreter(self, path: str) -> None:
        if path != self.interpreter:
            self.interpreter = path
            self.changed.emit()

    def set_parameter(self, name: str, value: str) -> None:
        self._put("parameters", {**self.parameters, name: value})

    def reset_parameters(self) -> None:
        """Back to the scenario's own values, workers and backend included, and to the start method by default."""
        self._choices[self.scenario.name].clear()
        self._start_method = ""
        self._refused_workers = None
        self.changed.emit()

    def as_json(self) -> dict[str, Any]:
        return {
            "scenario": self.scenario.name,
            "interpreter": self.interpreter,
            "start_method": self._start_method,
            "choices": {name: choices for name, choices in self._choices.items() if choices},
        }

    def _put(self, key: str, value: Any) -> None:
        choices = self._choices[self.scenario.name]
        if choices.get(key) != value:
            choices[key] = value
            self.runs_program = False  # who changes how a workload runs means that
            self.changed.emit()

    def _restore(self, remembered: Mapping[str, Any]) -> None:
        self.scenario = self.scenarios.get(str(remembered.get("scenario", "")), self.scenario)
        interpreter = remembered.get("interpreter", "")
        self.interpreter = interpreter if isinstance(interpreter, str) else ""
        method = remembered.get("start_method", "")
        self._start_method = method if method in registry.START_METHODS else ""
        choices = remembered.get("choices", {})
        for name, kept in choices.items() if isinstance(choices, dict) else ():
            if name in self.scenarios and isinstance(kept, dict):
                self._choices[name] = _fitting(self.scenarios[name], kept)


def _fitting(scenario: Scenario, kept: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the remembered choices that the scenario still admits."""
    fitting: dict[str, Any] = {}
    if kept.get("backend") in scenario.backends:
        fitting["backend"] = kept["backend"]
    if type(kept.get("workers")) is int and scenario.min_workers <= kept["workers"] <= scenario.max_workers:
        fitting["workers"] = kept["workers"]
    values = kept.get("parameters")
    if isinstance(values, dict):
        known = {}
        for parameter in scenario.parameters:
            text = values.get(parameter.name)
            if isinstance(text, str) and _parses(parameter, text):
                known[parameter.name] = text
        fitting["parameters"] = known
    return fitting


def _admits(parameter: Parameter, value: object) -> bool:
    try:
        parameter.check(value)
    except ValueError:
        return False
    return True


def _parses(parameter: Parameter, text: str) -> bool:
    try:
        parameter.parse(text)
    except ValueError:
        return False
    return True
