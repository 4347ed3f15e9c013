"""Where a function's text is, what stands in it, and that it is the text of what runs."""

from autodiff_compiler.source.locate import find
from autodiff_compiler.source.places import (
    FunctionNode,
    FunctionSource,
    span_of,
    statement_of,
)
from autodiff_compiler.source.same import everything_in

__all__ = ["FunctionNode", "FunctionSource", "everything_in", "find", "span_of", "statement_of"]
