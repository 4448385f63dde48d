"""A process writes more into another's input than its pipe holds, which writes as much and is not read from.

verdict: deadlock
cause: process-queue
participants: MainThread, echo
methods: fork
"""

import multiprocessing
import os

MUCH = bytes(1_000_000)

there, question = os.pipe()
answer, back = os.pipe()


def echo() -> None:
    os.close(question)
    with open(there, "rb") as asked, open(back, "wb") as told:
        while some := asked.read(1000):
            told.write(some)


if __name__ == "__main__":
    multiprocessing.get_context("fork").Process(target=echo, name="echo").start()
    os.close(there)
    os.close(back)
    with open(question, "wb") as asking:
        asking.write(MUCH)
    with open(answer, "rb") as answered:
        answered.read()
