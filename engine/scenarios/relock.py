"""Taking a plain Lock that one already holds: a deadlock of one."""

import time
from types import SimpleNamespace

from engine.backends.worker import Context
from engine.scenarios.base import Parameter, Scenario, Settings, main, run_workers, say, toolbox

SCENARIO = Scenario(
    name="relock",
    title="Taking the same lock twice",
    group="Deadlocks",
    summary="A function takes a lock and calls another that takes the same lock: the worker waits for itself.",
    explanation="""\
add() takes the lock of a cart and calls total(), which takes the same lock, to be safe. Each function is
right by itself. Together they are a deadlock with a single thread: a plain Lock does not know who holds it,
so its holder waits like anybody else, and the only one that could release it is waiting.

In real programs the two calls are far apart: a callback, a property, a log handler, a signal handler, a
destructor that runs at an unlucky moment.

Any other workers wait for the same lock. They are not the problem; they will wait for as long as the first
one does.

Two cures: a lock that its holder may take again (RLock), see "Taking an RLock twice"; or, better, an inner
function that expects the lock to be held and does not take it.""",
    look_for=(
        "One worker holds cart_lock and waits for cart_lock: an arrow from a worker to itself.",
        "The stack: add() called total(), and both have a with statement on the same lock.",
        "The other workers wait too, but they are not part of the knot.",
    ),
    parameters=(
        Parameter("items", "Items before the deadlock", "int", 8, 0, 1000),
        Parameter("hold_ms", "Time to add an item", "float", 20.0, 0.0, 1000.0, unit="ms"),
    ),
    backends=("threads", "processes"),
    default_workers=2,
    max_workers=64,
    expects="deadlock",
    repaired="relock_rlock",
    tags=("deadlock", "self-deadlock", "reentrant", "recursion", "RLock"),
)


def work(context: Context) -> None:
    cart = context.shared
    for item in range(1, cart.items + 1):
        with cart.cart_lock:
            time.sleep(cart.hold_s)
        context.progress(item, cart.items + 1, label="items", items=item)
    add(context)


def add(context: Context) -> None:
    with context.shared.cart_lock:
        context.say("holds cart_lock and asks for the total")
        total(context)


def total(context: Context) -> None:
    with context.shared.cart_lock:
        context.say("knows the total")  # nobody gets here


def run(settings: Settings) -> None:
    kit = toolbox(settings)
    cart_lock = kit.Lock()
    say(f"{settings.workers} workers, one plain lock, taken twice")
    cart = SimpleNamespace(cart_lock=cart_lock, items=settings.items, hold_s=settings.hold_ms / 1000)
    run_workers(settings, work, cart)


if __name__ == "__main__":
    main(SCENARIO, run)
