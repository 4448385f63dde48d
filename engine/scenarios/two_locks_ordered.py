"""Two locks, taken in the same order by everybody: the repaired version of two_locks."""

import time
from types import SimpleNamespace

from engine.backends.worker import Context
from engine.scenarios.base import Parameter, Scenario, Settings, main, run_workers, say, toolbox

SCENARIO = Scenario(
    name="two_locks_ordered",
    title="Two locks in the same order",
    group="Deadlocks",
    summary="The transfers of the deadlock, but whoever needs both locks takes accounts first: everybody finishes.",
    explanation="""\
The bank of "Two locks in opposite order", repaired. A transfer needs both locks, and now every worker takes
accounts first and then audit, whatever it has to do.

Why is that enough? Suppose workers wait for each other in a circle. Each holds a lock and wants one that
comes later in the order; going round the circle the locks would have to come later and later and yet end
where they began. That cannot be. The rule works for any number of locks and workers (Havender, 1968), as long
as nobody makes an exception.

Workers still wait for each other at times, but each wait ends.""",
    look_for=(
        "Deposits as before, then transfers: first accounts, then audit, in every lane.",
        "Lock waits that end; hand-offs from worker to worker.",
        "Nobody ever waits for accounts while holding audit.",
    ),
    parameters=(
        Parameter("deposits", "Deposits before the transfers", "int", 10, 0, 1000, help="Each needs one lock only."),
        Parameter("transfers", "Transfers per worker", "int", 30, 1, 10_000, help="Each needs both locks."),
        Parameter(
            "hold_ms", "Hold time", "float", 20.0, 0.0, 1000.0, unit="ms", help="How long each of them holds its locks."
        ),
    ),
    backends=("threads", "processes"),
    default_workers=2,
    min_workers=2,
    max_workers=64,
    tags=("lock order", "repaired", "havender"),
)


def work(context: Context) -> int:
    bank = context.shared
    own_lock = bank.accounts if context.index % 2 == 0 else bank.audit
    total = bank.deposits + bank.transfers

    with context.task("deposits"):
        for deposit in range(1, bank.deposits + 1):
            with own_lock:
                time.sleep(bank.hold_s)
            context.progress(deposit, total, label="deposits", items=deposit)
    bank.together.wait()  # all deposits are done

    for transfer in range(1, bank.transfers + 1):
        with context.task(f"transfer {transfer}"), bank.accounts, bank.audit:
            time.sleep(bank.hold_s)
        context.progress(bank.deposits + transfer, total, label="transfers", items=bank.deposits + transfer)
    context.say(f"has made {bank.transfers} transfers")
    return int(bank.transfers)


def run(settings: Settings) -> None:
    kit = toolbox(settings)
    accounts = kit.Lock()
    audit = kit.Lock()
    together = kit.Barrier(settings.workers)
    say(f"{settings.workers} workers, two locks, one order")
    bank = SimpleNamespace(
        accounts=accounts,
        audit=audit,
        together=together,
        deposits=settings.deposits,
        transfers=settings.transfers,
        hold_s=settings.hold_ms / 1000,
    )
    outcome = run_workers(settings, work, bank)
    say(f"all {sum(outcome.results)} transfers made")


if __name__ == "__main__":
    main(SCENARIO, run)
