"""Turns what is chosen into a run: checks it, starts it, and answers refusals at the field they are about."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject

from engine.recording.library import folder
from engine.session import DEFAULT_HZ, InvalidChoice, RunRequest, program_request, scenario_request, workload_request
from gui.bridges.session import RunState, SessionBridge
from gui.settings import Settings
from gui.state.run_configuration import RunConfiguration
from gui.widgets.messages import Message, Messages
from gui.window.overlays.preferences import SAMPLE_RATE_KEY
from gui.window.runs.run_program import Program

DEADLOCK = "two_locks"
DEADLOCK_WORKERS = 2
MEASURING = "A comparison is going on, and a run would disturb its measuring: end it first, with Compare → Cancel."


class RefusalView(Protocol):
    """Where choices are shown, and a refused one is marked."""

    def refuse(self, field: str, message: str) -> bool:
        """Marks the field; False when there is none of that name."""
        ...

    def reveal_chosen(self) -> None:
        """Shows the chosen scenario among the others."""
        ...

    def custom_workload(self) -> dict[str, Any] | None:
        """The custom workload as put together, None (marked at the fields) while it can't be run."""
        ...


class RunControl(QObject):
    """Run, the deadlock demonstrations, the repaired version of what was run."""

    def __init__(
        self,
        configuration: RunConfiguration,
        bridge: SessionBridge,
        settings: Settings,
        messages: Messages,
        choices: RefusalView,
        *,
        comparing: Callable[[], bool] = lambda: False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`comparing`: whether a comparison is going on, which a run would disturb."""
        super().__init__(messages)
        self._comparing = comparing
        self._configuration = configuration
        self._bridge = bridge
        self._settings = settings
        self._messages = messages
        self._choices = choices
        self._now = now
        self._started = 0.0
        self._run_next = False
        bridge.run_state_changed.connect(self._on_run_state_changed)
        bridge.run_ended.connect(self._on_run_ended)

    @property
    def seconds(self) -> float:
        """How long the run has been going on."""
        return self._now() - self._started

    def run(self) -> bool:
        """Starts what is chosen; False when it was refused."""
        chosen = self._configuration
        if chosen.custom:
            workload = self._choices.custom_workload()
            if workload is None:
                return False
            return self._start(
                lambda: workload_request(
                    workload,
                    interpreter=chosen.interpreter or None,
                    start_method=chosen.start_method or None,
                    folder=self._folder(),
                    sample_hz=self._sample_hz,
                )
            )
        return self._run_scenario(
            chosen.scenario.name,
            backend=chosen.backend,
            workers=chosen.workers,
            start_method=chosen.start_method if chosen.start_method in chosen.start_methods else "",
            parameters=chosen.parameters,
        )

    def run_program(self, program: Program) -> tuple[str, str] | None:
        """Runs a program of the user's own; the field and one plain line when that can't be done."""
        if self._bridge.running:
            return "target", "A run is going on: end it first."
        if self._comparing():
            return "target", MEASURING
        if refusal := program.refusal():
            return refusal
        try:
            request = program_request(
                program.words,
                interpreter=program.interpreter or None,
                folder=self._folder(),
                cwd=program.place,
                sample_hz=self._sample_hz,
            )
        except InvalidChoice as error:
            return "target", error.message
        except OSError as error:
            return "target", f"The recording could not be made in {self._folder()}: {error.strerror or error}."
        self._bridge.start(request)
        return None

    def show_deadlock(self, backend: str) -> bool:
        """Runs the two-lock deadlock on that backend, its processes started as chosen."""
        self._configuration.choose(DEADLOCK)
        self._configuration.set_backend(backend)
        self._configuration.set_workers(DEADLOCK_WORKERS)
        self._choices.reveal_chosen()
        return self.run()

    @property
    def deadlock_start_method(self) -> str:
        """How the deadlock between processes would start them; "": as the interpreter does by default."""
        return self._configuration.start_method_of(self._configuration.scenarios[DEADLOCK])

    def repaired(self) -> str | None:
        """The name of the repaired version of what was run last."""
        name = self._bridge.model.header.get("scenario") if self._bridge.model is not None else None
        scenario = self._configuration.scenarios.get(name or "")
        return (
            scenario.repaired if scenario is not None and scenario.repaired in self._configuration.scenarios else None
        )

    def run_repaired(self) -> bool:
        """Chooses and runs the repaired version as the faulty one ran, once the run that goes on has been ended."""
        name, model = self.repaired(), self._bridge.model
        if name is None or model is None:
            return False
        self._configuration.choose_alike(name, model.header)
        if not self._bridge.running:
            return self.run()
        self._run_next = True
        self._bridge.stop()
        return True

    def _run_scenario(self, name: str, **choices: Any) -> bool:
        interpreter = self._configuration.interpreter or None
        choices["start_method"] = choices["start_method"] or None
        choices["sample_hz"] = self._sample_hz
        return self._start(lambda: scenario_request(name, interpreter=interpreter, folder=self._folder(), **choices))

    def _start(self, make: Callable[[], RunRequest]) -> bool:
        self._messages.dismiss("run")
        if self._comparing():
            self._messages.show_message(Message("run", MEASURING, "warning"))
            return False
        try:
            request = make()
        except InvalidChoice as error:
            if not self._choices.refuse(error.field, error.message):
                self._messages.show_message(Message("run", error.message, "error"))
            return False
        except OSError as error:
            text = f"The recording could not be made in {self._folder()}: {error.strerror or error}."
            self._messages.show_message(Message("run", text, "error"))
            return False
        return self._bridge.start(request)

    @staticmethod
    def ordinary_folder() -> Path:
        """Where recordings are kept as long as the user has chosen no other place."""
        return folder()

    @property
    def _sample_hz(self) -> float:
        return self._settings.get(SAMPLE_RATE_KEY, DEFAULT_HZ)

    def _folder(self) -> Path:
        own = self._settings.get("recordings_folder", "")
        return Path(own) if own else self.ordinary_folder()

    def _on_run_ended(self) -> None:
        if self._run_next:
            self._run_next = False
            self.run()

    def _on_run_state_changed(self, state: RunState) -> None:
        if state is RunState.STARTING:
            self._started = self._now()
