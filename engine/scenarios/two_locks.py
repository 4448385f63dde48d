"""Two locks, taken in opposite order: the classic deadlock, with threads or with processes."""

import time
from types import SimpleNamespace

from engine.backends.worker import Context
from engine.scenarios.base import Parameter, Scenario, Settings, main, run_workers, say, toolbox

SCENARIO = Scenario(
    name="two_locks",
    title="Two locks in opposite order",
    group="Deadlocks",
    summary="One worker holds accounts and wants audit, the other holds audit and wants accounts: nobody moves again.",
    explanation="""\
A bank keeps its accounts under one lock and its audit trail under another. A transfer needs both. Odd workers
take accounts first and then audit; even workers take audit first and then accounts. Each order is fine by
itself. Together they are a deadlock: worker-1 holds what worker-2 waits for, and worker-2 holds what worker-1
waits for.

In real programs this happens rarely, when two transfers meet in a window of microseconds, and so it survives
every test. Here luck is taken out: at the barrier named together, nobody goes on before worker-1 and worker-2
each hold their first lock. The locks, the waiting and the deadlock are real.

Further workers start their transfer after that. They wait for ever too, but they are not part of the cycle:
they hold nothing that anybody waits for.

The cure is an order that all agree on: whoever needs both locks takes accounts first. See "Two locks in the
same order".""",
    look_for=(
        "First a calm part: short holds of one lock at a time, then each worker's last hold, which never ends.",
        "worker-1 and worker-2 turn to lock wait at the same moment and are marked as deadlocked.",
        "In the wait-for graph, two arrows that form a circle; any further workers only point at it.",
        "No CPU is used: a deadlock is silent.",
    ),
    parameters=(
        Parameter("deposits", "Deposits before the transfer", "int", 10, 0, 1000, help="Each needs one lock only."),
        Parameter(
            "hold_ms", "Hold time", "float", 20.0, 0.0, 1000.0, unit="ms", help="How long a deposit holds its lock."
        ),
    ),
    backends=("threads", "processes"),
    default_backend="threads",
    default_workers=2,
    min_workers=2,
    max_workers=64,
    expects="deadlock",
    repaired="two_locks_ordered",
    tags=("deadlock", "lock order", "lock cycle", "circular wait"),
)


def work(context: Context) -> None:
    bank = context.shared
    if context.index % 2 == 0:
        first, second, order = bank.accounts, bank.audit, ("accounts", "audit")
    else:
        first, second, order = bank.audit, bank.accounts, ("audit", "accounts")

    with context.task("deposits"):
        for deposit in range(1, bank.deposits + 1):
            with first:
                time.sleep(bank.hold_s)
            context.progress(deposit, bank.deposits + 1, label="deposits", items=deposit)
    bank.together.wait()  # all deposits are done

    with context.task("transfer"):
        context.progress(bank.deposits, bank.deposits + 1, label="transfer", items=bank.deposits)
        if context.index > 1:
            bank.together.wait()  # worker-1 and worker-2 each hold one lock now
        with first:
            context.say(f"holds {order[0]}, wants {order[1]}")
            if context.index <= 1:
                bank.together.wait()
            with second:
                context.say("has transferred")  # nobody gets here


def run(settings: Settings) -> None:
    kit = toolbox(settings)
    accounts = kit.Lock()
    audit = kit.Lock()
    together = kit.Barrier(settings.workers)
    say(f"{settings.workers} workers, two locks, opposite orders")
    bank = SimpleNamespace(
        accounts=accounts, audit=audit, together=together, deposits=settings.deposits, hold_s=settings.hold_ms / 1000
    )
    run_workers(settings, work, bank)


if __name__ == "__main__":
    main(SCENARIO, run)
