"""What operations cost. The table of weights is fixed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autodiff_compiler.ops import ARRAYS, OPS

ONE = """neg add sub mul div floordiv mod lt le gt ge eq ne abs max min round round_to
    ieee_div sign math.sqrt np.sqrt math.fabs np.fabs np.abs np.sign math.floor np.floor math.ceil
    np.ceil math.trunc np.trunc np.rint np.round np.maximum np.minimum np.fmax np.fmin
    np.add np.subtract np.multiply np.divide np.negative np.mod np.floor_divide np.square
    np.reciprocal np.less np.less_equal np.greater np.greater_equal np.equal np.not_equal
    math.isnan np.isnan math.isinf np.isinf math.isfinite np.isfinite math.isclose np.isclose
    np.signbit np.heaviside math.copysign np.copysign math.radians np.radians np.deg2rad
    math.degrees np.degrees np.rad2deg np.allclose
    np.clip"""  # one bound; two cost twice as much
TWO = "math.fma"  # a product and a sum
FOUR = """math.sin np.sin math.cos np.cos math.tan np.tan math.asin np.arcsin math.acos np.arccos
    math.atan np.arctan math.sinh np.sinh math.cosh np.cosh math.tanh np.tanh math.asinh
    np.arcsinh math.acosh np.arccosh math.atanh np.arctanh math.exp np.exp math.exp2 np.exp2
    math.expm1 np.expm1 math.log np.log math.log2 np.log2 math.log10 np.log10 math.log1p np.log1p
    math.cbrt np.cbrt math.erf math.erfc math.gamma math.lgamma math.fmod np.fmod math.remainder
    math.ldexp np.sinc ieee_log digamma polygamma sinc_derivative"""
FOUR += "".join(
    f" scipy.special.{name}"
    for name in """erf erfc erfcx erfi erfinv erfcinv ndtr log_ndtr ndtri expit logit log_expit
    softplus gamma gammaln digamma polygamma zeta entr expm1 log1p exp2 exp10 cbrt""".split()
)
SIX = "logistic"  # an exponential, a sum and a quotient
EIGHT = """pow ieee_pow math.pow np.power np.float_power math.atan2 np.arctan2 math.hypot np.hypot
    np.logaddexp np.logaddexp2"""
EIGHT += "".join(
    f" scipy.special.{name}" for name in "betaln beta xlogy xlog1py rel_entr kl_div".split()
)
NONE = """pos np.positive float int bool np.float64 not select np.where np.logical_and np.logical_or
    np.logical_xor np.logical_not np.bitwise_and np.bitwise_or np.bitwise_xor np.invert
    bitand bitor bitxor invert np.real np.conj
    math.factorial math.isqrt math.comb math.perm math.gcd math.lcm
    len getitem pack index_of zeros_like empty fill pad pad_with head as_tuple as_list tuple item
    flatten regroup concat repeat slice contains
    apart captured record_like print format raise assert bound"""
WEIGHTS = {
    name: weight
    for weight, names in ((1, ONE), (2, TWO), (4, FOUR), (6, SIX), (8, EIGHT), (0, NONE))
    for name in names.split()
}
SEQUENCES = {"sum", "math.fsum", "sum_from", "min_of", "max_of", "index_add", "seq_add"}
SEQUENCES |= {"fold", "slice_add"}


def test_every_operation_has_its_documented_weight() -> None:
    for name, record in OPS.items():
        if name not in SEQUENCES | ARRAYS:
            assert record.weight((1.5, 2.5)) == WEIGHTS[name], name


@pytest.mark.parametrize("name", "neg add sub mul div floordiv mod pow abs max lt eq".split())
def test_arithmetic_of_integers_costs_nothing(name: str) -> None:
    weight = OPS[name].weight
    assert weight((3, True)) == weight((np.int64(3), np.True_)) == 0
    assert weight((3, 2.5)) == weight((np.float64(3), 2)) == WEIGHTS[name]


@pytest.mark.parametrize(
    ("name", "operands", "weight"),
    [
        ("sum", ([1.0, 2.0, 3.0],), 2),
        ("sum", ([],), 0),
        ("math.fsum", ([1.0, 2.0, 3.0],), 2),
        ("sum", ((1, 2, 3),), 0),
        ("sum_from", ([1.0, 2.0, 3.0], 0.5), 3),
        ("sum_from", ([1.0, 2.0, 3.0], 0.0), 2),
        ("min_of", ([1.0, 2.0, 3.0],), 2),
        ("max_of", ((1.0,),), 0),
        ("seq_add", ([1.0, 2.0], [3.0, 4.0]), 2),
        ("index_add", ([1.0, 2.0], 0, 3.0), 1),
    ],
)
def test_sequences_cost_by_their_length(name: str, operands: tuple[Any, ...], weight: int) -> None:
    assert OPS[name].weight(operands) == weight
