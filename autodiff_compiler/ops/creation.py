"""New arrays."""

from __future__ import annotations

from autodiff_compiler.ops.array_function import array_function
from autodiff_compiler.ops.array_types import first_dims
from autodiff_compiler.ops.calling import Refused, signature
from autodiff_compiler.ops.cases import NO_DERIVATIVE, case, real
from autodiff_compiler.ops.record import Record, Zero
from autodiff_compiler.ops.weights import FREE

RECORDS: tuple[Record, ...] = (
    array_function(
        "np.zeros_like",
        takes=signature("a", dtype=None, order=Refused(), subok=Refused(), shape=Refused()),
        dims=first_dims,
        rule=Zero("zeros, whatever the elements"),
        weight=FREE,
        fresh=True,
        cases=(case(real(2, 3)), case(real()), case(real(0))),
        oracle=NO_DERIVATIVE,
    ),
)
