"""Brings the tracer into a Python that Lanescope starts: found first on PYTHONPATH, gone before the program runs.

Does nothing unless LANESCOPE_RUN names the folder of a run. Whatever goes wrong leaves the program running untraced.
Always ends as if there were no such module, or as the next `sitecustomize` on the path.
"""

_folder = __import__("os").environ.get("LANESCOPE_RUN", "")


def _start() -> None:
    import os
    import sys

    here = os.path.dirname(os.path.abspath(__file__))
    folder = _folder
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != here]
    sys.path_importer_cache.pop(here, None)
    # Only what Python sees: the C environment keeps both for the children.
    values = os.environ._data
    values.pop(os.environ.encodekey("LANESCOPE_RUN"), None)
    key = os.environ.encodekey("PYTHONPATH")
    if key in values:
        head, separator, rest = os.environ["PYTHONPATH"].partition(os.pathsep)
        if os.path.abspath(head) == here:
            if separator:
                values[key] = os.environ.encodevalue(rest)
            else:
                del values[key]
    if any("multiprocessing.resource_tracker" in word for word in sys.orig_argv):
        return
    if folder and os.path.isdir(folder):
        _load(os.path.dirname(here)).install(folder, here)


def _load(folder: str):
    """The tracer's install module, loaded by path under a private name: the program may have an `engine` of its own."""
    import sys

    bootstrap = sys.modules["_frozen_importlib"]
    loader = sys.modules["_frozen_importlib_external"].SourceFileLoader("_lanescope", folder + "/__init__.py")
    spec = bootstrap.ModuleSpec("_lanescope", loader, origin=folder + "/__init__.py", is_package=True)
    spec.submodule_search_locations.append(folder)
    spec._set_fileattr = True
    keep = sys.dont_write_bytecode
    sys.dont_write_bytecode = False  # into our own folder, or every child would compile us anew
    try:
        bootstrap._load(spec)
        from _lanescope import install
    finally:
        sys.dont_write_bytecode = keep
    from _lanescope import install

    return install


def _report(error: Exception) -> None:
    """Say in the run's folder why this process is not traced; nothing when even that fails."""
    import marshal
    import os
    import time

    try:
        frame = marshal.dumps(("note", time.perf_counter_ns(), f"not traced: {type(error).__name__}: {error}"), 2)
        descriptor = os.open(f"{_folder}/0-{os.getpid()}.texts", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(descriptor, len(frame).to_bytes(4, "little") + frame)
        os.close(descriptor)
    except Exception:  # noqa: BLE001
        return


def _go_on() -> None:
    """Run the next `sitecustomize`, or be the ImportError that `site` expects when there is none."""
    import sys

    sys.modules.pop("sitecustomize", None)
    import sitecustomize  # noqa: F401


try:
    _start()
except Exception as _error:  # noqa: BLE001
    _report(_error)
_go_on()
