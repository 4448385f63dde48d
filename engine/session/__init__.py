"""Runs a program under a recorder process; the window and the command line both use this.

    requests    what is to be run, checked: scenario, program, custom workload
    session     one run: start, stop, how it stands
    refused     what Python did not even begin to run, and why
    proof       several runs: a predicted deadlock is made to happen
    test_watch  a run of pytest: its tests are told what was found in them

No Qt and no threads: whoever owns a `Session` calls `poll()` now and then. What happens in the program is read from the
recording (`RunRequest.recording`), which grows meanwhile.
"""

from engine.recorder.request import RunRequest
from engine.recorder.sampling.pace import DEFAULT_HZ
from engine.session.proof import Proof, ProofStatus, confirmed, request_of
from engine.session.refused import why_refused
from engine.session.requests import InvalidChoice, program_request, scenario_request, workload_request
from engine.session.session import Session, SessionError, SessionStatus
from engine.session.test_watch import TestWatch

__all__ = [
    "DEFAULT_HZ",
    "InvalidChoice",
    "Proof",
    "ProofStatus",
    "RunRequest",
    "Session",
    "SessionError",
    "SessionStatus",
    "TestWatch",
    "confirmed",
    "program_request",
    "request_of",
    "scenario_request",
    "why_refused",
    "workload_request",
]
