"""Why Python did not run what it was given: no such module, nothing in it that can be run, no Python.

Python says so by exit status 1, which programs have, too. So what it was given is looked at again, by the same
interpreter from the same folder, without being run; of a module `a.b` the package `a` is imported for that.
"""

import contextlib
import subprocess

from engine.recorder.request import RunRequest
from engine.session.session import SessionStatus

LOOKING_S = 10.0  # a package may do anything when it is imported, and a pipe may stay empty
# By what `_LOOK` exits with.
_REASONS = {
    3: "there is no module {target} for {python}; check its name and the folder you are in",
    4: "{target} is a package without __main__, which cannot be run; name a module in it",
    5: "{target} has no __main__.py in it; name the script that is to be run",
    6: "{target} is no Python that {python} understands; mend it first",
}
_LOOK = """
import importlib.machinery, importlib.util, pkgutil, sys, tokenize
what, target = sys.argv[1:]

def of_module():
    sys.path.insert(0, "")
    try:
        spec = importlib.util.find_spec(target)
    except ModuleNotFoundError as error:
        sys.exit(3 if f"{target}.".startswith(f"{error.name}.") else 0)
    except SyntaxError:
        raise
    except Exception:
        sys.exit(0)  # the package's own, which its traceback tells of
    if spec is None:
        sys.exit(3)
    if spec.submodule_search_locations is not None:
        name = f"{target}.__main__"
        finders = (finder.find_spec(name, spec.submodule_search_locations) for finder in sys.meta_path)
        spec = next(filter(None, finders), None)
    return spec or sys.exit(4)

def compiled(spec):
    spec.loader.get_code(spec.name)

try:
    if what:
        compiled(of_module())
    elif (finder := pkgutil.get_importer(target)) is not None:
        compiled(finder.find_spec("__main__") or sys.exit(5))
    else:
        with open(target, "rb") as file:
            is_code = file.read(4) == importlib.util.MAGIC_NUMBER
        if not is_code:
            with tokenize.open(target) as file:
                compile(file.read(), target, "exec")
except (SyntaxError, ValueError):
    sys.exit(6)
"""


def why_refused(request: RunRequest, status: SessionStatus) -> str | None:
    """One plain line; None when it was run, or nothing is known against that."""
    python, *words = request.command
    if status.exit_status != 1 or status.ended_by != "itself" or not words or words[0] == "-c":
        return None
    what, target = (words[0], words[1]) if words[0] == "-m" else ("", words[0])
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(
            [python, "-W", "ignore", "-c", _LOOK, what, target],
            cwd=request.cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LOOKING_S,
            check=False,
        )
        reason = _REASONS.get(done.returncode)
        return reason and reason.format(target=target, python=python)
    return None
