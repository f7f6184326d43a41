"""What the house promises of its own code, looked up in the tree."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(path for folder in ("twin", "calibration") for path in (ROOT / folder).rglob("*.py"))
LONGEST_MODULE = 400
LONGEST_BODY = 40
DEEPEST_NESTING = 3
NESTING = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match)


def functions(path: Path) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]


def body_lines(function: ast.FunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def branches_flat(node: ast.AST) -> int:
    """An elif is no deeper than its if."""
    if isinstance(node, ast.If) and len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        inner = max((branches_flat(child) for child in node.body), default=0) + 1
        return max(inner, branches_flat(node.orelse[0]))
    below = [branches_flat(child) for child in ast.iter_child_nodes(node) if not isinstance(child, ast.FunctionDef)]
    return max(below, default=0) + isinstance(node, NESTING)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_tells_its_idea_and_stays_short(path: Path) -> None:
    text = path.read_text()
    assert text == "" or ast.get_docstring(ast.parse(text)), "a module opens with its idea"
    assert len(text.splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_function_fits_on_a_screen(path: Path) -> None:
    too_long = [f.name for f in functions(path) if body_lines(f) > LONGEST_BODY]
    too_deep = [f.name for f in functions(path) if branches_flat(f) > DEEPEST_NESTING]
    assert (too_long, too_deep) == ([], [])


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_randomness_and_clocks_come_in_by_argument(path: Path) -> None:
    banned = r"np\.random\.|\bhash\(|\bpickle\b|fastmath|lgamma|import random\b"
    assert re.findall(banned, path.read_text()) == []


STAMPED = re.compile(r"(gzip\.compress|\.now|\.today|\btime\.time|uuid\d)$")
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))


def test_no_test_is_named_by_the_time_it_was_collected() -> None:
    """Each worker collects for itself: gzip writes the second into its header, and the names of two workers differ."""
    stamped = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in TESTS
        for function in functions(path)
        for decorator in function.decorator_list
        for call in ast.walk(decorator)
        if isinstance(call, ast.Call) and STAMPED.search(ast.unparse(call.func))
        if not any(keyword.arg == "mtime" for keyword in call.keywords)
    ]
    assert stamped == []


LIGHT = ("spec", "files", "validation", "scenario", "eventlog", "checks", "project")


@pytest.mark.parametrize("module", [f"twin.{name}" for name in LIGHT])
def test_reading_a_file_loads_no_engine(module: str) -> None:
    heavy = "{'simpy', 'scipy', 'altair', 'numba', 'pandas'}"
    code = f"import sys, {module}; sys.exit(str(sorted({heavy} & set(sys.modules)) or ''))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert loaded.stderr.strip() == ""


def test_a_small_run_loads_no_compiler() -> None:
    code = (
        "import sys; sys.path.insert(0, 'tests'); import twin.cli as _; from tiny import *;"
        "run(twin({'team': 1}, {'desk': 'team'}, {'item': work(listed(0), ('desk', '3 h'))}));"
        "sys.exit('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
