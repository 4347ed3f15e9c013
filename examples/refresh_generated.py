"""Rewrite the files in generated/ from the examples.

    python examples/refresh_generated.py

Each file is the derivative of one example function, saved by the compiler: a module
that needs Python and NumPy and nothing else.
"""

import importlib.util
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from autodiff_compiler import grad

EXAMPLES = Path(__file__).resolve().parent
GENERATED = EXAMPLES.parent / "generated"


def load(name: str) -> ModuleType:
    """The example `name`, by its path, so that no other module can be meant."""
    path = EXAMPLES / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"example_{name}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"no example named {name}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


neuron = load("neuron")
chain_rule = load("chain_rule")
newton = load("newton")
benchmark_modes = load("benchmark_modes")


@dataclass(frozen=True)
class Derivative:
    """A derivative to save: `call` is what `grad` returned.

    `primal` is the name of the function differentiated, with which the name of the
    saved function begins; `inputs` are argument tuples to try it on.
    """

    primal: str
    call: Any
    inputs: list[tuple[Any, ...]]


def of_list(function: Callable[[list[float]], float]) -> Derivative:
    inputs = [(benchmark_modes.inputs(n),) for n in (1, 2, 7)]
    return Derivative(function.__name__, grad(function), inputs)


NEURONS = [(0.5, 2.0, -0.3, 1.0), (-1.5, 0.8, 0.25, 0.0), (3.0, 4.0, 1.0, 0.2)]
POINTS = [(0.8,), (-1.3,), (0.0,)]
SQUARES = [(2.0,), (0.3,), (40.0,)]

DERIVATIVES: dict[str, Derivative] = {
    "neuron_grad.py": Derivative("loss", neuron.loss_grad, NEURONS),
    "chain_rule_grad.py": Derivative("f", chain_rule.f_grad, POINTS),
    "newton_grad.py": Derivative("newton", newton.newton_grad, SQUARES),
    "newton_grad_grad.py": Derivative("newton", newton.newton_grad_grad, SQUARES),
}
for family in benchmark_modes.FAMILIES:
    DERIVATIVES[f"{family.__name__}_grad.py"] = of_list(family)


def render() -> dict[str, str]:
    """The text of each file that belongs in generated/, by file name."""
    with tempfile.TemporaryDirectory() as folder:
        texts = {}
        for name, derivative in DERIVATIVES.items():
            path = Path(folder) / name
            derivative.call.save(path)
            texts[name] = path.read_text(encoding="utf-8")
        return texts


def main() -> None:
    texts = render()
    GENERATED.mkdir(exist_ok=True)
    for path in sorted(GENERATED.glob("*.py")):
        if path.name not in texts:
            path.unlink()
            print(f"removed   generated/{path.name}")
    for name, text in texts.items():
        path = GENERATED / name
        current = path.exists() and path.read_text(encoding="utf-8") == text
        if not current:
            path.write_text(text, encoding="utf-8", newline="\n")
        print(f"{'unchanged' if current else 'written  '} generated/{name}")


if __name__ == "__main__":
    main()
