"""Settings of scenarios: what is admitted, and what is refused in one line."""

import multiprocessing
import pickle

import pytest

from engine.scenarios import catalogue
from engine.scenarios.base import InvalidSetting, Parameter
from tests.engine.scenarios import programs

TWO_LOCKS = catalogue.get("two_locks")


def test_texts_and_values_are_both_taken() -> None:
    settings = TWO_LOCKS.settings(workers=3, backend="processes", parameters={"hold_ms": "2.5", "deposits": 4})
    assert (settings.workers, settings.backend, settings.hold_ms, settings.deposits) == (3, "processes", 2.5, 4)
    assert pickle.loads(pickle.dumps(settings)) == settings


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"workers": 1}, "workers", "workers must be from 2 to 64 for two_locks, not 1"),
        ({"workers": 65}, "workers", "workers must be from 2 to 64 for two_locks, not 65"),
        ({"backend": "treads"}, "backend", "there is no backend 'treads': did you mean threads?"),
        ({"backend": "zzz"}, "backend", "there is no backend 'zzz': there are serial, threads,"),
        ({"backend": "serial"}, "backend", "two_locks runs on threads or processes, not on serial"),
        ({"start_method": "spoon"}, "start_method", "start method must be one of .*spawn.*, not 'spoon'"),
        ({"parameters": {"hold": 1}}, "hold", "two_locks has no parameter 'hold': did you mean hold_ms?"),
        ({"parameters": {"zzz": 1}}, "zzz", "two_locks has no parameter 'zzz': it has deposits, hold_ms"),
        ({"parameters": {"hold_ms": "long"}}, "hold_ms", "hold_ms must be a number, not 'long'"),
        ({"parameters": {"hold_ms": -1}}, "hold_ms", "hold_ms must be from 0 to 1,000 ms, not -1"),
        ({"parameters": {"deposits": "1.5"}}, "deposits", "deposits must be a whole number, not '1.5'"),
    ],
)
def test_what_is_not_admitted_is_named_with_its_field(given: dict[str, object], field: str, message: str) -> None:
    with pytest.raises(InvalidSetting) as refusal:
        TWO_LOCKS.settings(**given)  # type: ignore[arg-type]
    assert refusal.value.field == field
    with pytest.raises(InvalidSetting, match=message.replace("?", r"\?")):
        TWO_LOCKS.settings(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_every_start_method_of_this_system_is_admitted(method: str) -> None:
    assert TWO_LOCKS.settings(start_method=method).start_method == method


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [("bool", "Yes", True), ("bool", "off", False), ("int", " 7 ", 7), ("float", "1e2", 100.0), ("choice", "b", "b")],
)
def test_a_parameter_reads_texts(kind: str, text: str, value: object) -> None:
    parameter = Parameter("p", "P", kind, value, 0, 1000, ("a", "b"))  # type: ignore[arg-type]
    assert parameter.parse(text) == value


@pytest.mark.parametrize(
    ("parameter", "text", "message"),
    [
        (Parameter("p", "P", "bool", True), "maybe", "p must be yes or no, not 'maybe'"),
        (Parameter("p", "P", "choice", "a", choices=("a", "b")), "c", "p must be one of a, b, not 'c'"),
        (Parameter("p", "P", "float", 1.0), "nan", "p must be a number, not nan"),
        (Parameter("p", "P", "float", 1.0), "inf", "p must be a number, not inf"),
        (Parameter("p", "P", "int", 1, minimum=1), "0", "p must be at least 1, not 0"),
        (Parameter("p", "P", "float", 1.0, maximum=0.5, unit="s"), "0.75", "p must be at most 0.5 s, not 0.75"),
        (Parameter("p", "P", "int", 1), "", "p must be a whole number, not ''"),
    ],
)
def test_a_parameter_refuses_with_a_reason(parameter: Parameter, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parameter.parse(text)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--workers", "0"), "two_locks: workers must be from 2 to 64 for two_locks, not 0"),
        (("--backend", "zzz"), "there is no backend 'zzz'"),
        (("--set", "hold_ms"), "--set takes NAME=VALUE, not 'hold_ms'"),
        (("--set", "hold_ms=x"), "hold_ms must be a number, not 'x'"),
    ],
)
def test_the_program_refuses_in_one_line_with_status_2(arguments: tuple[str, ...], said: str) -> None:
    done = programs.run("two_locks", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
