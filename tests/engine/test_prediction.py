"""Deadlocks that a run did not have but another may have; and what must not be taken for one."""

from pathlib import Path

import pytest

from engine.analysis.findings import find_all, verdict
from engine.analysis.order.lock_graph import excluded
from engine.analysis.order.lock_order import AS_FAR_AS, is_provable
from engine.model.model import Model
from tests.engine.corpus import Program, programs
from tests.engine.corpus_runs import Case, name, run
from tests.engine.test_long_waits import LONG_WAITS

# They show in another way what others of them show, too: with --full.
ALIKE = {
    "cancelled_by_name", "either_message", "hand_over_hand", "idle_daemons", "interrupted_by_child",
    "jobs_of_two_submitters", "lock_as_signal", "loop_woken_by_child", "loop_woken_later", "manager_for_strangers",
    "message_from_outside", "opposite_orders_processes", "over_the_limit_aside", "pipe_writer_ended",
    "pipes_read_in_turn", "pool_inverts", "pool_joined_meanwhile", "result_of_a_loop", "set_by_late_handler",
    "set_by_timer", "set_when_resized", "slow_process", "started_while_held", "stuck_pickling",
    "submitted_meanwhile", "taken_again",
}  # fmt: skip
ALL: list[Case] = [
    (program, method)
    for program in programs("potential", "clean")
    if program.name not in LONG_WAITS
    for method in program.methods[:1] or ("",)
]
CASES = [case for case in ALL if case[0].name not in ALIKE]
OTHERS = [case for case in ALL if case not in CASES]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Model]:
    """The recordings of these, by name."""
    return dict(run(CASES, tmp_path_factory.mktemp("corpus")))


@pytest.mark.parametrize("case", CASES, ids=name)
def test_programs_get_their_verdict(case: Case, models: dict[str, Model]) -> None:
    assert_verdict(case[0], models[name(case)])


@pytest.mark.full
@pytest.mark.parametrize("case", OTHERS, ids=name)
def test_all_programs_get_their_verdict(case: Case, tmp_path: Path) -> None:
    ((_, model),) = run([case], tmp_path)
    assert_verdict(case[0], model)


def assert_verdict(program: Program, model: Model) -> None:
    assert model.program_end is not None
    assert model.program_end["exit_status"] == 0, "".join(entry["text"] for entry in model.output)
    findings = find_all(model)
    assert verdict(findings) == program.verdict, findings
    errors = [found for found in findings if found["severity"] == "error"]
    assert len(errors) == (1 if program.verdict == "potential" else 0)
    for found in errors:
        assert (found["kind"], found["certainty"], found["cause"]) == ("potential-deadlock", "predicted", program.cause)
        assert len(found["participants"]) == program.count
        assert not program.participants or {model.lane_label(lane) for lane in found["lanes"]} == program.participants


def test_both_stacks_of_each_participant_are_told(models: dict[str, Model]) -> None:
    model = models["slow_transfer"]
    (found,) = (found for found in find_all(model) if found["severity"] == "error")
    for edge in found["edges"]:
        held, wanted = (model.stack(edge[site]) for site in ("hold_site", "wait_site"))
        assert [frame.function for frame in held] == [frame.function for frame in wanted] == ["transfer"]
        assert [held[-1].line, wanted[-1].line] == [14, 16]
    assert [each["stack"][-1]["line"] for each in found["participants"]] == [16, 16]


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("gate_lock", "but gate is held meanwhile"),
        ("one_thread_inverts", "but only by"),
        ("start_and_join_order", "always comes before"),
        ("try_and_back_off", "with a try or a timeout only"),
        ("handed_on", "wait for each other so"),
        ("handed_over", "baton is released by other threads than took it"),
    ],
)
def test_what_is_not_predicted_is_explained(program: str, why: str, models: dict[str, Model]) -> None:
    (sentence,) = excluded(models[program])
    assert why in sentence


@pytest.mark.parametrize("program", ["condition_between", "baton_between"])
def test_a_wait_that_another_run_may_do_without_makes_it_a_warning(program: str, models: dict[str, Model]) -> None:
    (found,) = find_all(models[program])
    assert (found["kind"], found["severity"], found["certainty"]) == ("potential-deadlock", "warning", "inferred")
    assert is_provable(found)


@pytest.mark.parametrize("program", ["over_the_limit orders", "over_the_limit_joined joined"])
def test_what_untold_jobs_may_keep_apart_is_a_warning(program: str, models: dict[str, Model]) -> None:
    (found,) = find_all(models[program])
    assert (found["kind"], found["severity"], found["certainty"]) == ("potential-deadlock", "warning", "inferred")
    assert found["title"].endswith(AS_FAR_AS)
    assert "there were too many, or records were lost" in found["explanation"]
    assert is_provable(found)


@pytest.mark.full
@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("over_the_limit", "submits"),
        ("over_the_limit", "results"),
        ("over_the_limit", "jobs"),
        ("over_the_limit_joined", "told"),
    ],
)
def test_no_limit_makes_a_false_error(name: str, limit: str, tmp_path: Path) -> None:
    (program,) = (each for each in programs("clean") if each.name == name)
    ((_, model),) = run([(program, limit)], tmp_path)
    found = [each for each in find_all(model) if each["kind"] == "potential-deadlock"]
    assert found
    assert all(each["severity"] == "warning" and each["title"].endswith(AS_FAR_AS) for each in found)


@pytest.mark.full
def test_no_limit_makes_less_of_threads_that_have_nothing_to_do_with_it(tmp_path: Path) -> None:
    (program,) = (each for each in programs("potential") if each.name == "over_the_limit_aside")
    ((_, model),) = run([(program, "submits")], tmp_path)
    assert verdict(find_all(model)) == "potential"


def test_what_only_the_order_of_a_set_keeps_apart_is_told(tmp_path: Path) -> None:
    """Whichever comes first in this run."""
    ((_, model),) = run([(program, "") for program in programs("chance")], tmp_path)
    (found,) = (each for each in find_all(model) if each["kind"] == "potential-deadlock")
    assert (found["severity"], found["certainty"]) in {("error", "predicted"), ("warning", "inferred")}
    assert is_provable(found)


def test_locks_that_were_only_made_alike_are_an_inversion(models: dict[str, Model]) -> None:
    (found,) = find_all(models["made_alike"])
    assert (found["kind"], found["severity"], found["certainty"]) == ("lock-order-inversion", "info", "inferred")


def test_a_lock_that_was_released_after_its_holder_had_ended_is_not_abandoned(models: dict[str, Model]) -> None:
    findings = find_all(models["abandoned_but_released_processes fork"])
    assert not [found for found in findings if found["kind"] == "abandoned-lock"]
