"""What a Python interpreter runs, by its command line."""

import re
from pathlib import Path
from typing import NamedTuple

SERVICES = frozenset({"forkserver", "resource_tracker"})  # of multiprocessing, run with `-c`


class Runs(NamedTuple):
    """At most one of them: a script's path, a module's name, a command's text."""

    script: str = ""
    module: str = ""
    command: str = ""


def what_it_runs(argv: list[str]) -> Runs:
    """The interpreter's own options and name included in `argv`."""
    arguments = argv[1:]
    for place, argument in enumerate(arguments):
        following = arguments[place + 1] if place + 1 < len(arguments) else ""
        if argument.startswith("-") and argument[1:2] != "-" and argument.endswith("c"):
            return Runs(command=following)
        if place and arguments[place - 1] in {"-X", "-W"}:
            continue
        if argument == "-m" and following:
            return Runs(module=following)
        if argument and not argument.startswith("-"):
            return Runs(script=argument)
    return Runs()


def program_name(executable: str, argv: list[str]) -> str:
    """What people call a program by its command line: its script, its module without package, or its interpreter.

    A command (`-c`) is "python -c", unless multiprocessing's own: one of SERVICES.
    """
    runs = what_it_runs(argv)
    if runs.command:
        service = re.search(r"from multiprocessing\.(\w+) import", runs.command)
        return service[1] if service and service[1] in SERVICES else "python -c"
    if runs.module:
        return runs.module.removesuffix(".__main__").rpartition(".")[2]
    return Path(runs.script or executable).name or "python"
