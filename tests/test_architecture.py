"""The import directions of docs/architecture.md, late and TYPE_CHECKING imports included."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

PURE = ("engine.analysis", "engine.model", "engine.recording")
WORKLOADS = ("engine.scenarios", "engine.tasks", "engine.backends", "engine.interpreters")
ENGINE = ("engine.comparison", "engine.session", *PURE, *WORKLOADS)  # what of it the window knows
STATE = ("gui.frame_budget", "gui.one_by_one", "gui.settings", "gui.state", "gui.theme")
SHARED = (*STATE, "gui.actions", "gui.action_table", "gui.bridges", "gui.frame_clock", "gui.widgets")

# What each room may import of the project, besides itself. The longest matching name counts.
ALLOWED: dict[str, set[str]] = {
    "engine.tracer": set(),
    "engine.tasks": set(),
    "engine.backends": {"engine.tasks"},
    "engine.scenarios": {"engine.tasks", "engine.backends"},
    "engine.interpreters": set(),
    "engine.recording": set(),
    "engine.model": {"engine.recording"},
    "engine.analysis": {"engine.model", "engine.recording"},
    "engine.analysis.order": {
        "engine.analysis.building",
        "engine.analysis.deadlock",
        "engine.model",
        "engine.recording",
    },
    "engine.analysis.detectors": {
        "engine.analysis.building",
        "engine.analysis.contention",
        "engine.analysis.deadlock",
        "engine.analysis.known",
        "engine.analysis.once",
        "engine.analysis.profiles",
        "engine.analysis.turns",
        "engine.analysis.unknown_waits",
        "engine.model",
        "engine.recording",
    },
    "engine.recorder": {"engine.analysis", "engine.model", "engine.recording", "engine.tracer.layout"},
    "engine.recorder.definitions": {"engine.model", "engine.recording", "engine.tracer.layout"},
    "engine.recorder.processes": {"engine.recorder.control", "engine.recording", "engine.tracer.layout"},
    "engine.recorder.sampling": {
        "engine.recorder.definitions",
        "engine.recorder.processes",
        "engine.model",
        "engine.recording",
        "engine.tracer.layout",
    },
    "engine.recorder.deadlocks": {
        "engine.recorder.definitions",
        "engine.recorder.processes",
        "engine.recorder.sampling",
        "engine.analysis",
        "engine.model",
        "engine.recording",
        "engine.tracer.layout",
    },
    "engine.session": {"engine.recorder", *PURE, *WORKLOADS},
    "engine.comparison": {"engine.session", *PURE, *WORKLOADS},
    "engine.commands": {"engine.comparison", "engine.session", *PURE, *WORKLOADS, "gui.app"},
    "main": {"engine.commands", "gui.app"},
    "gui.state": {"engine.model", "engine.recording", "engine.scenarios", "engine.tasks", "engine.backends"},
    "gui.one_by_one": set(),
    "gui.theme": {"engine.recording", "gui.one_by_one"},
    "gui.settings": {"engine.recording"},
    "gui.bridges": {"gui.settings", "gui.widgets.natural", *ENGINE},
    "gui.widgets": {*STATE, "gui.bridges", *ENGINE},
    "gui.timeline": {*STATE, "gui.action_table", "gui.widgets", *PURE},
    "gui.timeline.layout": {"gui.state", "gui.theme", "gui.widgets", *PURE},
    "gui.timeline.pixels": {"gui.state", "gui.theme", "gui.timeline.layout", *PURE},
    "gui.panels": {*SHARED, "gui.timeline", *ENGINE},
    "gui.window.layout": {*SHARED},
    "gui.window.overlays": {*SHARED, "gui.panels", "gui.timeline", *ENGINE},
    "gui.window.bars": {*SHARED, *ENGINE},
    "gui.window.copying": {*SHARED, "gui.panels", "gui.timeline", *ENGINE},
    "gui.window.places": {*SHARED, "gui.timeline", "gui.window.bars", "gui.window.overlays", *ENGINE},
    "gui.window.runs": {
        *SHARED,
        "gui.panels",
        "gui.window.bars",
        "gui.window.layout",
        "gui.window.overlays",
        "gui.window.places",
        *ENGINE,
    },
    "gui.window": {*SHARED, "gui.panels", "gui.timeline", *ENGINE},
    "gui": {*ENGINE},
}
STANDARD_LIBRARY_ONLY = ("engine.tracer", "engine.tasks", "engine.backends", "engine.scenarios", "engine.interpreters")
QT = ("PySide6", "pyqtgraph", "shiboken6")
RELATIVE_ALLOWED = ("engine.tracer",)


def module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path, root: Path) -> Iterator[tuple[str, int]]:
    """Full names a module imports, at any depth of its code, with lines."""
    name = module_name(path, root)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                start = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*start, *([base] if base else [])])
            for alias in node.names:
                yield f"{base}.{alias.name}", node.lineno


def within(name: str, room: str) -> bool:
    return name == room or name.startswith(room + ".")


def room_of(name: str) -> str:
    return max((room for room in ALLOWED if within(name, room)), key=len, default="")


def violations(root: Path) -> list[str]:
    found = []
    for path in sorted([root / "main.py", *root.glob("engine/**/*.py"), *root.glob("gui/**/*.py")]):
        if not path.exists() or "inject" in path.parts:
            continue
        name = module_name(path, root)
        room = room_of(name)
        for target, line in imports_of(path, root):
            where = f"{path.relative_to(root)}:{line} imports {target}"
            top = target.partition(".")[0]
            if top in ("engine", "gui", "main"):
                if room and not within(target, room) and not any(within(target, allowed) for allowed in ALLOWED[room]):
                    found.append(where)
            elif any(within(name, only) for only in STANDARD_LIBRARY_ONLY) and top not in sys.stdlib_module_names:
                found.append(f"{where}, which is not of the standard library")
            elif name.startswith("engine") and top in QT:
                found.append(f"{where}: no Qt in the engine")
            if within(name, "gui.panels") and within(target, "gui.panels") and not same_panel(name, target):
                found.append(f"{where}: panels never import panels")
    return found


def same_panel(name: str, target: str) -> bool:
    """A panel may be a package of several files."""
    return name.split(".")[2:3] == target.split(".")[2:3] or name == "gui.panels"


def test_imports_point_one_way() -> None:
    assert violations(ROOT) == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("engine/model/planted.py", "import PySide6.QtCore"),
        ("engine/model/planted.py", "def late():\n    from engine.recorder import main"),
        ("engine/recording/planted.py", "from engine import model"),
        ("engine/tracer/planted.py", "import numpy"),
        (
            "engine/tasks/planted.py",
            "if TYPE_CHECKING:\n    from engine.session import Session",
        ),
        ("gui/planted.py", "from engine.recorder.drain import Drain"),
        ("gui/panels/planted.py", "from gui.panels.plots import Plots"),
        ("gui/widgets/planted.py", "from gui.panels.plots import Plots"),
        ("gui/window/bars/planted.py", "from gui.window.runs.recordings import Recordings"),
    ],
)
def test_a_planted_violation_is_found(tmp_path: Path, file: str, line: str) -> None:
    target = tmp_path / file
    target.parent.mkdir(parents=True)
    target.write_text(line)
    assert len(violations(tmp_path)) == 1


def test_the_engine_imports_with_qt_absent() -> None:
    """Every engine module comes up in a process in which importing Qt fails."""
    import subprocess

    names = [
        module_name(path, ROOT)
        for path in sorted(ROOT.glob("engine/**/*.py"))
        if path.name != "__main__.py"
        and "inject" not in path.parts
        and not within(module_name(path, ROOT), "engine.tracer")
    ]
    program = (
        "import sys\n"
        + "".join(f"sys.modules[{name!r}] = None\n" for name in QT)
        + f"for name in {names!r}:\n    __import__(name)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
