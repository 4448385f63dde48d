"""A process and the one that started it each wait for a message of the other, by queues of a manager.

verdict: deadlock
cause: queue
participants: MainThread, answerer
methods: fork, forkserver
"""

import multiprocessing
import sys


def answer(questions, answers) -> None:
    answers.put(questions.get() * 2)


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    with context.Manager() as manager:
        questions, answers = manager.Queue(), manager.Queue()
        answerer = context.Process(target=answer, args=(questions, answers), name="answerer")
        answerer.start()
        answers.get()
        questions.put(21)
        answerer.join()


if __name__ == "__main__":
    main()
