"""Source-to-source automatic differentiation of plain Python and NumPy functions."""

from typing import TYPE_CHECKING

# NumPy comes first, from here: CPython maps and unmaps memory at every call that crosses the end
# of a chunk of its stack, and imported from the depths of this package NumPy sits on such an end,
# a thousand times over. Importing the package took a fifth longer.
import numpy  # noqa: F401

from autodiff_compiler.api import (
    Derivative,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    value_and_grad,
    vjp,
)

__all__ = [
    "Derivative",
    "check_grads",
    "grad",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "value_and_grad",
    "vjp",
]

if TYPE_CHECKING:
    from autodiff_compiler.testing import check_grads
else:

    def __getattr__(name: str) -> object:
        """`check_grads`, once it is asked for: programs that don't check don't pay for it."""
        if name not in ("check_grads", "testing"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from autodiff_compiler.testing import check_grads

        globals()["check_grads"] = check_grads  # as the import does with `testing`
        return globals()[name]

    def __dir__() -> list[str]:
        return sorted({*globals(), "check_grads", "testing"})
