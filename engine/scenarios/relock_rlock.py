"""Taking an RLock that one already holds: its holder may."""

import time
from types import SimpleNamespace

from engine.backends.worker import Context
from engine.scenarios.base import Parameter, Scenario, Settings, main, run_workers, say, toolbox

SCENARIO = Scenario(
    name="relock_rlock",
    title="Taking an RLock twice",
    group="Deadlocks",
    summary="The same two functions with a re-entrant lock: the holder takes it again, and gives it back twice.",
    explanation="""\
add() takes the lock and calls total(), which takes it again, as in "Taking the same lock twice". But an RLock
knows its holder and counts: the holder may take it any number of times and must give it back as often. Others
get it when the count is back at zero.

It is a cure with side effects. total() runs in the middle of add(), perhaps while the cart is half changed; a
plain Lock would have shown that at once, by the deadlock. Where one can, an inner function that expects the
lock to be held is the better way.""",
    look_for=(
        "One hold slice for both takings: the inner one does not wait.",
        "Hand-offs between the workers, as with any lock.",
        "All workers finish.",
    ),
    parameters=(
        Parameter("items", "Items", "int", 60, 1, 10_000),
        Parameter("hold_ms", "Time to add an item", "float", 20.0, 0.0, 1000.0, unit="ms"),
    ),
    backends=("threads", "processes"),
    default_workers=2,
    max_workers=64,
    tags=("reentrant", "RLock", "recursion", "repaired"),
)


def work(context: Context) -> int:
    cart = context.shared
    for item in range(1, cart.items + 1):
        add(context)
        context.progress(item, cart.items, label="items", items=item)
    return int(cart.items)


def add(context: Context) -> None:
    with context.shared.cart_lock:
        time.sleep(context.shared.hold_s)
        total(context)


def total(context: Context) -> None:
    with context.shared.cart_lock:
        sum(range(context.shared.items))


def run(settings: Settings) -> None:
    kit = toolbox(settings)
    cart_lock = kit.RLock()
    say(f"{settings.workers} workers, one RLock, taken twice")
    cart = SimpleNamespace(cart_lock=cart_lock, items=settings.items, hold_s=settings.hold_ms / 1000)
    outcome = run_workers(settings, work, cart)
    say(f"all {sum(outcome.results)} items added")


if __name__ == "__main__":
    main(SCENARIO, run)
