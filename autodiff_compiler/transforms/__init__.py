"""Differentiation of IR functions: `derivative` makes whole functions, `jvp` and `vjp` the sweeps.

`activity` settles what takes part, `residuals` what is saved, `terms` builds partial derivatives.
"""

from autodiff_compiler.transforms.derivative import (
    Wanted,
    forward_gradient,
    jvp,
    reverse_gradient,
    vjp,
)
from autodiff_compiler.transforms.jacobian import forward_jacobian, reverse_jacobian

__all__ = [
    "Wanted",
    "forward_gradient",
    "forward_jacobian",
    "jvp",
    "reverse_gradient",
    "reverse_jacobian",
    "vjp",
]
