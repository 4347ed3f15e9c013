"""Source-to-source automatic differentiation of plain Python and NumPy functions."""

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
from autodiff_compiler.testing import check_grads

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
