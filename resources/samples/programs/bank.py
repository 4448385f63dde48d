"""A bank that works, most of the time: transfers lock the two accounts in the order in which they are named.

The clerks work one after another here, so nothing happens. Let them work at the same time, and one day they all wait.
"""

import random
import threading
import time


class Account:
    def __init__(self, owner: str, balance: int) -> None:
        self.owner = owner
        self.balance = balance
        self.lock = threading.Lock()


def transfer(source: Account, target: Account, amount: int) -> None:
    with source.lock:
        time.sleep(0.0005)  # looks the customer up
        with target.lock:
            source.balance -= amount
            target.balance += amount


def clerk(accounts: list[Account], seed: int, started: float) -> None:
    choose = random.Random(seed)
    for _ in range(20):
        source, target = choose.sample(accounts, 2)
        transfer(source, target, choose.randint(1, 50))
        time.sleep(0.005)
    print(f"{threading.current_thread().name} is done after {time.perf_counter() - started:.2f} s", flush=True)


def main() -> None:
    accounts = [Account(owner, 1000) for owner in ("Ada", "Grace", "Edsger")]
    started = time.perf_counter()
    for seed in range(3):
        thread = threading.Thread(target=clerk, args=(accounts, seed, started), name=f"clerk-{seed + 1}")
        thread.start()
        thread.join()  # one clerk after another: they never meet, and the fault does not show
    print("in all", sum(account.balance for account in accounts))


if __name__ == "__main__":
    main()
