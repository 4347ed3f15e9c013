"""From a Python function to the graph: language check, names, types.

`lower` is the whole of it. `statements` and `expressions` go through the tree, `values` says what a
name can mean meanwhile, `joins` and `loops` bring paths together, `refuse` lists what is not in the
language.
"""

from autodiff_compiler.frontend.context import Guard
from autodiff_compiler.frontend.lowering import Lowered, lower
from autodiff_compiler.frontend.values import Static

__all__ = ["Guard", "Lowered", "Static", "lower"]
