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

__all__ = ["Wanted", "forward_gradient", "jvp", "reverse_gradient", "vjp"]
