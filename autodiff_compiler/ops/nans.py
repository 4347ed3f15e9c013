"""Functions that pass nan over, or replace it."""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff_compiler.ops.array_function import array_function
from autodiff_compiler.ops.array_types import first_dims, reduced_dims
from autodiff_compiler.ops.building import Arrays, Contributions, Tangents, Traced, custom
from autodiff_compiler.ops.calling import Refused, signature
from autodiff_compiler.ops.cases import NUMBER, case, real, restated
from autodiff_compiler.ops.extremes import (
    DISTINCT,
    at_extreme,
    counted,
    extreme_jvp,
    extreme_vjp,
    needs_elements,
)
from autodiff_compiler.ops.record import Record
from autodiff_compiler.ops.reductions import AXES, DTYPE, OUT, again, kept, sum_weight
from autodiff_compiler.ops.weights import per_element


def nansum_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    assert dots.a is not None
    return again(m, "np.sum", m.where(m.op("np.isnan", c.a), 0.0, dots.a), c)


def nansum_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    return {"a": m.where(m.op("np.isnan", c.a), 0.0, kept(m, ct, c))}


def _numbers(m: Arrays, c: Any) -> Traced:
    """How many elements are no nan."""
    return counted(m, m.op("not", m.op("np.isnan", c.a)), c, c.keepdims)


def nanmean_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    found = nansum_jvp(m, dots, c)
    assert found is not None
    return found / _numbers(m, c)


def nanmean_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    return nansum_vjp(m, ct / _numbers(m, c), c)


# nan_to_num


def finite(m: Arrays, moved: Traced, c: Any) -> Traced:
    """What is replaced by a number doesn't vary."""
    return m.where(m.op("np.isfinite", c.x), moved, 0.0)


def nan_to_num_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    assert dots.x is not None
    return finite(m, dots.x, c)


NAN_INITIAL = Refused("use np.fmax or np.fmin of the result")
NAN_WHERE = Refused("use np.where to put nan where elements are to be passed over")

RECORDS: tuple[Record, ...] = (
    *(
        array_function(
            f"np.{name}",
            takes=signature(
                "a", axis=None, out=OUT, keepdims=False, initial=NAN_INITIAL, where=NAN_WHERE
            ),
            dims=reduced_dims,
            effect=needs_elements,
            rule=custom(jvp=extreme_jvp, vjp=extreme_vjp),
            weight=sum_weight,
            cases=DISTINCT,
            oracle=restated(at_extreme(place)),
        )
        for name, place in (("nanmax", np.argmax), ("nanmin", np.argmin))
    ),
    *(
        array_function(
            f"np.{name}",
            takes=signature(
                "a",
                axis=None,
                dtype=DTYPE,
                out=OUT,
                keepdims=False,
                **({"initial": Refused("add it to the sum")} if name == "nansum" else {}),
                where=NAN_WHERE,
            ),
            dims=reduced_dims,
            rule=custom(jvp=jvp, vjp=vjp),
            weight=sum_weight,
            cases=AXES,
            oracle=restated(plain),
        )
        for name, jvp, vjp, plain in (
            ("nansum", nansum_jvp, nansum_vjp, np.sum),
            ("nanmean", nanmean_jvp, nanmean_vjp, np.mean),
        )
    ),
    array_function(
        "np.nan_to_num",
        takes=signature(
            "x", copy=Refused("assign the result instead"), nan=0.0, posinf=None, neginf=None
        ),
        dims=first_dims,
        rule=custom(jvp=nan_to_num_jvp, vjp=lambda m, ct, c: {"x": finite(m, ct, c)}),
        weight=per_element(1),
        cases=(
            case(real(3, 4)),
            case(real(3), nan=1.0, posinf=10.0, neginf=-10.0),
            case(NUMBER),
            case(real()),
            case(real(0)),
        ),
        oracle=restated(lambda x, **more: x),
    ),
)
