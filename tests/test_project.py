"""Promises of the project as a whole: README, layout, sizes, and what imports what."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PACKAGE = sorted((ROOT / "autodiff_compiler").rglob("*.py"))
GENERATED = sorted((ROOT / "generated").rglob("*.py"))

TOP_LEVEL = {
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "autodiff_compiler",
    "tests",
    "examples",
    "generated",
}
LEFT_BY_TOOLS = {"build", "dist", "htmlcov", "pictures", "__pycache__"}
# Heavy packages that the compiler needs, and what comes with them or belongs to tests only.
LAZY = {"sympy", "astor"}
NEVER_ON_IMPORT = LAZY | {"mpmath", "scipy", "matplotlib", "hypothesis", "pytest"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(tree: ast.AST) -> Iterator[tuple[ast.stmt, str]]:
    """Every import statement under tree with the top-level name of each module it names."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node, alias.name.partition(".")[0]) for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield node, module.partition(".")[0]


def statements_run_on_import(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module outside functions and `if TYPE_CHECKING:`."""
    for statement in body:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                continue
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                yield from statements_run_on_import(statement.orelse)
                continue
        yield statement
        for field in ("body", "orelse", "finalbody"):
            yield from statements_run_on_import(getattr(statement, field, []))
        for handler in getattr(statement, "handlers", []):
            yield from statements_run_on_import(handler.body)


def readme_commands() -> list[str]:
    """The lines of README's sh blocks; a block is one line, so that it can be pasted."""
    return [block.rstrip("\n") for block in re.findall(r"^```sh\n(.*?)^```$", README, re.M | re.S)]


def test_readme_has_one_line_for_the_main_job_and_one_for_the_tests() -> None:
    commands = readme_commands()
    assert len(commands) == 2
    main_job, tests = commands
    assert "python examples/" in main_job
    assert "python -m pytest" in tests
    for command in commands:
        assert "\n" not in command
        assert command.startswith("python3 -m venv .venv && .venv/bin/python -m pip install ")


def test_files_and_extras_named_in_readme_commands_exist() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    for command in readme_commands():
        for path in re.findall(r"(?<![\w./])(?:examples|tests|generated)/[\w./]+", command):
            assert (ROOT / path).is_file(), path
        named = re.findall(r"\.\[([\w,]+)\]", command)
        assert named, command
        assert set(named[0].split(",")) <= extras.keys()


def test_files_linked_from_readme_exist() -> None:
    linked = [target for target in re.findall(r"\]\(([^)#]+)", README) if "://" not in target]
    assert linked
    for target in linked:
        assert (ROOT / target).exists(), target


def test_top_level_holds_nothing_else() -> None:
    names = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert names - LEFT_BY_TOOLS <= TOP_LEVEL


@pytest.mark.parametrize("path", PACKAGE, ids=relative)
def test_no_file_is_over_600_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 600


@pytest.fixture(scope="module")
def loaded() -> list[str]:
    """The modules that importing the package leaves behind, in the order in which they began."""
    script = "import sys, autodiff_compiler; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_importing_the_package_imports_nothing_heavy(loaded: list[str]) -> None:
    assert "autodiff_compiler" in loaded
    assert not NEVER_ON_IMPORT & set(loaded)


def test_importing_the_package_imports_no_part_of_the_compiler(loaded: list[str]) -> None:
    parts = {name.split(".")[1] for name in loaded if name.startswith("autodiff_compiler.")}
    assert parts == {"api", "dispatch", "errors", "ir"}
    of_ir = [name for name in loaded if name.startswith("autodiff_compiler.ir.")]
    assert of_ir == ["autodiff_compiler.ir.types"]


def test_numpy_is_imported_before_anything_of_ours(loaded: list[str]) -> None:
    ours = (name for name in loaded if name.startswith("autodiff_compiler."))
    assert loaded.index("numpy") < loaded.index(next(ours))


def test_what_is_imported_on_demand_is_there_by_every_name() -> None:
    asked = "autodiff_compiler.testing.check_grads is autodiff_compiler.check_grads"
    listed = "{*autodiff_compiler.__all__} <= {*dir(autodiff_compiler)}"
    unknown = "hasattr(autodiff_compiler, 'no_such_name')"
    script = f"import autodiff_compiler; print({listed}, {unknown}, {asked})"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "False", "True"]


@pytest.mark.parametrize("name", sorted(LAZY))
def test_heavy_packages_are_imported_lazily_in_one_place(name: str) -> None:
    importing = []
    for path in PACKAGE:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if any(module == name for _, module in imports(tree)):
            importing.append(relative(path))
        on_import = {id(statement) for statement in statements_run_on_import(tree.body)}
        eager = [
            node.lineno
            for node, module in imports(tree)
            if module == name and id(node) in on_import
        ]
        assert not eager, f"{relative(path)} imports {name} on import, line {eager}"
    assert len(importing) <= 1, importing


@pytest.mark.parametrize("path", GENERATED, ids=relative)
def test_generated_files_import_only_numpy_and_the_standard_library(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {module for _, module in imports(tree)}
    assert imported <= {"numpy"} | sys.stdlib_module_names
    assert "autodiff_compiler" not in {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name)
    }
