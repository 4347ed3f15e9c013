"""Sums of products over chosen dimensions: tensordot, einsum, trace."""

from __future__ import annotations

import math
import string
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import SOME, ArrayType, Dim, broadcast
from autodiff_compiler.ops.array_function import array_function
from autodiff_compiler.ops.array_types import Attributes, Dims, axis_of
from autodiff_compiler.ops.building import Arrays, Contributions, Traced, bilinear, linear
from autodiff_compiler.ops.calling import Refused, signature
from autodiff_compiler.ops.cases import COMPLEX_STEP, NUMBER, case, integers, real
from autodiff_compiler.ops.products import OUT, expect_same
from autodiff_compiler.ops.record import Record
from autodiff_compiler.ops.weights import all_integers, size_of

# tensordot


def contracted_axes(axes: object, a: int, b: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The dimensions of both operands that are summed over together, counted from the front."""
    if type(axes) is int:
        if not 0 <= axes <= min(a, b):
            raise OperandError(f"tensordot: there are no {axes} dimensions to sum over")
        return tuple(range(a - axes, a)), tuple(range(axes))
    if not isinstance(axes, tuple) or len(axes) != 2:
        raise OperandError(f"tensordot: axes are an int or two lists of ints, not {axes!r}")
    own, other = (each if isinstance(each, tuple) else (each,) for each in axes)
    if len(own) != len(other):
        raise OperandError("tensordot: the two lists of axes have different lengths")
    found = tuple(axis_of(each, a) for each in own), tuple(axis_of(each, b) for each in other)
    if any(len(set(each)) < len(each) for each in found):
        raise OperandError("tensordot: an axis occurs twice")
    return found


def tensordot_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    a, b = operands
    own, other = contracted_axes(attributes.get("axes", 2), len(a), len(b))
    for i, j in zip(own, other, strict=True):
        expect_same("tensordot", a[i], b[j])
    return (
        *(dim for place, dim in enumerate(a) if place not in own),
        *(dim for place, dim in enumerate(b) if place not in other),
    )


def tensordot_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    """The cotangent summed, over the other operand's free dimensions, with that operand."""
    a, b = c.a, c.b
    own, other = contracted_axes(c.axes, a.rank, b.rank)
    free_a = tuple(place for place in range(a.rank) if place not in own)
    free_b = tuple(place for place in range(b.rank) if place not in other)
    paired = dict(zip(other, own, strict=True))
    partner = dict(zip(own, other, strict=True))
    last = tuple(range(len(free_a), len(free_a) + len(free_b)))
    a_bar = _summed(m, ct, b, last, free_b)
    b_bar = _summed(m, a, ct, free_a, tuple(range(len(free_a))))
    # What was summed over comes in the order of the other operand's dimensions.
    return {
        "a": arranged(m, a_bar, (*free_a, *(paired[place] for place in sorted(other)))),
        "b": arranged(m, b_bar, (*(partner[place] for place in sorted(own)), *free_b)),
    }


def _summed(
    m: Arrays, a: Traced, b: Traced, own: tuple[int, ...], other: tuple[int, ...]
) -> Traced:
    if a.rank == 0 or b.rank == 0:
        return a * b
    if a.rank == b.rank == len(own) and own == other:
        return m("np.vdot", a, b)
    if a.rank == b.rank == 2 and len(own) == 1:
        return (a if own == (1,) else a.T) @ (b if other == (0,) else b.T)
    if own == tuple(range(a.rank - len(own), a.rank)) and other == tuple(range(len(other))):
        return m("np.tensordot", a, b, len(own))
    if len(own) == 1:
        return m("np.tensordot", a, b, (own[0], other[0]))
    return m("np.tensordot", a, b, (own, other))


def arranged(m: Arrays, x: Traced, places: Sequence[int]) -> Traced:
    """x, whose dimensions belong at these places, in order."""
    order = tuple(int(place) for place in np.argsort(places))
    if order == tuple(range(len(order))):
        return x
    return m("np.transpose", x, order if len(order) > 2 else None)


def tensordot_weight(operands: Sequence[object]) -> int:
    """Without knowing the axes: what NumPy's default, two of them, takes."""
    if all_integers(operands):
        return 0
    a, b = map(np.shape, operands)  # type: ignore[arg-type]
    return 2 * math.prod(a) * math.prod(b) // max(math.prod(b[:2]), 1)


# einsum


@dataclass(frozen=True)
class Subscripts:
    """What einsum is told, a letter per dimension, those of ellipses too.

    `rest` are the letters that may be written back as an ellipsis, where every operand has one
    over the same number of dimensions.
    """

    inputs: tuple[str, ...]
    output: str
    rest: str = ""

    def text(self, letters: str) -> str:
        return letters.replace(self.rest, "...") if self.rest else letters

    def fresh(self, count: int) -> str:
        """Letters that stand for nothing yet."""
        used = set("".join(self.inputs))
        return "".join([each for each in _ALPHABET if each not in used][:count])


_ALPHABET = string.ascii_lowercase[8:] + string.ascii_lowercase[:8] + string.ascii_uppercase


@cache
def parsed(subscripts: object, ranks: tuple[int, ...]) -> Subscripts:
    """Subscripts for operands of these ranks. Raises OperandError."""
    if not isinstance(subscripts, str):
        raise OperandError("einsum: write the subscripts as a string, such as 'ij,jk->ik'")
    text = subscripts.replace(" ", "")
    left, arrow, output = text.partition("->")
    terms = left.split(",")
    if set(text) - set(string.ascii_letters) - set(".,->") or text.count("->") > 1:
        raise OperandError(f"einsum: cannot read the subscripts {subscripts!r}")
    if len(terms) != len(ranks):
        raise OperandError(f"einsum: {len(terms)} subscripts for {len(ranks)} operands")
    free = [each for each in reversed(string.ascii_letters) if each not in text]
    covered = [_covered(term, rank) for term, rank in zip(terms, ranks, strict=True)]
    longest = max((count for count in covered if count is not None), default=0)
    rest = "".join(free[:longest])
    inputs = tuple(
        term if count is None else term.replace("...", rest[longest - count :])
        for term, count in zip(terms, covered, strict=True)
    )
    everywhere = bool(rest) and all(count == longest for count in covered)
    if not arrow:
        seen = left.replace(".", "").replace(",", "")
        output = "..." * ("..." in left) + "".join(
            sorted(each for each in set(seen) if seen.count(each) == 1)
        )
    output = output.replace("...", rest)
    known = set("".join(inputs))
    if len(set(output)) < len(output) or not set(output) <= known or "." in output:
        raise OperandError(f"einsum: cannot give {output!r} from {left!r}")
    if not set(rest) <= set(output):
        raise OperandError("einsum: the result needs the ellipsis, too")
    return Subscripts(inputs, output, rest if everywhere else "")


def _covered(term: str, rank: int) -> int | None:
    """How many dimensions an ellipsis stands for; None where there is none."""
    letters = term.replace("...", "", 1)
    if "." in letters or "-" in letters or ">" in letters:
        raise OperandError(f"einsum: cannot read the subscripts {term!r}")
    if letters == term:
        if len(term) != rank:
            raise OperandError(f"einsum: {term!r} for an array of {rank} dimensions")
        return None
    if len(letters) > rank:
        raise OperandError(f"einsum: {term!r} for an array of {rank} dimensions")
    return rank - len(letters)


def einsum_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    found = parsed(attributes["subscripts"], tuple(map(len, operands)))
    if attributes.get("optimize", False) is not False and not found.output:
        # By the order that it finds, NumPy gives its scalar or an array without dimensions.
        raise OperandError("einsum: leave out optimize where the result has no dimensions")
    sizes: dict[str, Dim] = {}
    for letters, operand in zip(found.inputs, operands, strict=True):
        for letter, dim in _own_sizes(letters, operand).items():
            if letter not in sizes:
                sizes[letter] = dim
                continue
            both = broadcast((sizes[letter],), (dim,))
            if both is None:
                raise OperandError(f"einsum: sizes {sizes[letter]} and {dim} of {letter} differ")
            (sizes[letter],) = both
    return tuple(sizes[letter] for letter in found.output)


def _own_sizes(letters: str, dims: Dims) -> dict[str, Dim]:
    """The dimension of each letter of one operand."""
    sizes: dict[str, Dim] = {}
    for letter, dim in zip(letters, dims, strict=True):
        before = sizes.setdefault(letter, dim)
        if before.is_as_long_as(dim):
            continue
        expect_same("einsum", before, dim, or_none=True)
        sizes[letter] = SOME
    return sizes


def einsum_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    """For each operand, einsum of the cotangent and the other operands, with its subscripts."""
    operands = c.operands
    found = parsed(c.subscripts, tuple(each.rank for each in operands))
    return {
        "operands": [
            _operand_bar(m, ct, operands, found, place, c.optimize)
            for place in range(len(operands))
        ]
    }


def _operand_bar(
    m: Arrays,
    ct: Traced,
    operands: Sequence[Traced],
    found: Subscripts,
    place: int,
    optimize: object,
) -> Traced:
    own = found.inputs[place]
    terms = [found.output, *found.inputs[:place], *found.inputs[place + 1 :]]
    factors = [ct, *operands[:place], *operands[place + 1 :]]
    wanted, fresh = "", iter(found.fresh(len(own)))
    for axis, letter in enumerate(own):
        if letter not in wanted:
            wanted += letter
            continue
        # On a diagonal of the operand only: an identity takes the letter to another one.
        other = next(fresh)
        wanted += other
        terms.append(letter + other)
        factors.append(m.op("eye_of", operands[place], axes=(axis, axis), k=0, dtype=None))
    given = set("".join(terms))
    result = "".join(letter for letter in wanted if letter in given)
    outside: Traced | None = None
    if not found.output:
        # The cotangent is a number, and best kept out of it.
        outside, terms, factors = ct, terms[1:], factors[1:]
        given = set("".join(terms))
        result = "".join(letter for letter in wanted if letter in given)
    inside: Traced | None = None
    if terms == [result]:
        (inside,) = factors
    elif terms:
        text = ",".join(map(found.text, terms)) + "->" + found.text(result)
        more = {"optimize": optimize} if result and len(terms) > 2 else {}
        inside = m("np.einsum", text, *factors, **more)
    if inside is None:
        assert outside is not None
        return outside
    product = inside if outside is None else outside * inside
    # Letters that only this operand has were summed over: every element has the same share.
    alone = tuple(axis for axis, letter in enumerate(wanted) if letter not in given)
    leading = alone == tuple(range(len(alone)))
    if not alone or leading or product.rank == 0:
        return product
    return m("np.expand_dims", product, alone if len(alone) > 1 else alone[0])


def einsum_weight(operands: Sequence[object]) -> int:
    """Without knowing the subscripts: as if all were summed over the largest operand's elements."""
    if all_integers(operands):
        return 0
    return len(operands) * max(map(size_of, operands), default=0)


# trace


def trace_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    dims = operands[0]
    axis1, axis2 = _trace_axes(attributes, len(dims))
    return tuple(dim for place, dim in enumerate(dims) if place not in (axis1, axis2))


def _trace_axes(attributes: Attributes, rank: int) -> tuple[int, int]:
    axis1 = axis_of(attributes.get("axis1", 0), rank)
    axis2 = axis_of(attributes.get("axis2", 1), rank)
    if axis1 == axis2:
        raise OperandError("trace: axis1 and axis2 are the same")
    return axis1, axis2


def trace_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    """The cotangent on the diagonal that was summed."""
    assert isinstance(c.a.type, ArrayType)
    axis1, axis2 = _trace_axes({"axis1": c.axis1, "axis2": c.axis2}, c.a.rank)
    offset = c.offset
    if axis1 > axis2:
        axis1, axis2, offset = axis2, axis1, -offset
    eye = m.op("eye_of", c.a, axes=(axis1, axis2), k=offset, dtype=None)
    if ct.rank and (axis1, axis2) != (c.a.rank - 2, c.a.rank - 1):
        others = tuple(each for each in range(axis1, c.a.rank) if each not in (axis1, axis2))
        eye = m("np.expand_dims", eye, tuple(each - axis1 for each in others))
    if ct.rank and (axis1, axis2) != (0, 1):
        ct = m("np.expand_dims", ct, (axis1, axis2))
    return {"a": ct * eye}


def trace_weight(operands: Sequence[object]) -> int:
    a = np.asarray(operands[0])
    return 0 if a.dtype.kind != "f" else max(a.shape[:2], default=0)


RECORDS: tuple[Record, ...] = (
    array_function(
        "np.tensordot",
        takes=signature("a", "b", axes=2),
        dims=tensordot_dims,
        example=1,
        rule=bilinear(tensordot_vjp),
        weight=tensordot_weight,
        cases=(
            case(real(2, 3, 4), real(3, 4, 5)),
            case(real(2, 3), real(3, 4), 1),
            case(real(2, 3), real(4, 5), axes=0),
            case(real(2, 3), real(2, 3)),
            case(real(3), real(3), 1),
            case(real(2, 3, 4), real(4, 5, 2), axes=((0, 2), (2, 0))),
            case(real(2, 3, 4), real(4, 5, 3), axes=((-1, 1), (0, -1))),
            case(real(2, 3, 4), real(4, 3, 2), axes=((2, 0, 1), (0, 2, 1))),
            case(real(2, 3), real(4, 3), axes=(1, 1)),
            case(real(2, 3), real(2, 4), axes=((0,), (0,))),
            case(real(2, 3), NUMBER, axes=0),
            case(real(2, 3), integers(5, 3, 4), 1),
            case(real(0, 3), real(3, 2), 1),
            case(real(1, 1), real(1, 1)),
        ),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.einsum",
        takes=signature(
            ":subscripts",
            "**operands",
            out=OUT,
            dtype=Refused("use astype"),
            order=Refused(),
            casting=Refused(),
            optimize=False,
        ),
        dims=einsum_dims,
        example=1,
        rule=bilinear(einsum_vjp, "operands"),
        weight=einsum_weight,
        holds="maybe",
        cases=(
            case("ij,jk->ik", real(2, 3), real(3, 4)),
            case("ij,jk", real(2, 3), real(3, 4)),
            case("i,i", real(3), real(3)),
            case("ij , ij -> i", real(2, 3), real(2, 3)),
            case("ij->ji", real(2, 3)),
            case("ba", real(2, 3)),
            case("ij->", real(2, 3)),
            case("ij->i", real(2, 3)),
            case("ij->j", real(2, 3)),
            case("ijk->j", real(2, 3, 4)),
            case("ii", real(3, 3)),
            case("ii->i", real(3, 3)),
            case("iij->j", real(3, 3, 2)),
            case("iii->i", real(3, 3, 3)),
            case("jij,i->j", real(3, 2, 3), real(2)),
            case("i,j->ij", real(2), real(3)),
            case("ij,k->k", real(2, 3), real(4)),
            case("ij,jk,kl->il", real(2, 3), real(3, 4), real(4, 5)),
            case("ij,jk,kl->il", real(2, 3), real(3, 4), real(4, 5), optimize=True),
            case("i,ij,j->i", real(2), real(2, 3), real(3), optimize="greedy"),
            case("i,ij,j->", real(2), real(2, 3), real(3)),
            case("...ij,...jk->...ik", real(5, 2, 3), real(5, 3, 4)),
            case("...ij,...jk->...ik", real(6, 1, 2, 3), real(5, 3, 4)),
            case("...ij,jk", real(6, 5, 2, 3), real(3, 4)),
            case("i...->...", real(2, 3, 4)),
            case("...,...->...", real(2, 3), real(3)),
            case("...ii->...i", real(2, 3, 3)),
            case(",ij->ij", NUMBER, real(2, 3)),
            case("ij,ij->ij", real(2, 1), real(2, 3)),
            case("ij,jk->ik", real(2, 3), integers(5, 3, 4)),
            case("ij,jk->ik", real(2, 0), real(0, 4)),
            case("ij,jk->ik", real(1, 1), real(1, 1)),
        ),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.trace",
        takes=signature("a", offset=0, axis1=0, axis2=1, dtype=Refused("use astype"), out=OUT),
        dims=trace_dims,
        rule=linear(trace_vjp),
        weight=trace_weight,
        methods=("trace",),
        cases=(
            case(real(3, 3)),
            case(real(2, 4)),
            case(real(4, 2)),
            case(real(3, 4), 1),
            case(real(3, 4), offset=-2),
            case(real(3, 4), offset=7),
            case(real(3, 4, 5)),
            case(real(3, 4, 5), 1, 1, 2),
            case(real(3, 4, 5), axis1=-1, axis2=0),
            case(real(3, 4, 5), offset=1, axis1=0, axis2=2),
            case(real(2, 3, 4, 5), offset=-1, axis1=3, axis2=1),
            case(real(0, 3)),
            case(real(1, 1)),
        ),
        oracle=COMPLEX_STEP,
    ),
)
