"""Makes the record of a NumPy function of arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from autodiff_compiler.ir.operation import Infer
from autodiff_compiler.ir.types import Type
from autodiff_compiler.ops.array_types import Attributes, DimsRule, by_example
from autodiff_compiler.ops.calling import Signature, evaluating, written
from autodiff_compiler.ops.cases import Case, Oracle
from autodiff_compiler.ops.kinds import EffectOf, pure
from autodiff_compiler.ops.record import Record, Rule, Spelling
from autodiff_compiler.ops.weights import Weight


def function_named(name: str) -> Callable[..., object]:
    """`np.linalg.solve`, by its name."""
    found: object = np
    for part in name.split(".")[1:]:
        found = getattr(found, part)
    assert callable(found)
    return found


def array_function(
    name: str,
    *,
    takes: Signature,
    rule: Rule,
    weight: Weight,
    dims: DimsRule | None = None,
    infer: Infer | None = None,
    evaluate: Callable[..., object] | None = None,
    example: int = 2,
    effect: EffectOf = pure,
    methods: Sequence[str] = (),
    holds: str = "new",
    memory: Callable[[Sequence[Type], Attributes], str] | None = None,
    fresh: bool = False,
    spelling: Spelling | None = None,
    cases: Sequence[Case] = (),
    oracle: Oracle | None = None,
) -> Record:
    """The record of the NumPy function of this name ("np.linalg.solve").

    Its type is that of an example, with dimensions by the rule `dims`; or `infer` says all. The
    example's arrays have the size `example` along every dimension that may be other than 1. Where
    the function isn't to be called as it is, `evaluate` takes the same arguments instead.
    """
    run = evaluating(evaluate or function_named(name), takes)
    assert (dims is None) != (infer is None), name
    return Record(
        name=name,
        infer=infer or by_example(run, dims, example),  # type: ignore[arg-type]
        evaluate=run,
        effect=effect,
        weight=weight,
        rule=rule,
        spelling=spelling or written(name, takes),
        takes=takes,
        methods=tuple(methods),
        holds=holds,
        memory=memory,
        fresh=fresh,
        cases=tuple(cases),
        oracle=oracle,
    )
