"""Runs a module of CPython's own tests, in the interpreter that has them; standard library only, started by its path.

    cpython_runner.py OUTCOMES TEST_S PIECE_S MODULE [TEST...]

Writes a line of JSON to OUTCOMES when a test begins and when it ends. A test that takes longer than TEST_S seconds ends
the process with everybody's stacks on standard error. Tests that are in OUTCOMES already are left out. After PIECE_S
seconds no further test is begun; exit status MORE says that some are left.
"""

import faulthandler
import json
import sys
import time
import unittest

MORE = 75
BEGUN_AT = time.monotonic()


class Outcomes(unittest.TextTestResult):
    """Tells of each test as it happens: a process that dies or hangs has told of all before."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.file = open(sys.argv[1], "a", encoding="utf-8")  # noqa: SIM115  (as long as the process)

    def tell(self, test, outcome, reason=""):
        print(json.dumps([test.id(), outcome, str(reason)]), file=self.file, flush=True)

    def startTest(self, test):
        faulthandler.dump_traceback_later(float(sys.argv[2]), exit=True)
        self.tell(test, "begun")
        super().startTest(test)

    def stopTest(self, test):
        faulthandler.cancel_dump_traceback_later()
        super().stopTest(test)
        self.tell(test, "ended")
        if time.monotonic() - BEGUN_AT > float(sys.argv[3]):
            self.stop()

    def addSuccess(self, test):
        self.tell(test, "passed")
        super().addSuccess(test)

    def addFailure(self, test, err):
        self.tell(test, "failed", err[1])
        super().addFailure(test, err)

    def addError(self, test, err):
        self.tell(test, "error", f"{err[0].__name__}: {err[1]}")
        super().addError(test, err)

    def addSkip(self, test, reason):
        self.tell(test, "skipped", reason)
        super().addSkip(test, reason)

    def addExpectedFailure(self, test, err):
        self.tell(test, "expected failure")
        super().addExpectedFailure(test, err)

    def addUnexpectedSuccess(self, test):
        self.tell(test, "unexpected success")
        super().addUnexpectedSuccess(test)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.tell(subtest, "failed", f"{err[0].__name__}: {err[1]}")
        super().addSubTest(test, subtest, err)


def main():
    module, *names = sys.argv[4:]
    loader = unittest.TestLoader()
    suite = loader.loadTestsFromNames(names) if names else loader.loadTestsFromName(module)
    try:
        with open(sys.argv[1], encoding="utf-8") as file:
            done = {json.loads(line)[0] for line in file}
    except FileNotFoundError:
        done = set()
    suite = unittest.TestSuite(test for test in flat(suite) if test.id() not in done)
    result = unittest.TextTestRunner(resultclass=Outcomes, verbosity=2).run(suite)
    if result.shouldStop:
        sys.exit(MORE)


def flat(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flat(test)
        else:
            yield test


if __name__ == "__main__":
    main()
