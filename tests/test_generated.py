"""The files in generated/ are current, stand alone, and compute the same bits."""

import ast
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
GENERATED = ROOT / "generated"

# Runs one saved module where the compiler can't be imported. A result is written as
# the type's name and, for a float, its hexadecimal digits.
ALONE = """
import importlib.util
import json
import sys


class Blocked:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] == "autodiff_compiler":
            raise ImportError(f"{name} is blocked")
        return None


sys.meta_path.insert(0, Blocked)
try:
    import autodiff_compiler
except ImportError:
    pass
else:
    raise SystemExit("the compiler can still be imported")


def bits(value):
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, *map(bits, value)]
    return [type(value).__name__, float(value).hex()]


path, prefix, inputs = sys.argv[1:]
spec = importlib.util.spec_from_file_location("saved", path)
saved = importlib.util.module_from_spec(spec)
spec.loader.exec_module(saved)
names = [name for name in vars(saved) if name.startswith(prefix)]
if len(names) != 1:
    raise SystemExit(f"expected one function named {prefix}..., found {names}")
function = getattr(saved, names[0])
print(json.dumps([bits(function(*args)) for args in json.loads(inputs)]))
if "autodiff_compiler" in sys.modules:
    raise SystemExit("the compiler was imported")
"""


def load_refresh() -> Any:
    path = ROOT / "examples" / "refresh_generated.py"
    spec = importlib.util.spec_from_file_location("refresh_generated", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


refresh = load_refresh()


def bits(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return [type(value).__name__, *map(bits, value)]
    return [type(value).__name__, float(value).hex()]


def run_alone(path: Path, prefix: str, inputs: str, folder: Path) -> list[Any]:
    done = subprocess.run(
        [sys.executable, "-I", "-c", ALONE, str(path), prefix, inputs],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result: list[Any] = json.loads(done.stdout)
    return result


def test_generated_is_current() -> None:
    saved = GENERATED.glob("*.py")
    on_disk = {path.name: path.read_text(encoding="utf-8") for path in saved}
    assert on_disk == refresh.render(), "run python examples/refresh_generated.py"


def test_rendering_twice_gives_the_same_text() -> None:
    assert refresh.render() == refresh.render()


@pytest.mark.parametrize("name", refresh.DERIVATIVES)
def test_file_alone_gives_the_same_bits(name: str, tmp_path: Path) -> None:
    derivative = refresh.DERIVATIVES[name]
    # JSON writes a float with all the digits it takes to read the same one back.
    inputs = json.dumps(derivative.inputs)
    alone = run_alone(GENERATED / name, f"{derivative.primal}_", inputs, tmp_path)
    assert alone == [bits(derivative.call(*args)) for args in derivative.inputs]


@pytest.mark.parametrize("name", refresh.DERIVATIVES)
def test_file_imports_python_and_numpy_only(name: str) -> None:
    tree = ast.parse((GENERATED / name).read_text(encoding="utf-8"))
    imported: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    assert imported <= sys.stdlib_module_names | {"numpy"}


def test_every_example_is_imported_without_being_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    load_refresh()
    assert capsys.readouterr().out == ""
