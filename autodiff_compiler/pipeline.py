"""The compiler, as one function. Read `compile_function`: everything else is a part of it.

source ──► frontend ──► ir.Function ──► transforms ──► passes ──► emit ──► Compiled
"""

from __future__ import annotations

import itertools
import linecache
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType

from autodiff_compiler.emit import write
from autodiff_compiler.errors import NestingError, Problem, Span, UnsupportedError
from autodiff_compiler.frontend import Guard, Static, lower
from autodiff_compiler.ir.types import Type
from autodiff_compiler.ir.values import Function
from autodiff_compiler.ir.walk import depth_of
from autodiff_compiler.passes import clean, finish, optimise
from autodiff_compiler.transforms import (
    Wanted,
    forward_gradient,
    forward_jacobian,
    jvp,
    reverse_gradient,
    reverse_jacobian,
    vjp,
)

# A callback on every stage, for tests: they verify the IR wherever it changes hands.
Observe = Callable[[str, Function], None]


DEEPEST = 200  # regions in one another; the passes go through them recursively
_COUNT = itertools.count(1)  # makes the names of generated texts distinct


@dataclass(frozen=True)
class Differentiation:
    """One application of a transform, to the parameters at `argnums` of what it is applied to.

    `kind` is "grad", "value_and_grad", "jvp", "vjp", "jacfwd", "jacrev", "hessian" (which is
    jacfwd of jacrev) or "hvp" (the tangent alone of jvp of grad); `bare` says that one
    parameter was asked for by itself, so that its gradient is not wrapped in a tuple; `mode` is
    "reverse" or "forward", for gradients.
    """

    kind: str
    argnums: tuple[int, ...]
    bare: bool
    mode: str = "reverse"


@dataclass(frozen=True)
class Compiled:
    """A derivative for one signature, at every stage.

    `callable` takes the parameters of `ir` by position: those of the user's function and then, for
    a jvp, one tangent for each of its argnums. A vjp gives (value, pullback). `lines` maps lines of
    `source` to the user's. The whole is valid while every guard holds. `captured` are objects from
    outside of the user's function, by the names that `source` has copies of them under.
    """

    name: str
    primal_ir: Function
    ir: Function
    source: str
    lines: Mapping[int, Span]
    callable: Callable[..., object]
    guards: tuple[Guard, ...]
    captured: Mapping[str, object] = field(default_factory=dict)


def compile_function(
    function: Callable[..., object],
    differentiations: tuple[Differentiation, ...],
    arguments: Mapping[str, Type | Static],
    observe: Observe = lambda stage, ir: None,
) -> Compiled:
    """Compile the derivative of a function for one signature, innermost differentiation first.

    Raises UnsupportedError for what the frontend refuses, SourceError where the source can't be
    trusted, SignatureError where the function doesn't fit the transform.
    """
    lowered = lower(function, arguments)
    with within_pythons_limits(lowered.function):
        observe("lower", lowered.function)
        primal = current = optimise(lowered.function)
        observe("optimise", primal)
        for differentiation in differentiations:
            primal = current
            current = differentiate(primal, differentiation)
            observe(differentiation.kind, current)
            current = optimise(current)
            observe("optimise", current)
        current = finish(current)
        observe("finish", current)
        emitted = write(current)
    return Compiled(
        name=emitted.name,
        primal_ir=primal,
        ir=current,
        source=emitted.text,
        lines=emitted.lines,
        callable=load(emitted.text, emitted.name, emitted.captured),
        guards=lowered.guards,
        captured=emitted.captured,
    )


@contextmanager
def within_pythons_limits(function: Function) -> Iterator[None]:
    """Refuse what Python can't run or read: code nested a hundred levels deep, for example.

    A chain of `elif` may be longer than that, as it is written without nesting.
    """
    try:
        if depth_of(function.body.nodes) > DEEPEST:
            raise NestingError
        yield
    except (RecursionError, NestingError):
        span = function.origin.span
        if span is None:
            raise
        said = "branches that stand inside or behind one another are too many"
        hint = "put some of them into a function of their own, or a loop over a list"
        problem = Problem(span, "nesting", said, hint)
        raise UnsupportedError(function.name, (problem,)) from None


def differentiate(function: Function, wanted: Differentiation) -> Function:
    """Apply one transform to an IR function."""
    match wanted.kind, wanted.mode:
        case ("grad" | "value_and_grad") as kind, mode:
            asked = Wanted(wanted.argnums, wanted.bare, with_value=kind == "value_and_grad")
            if mode == "forward":
                return forward_gradient(function, asked)
            return reverse_gradient(function, asked, clean)
        case "jvp", _:
            return jvp(function, wanted.argnums)
        case "vjp", _:
            return vjp(function, wanted.argnums, clean)
        case "jacfwd", _:
            return forward_jacobian(function, Wanted(wanted.argnums, wanted.bare))
        case "jacrev", _:
            return reverse_jacobian(function, Wanted(wanted.argnums, wanted.bare), clean)
        case "hessian", _:
            asked = Wanted(wanted.argnums, wanted.bare)
            first = optimise(reverse_jacobian(function, asked, clean))
            return forward_jacobian(first, asked, of=function)
        case "hvp", _:
            first = reverse_gradient(function, Wanted(wanted.argnums, wanted.bare), clean)
            return jvp(optimise(first), wanted.argnums, product_of=function)
    raise ValueError(f"unknown differentiation {wanted.kind!r}")


def load(
    text: str, name: str, captured: Mapping[str, object] = MappingProxyType({})
) -> Callable[..., object]:
    """The function that a generated module defines; tracebacks and pdb show its text.

    What it finds outside of itself is what the user's function finds there, not a copy.
    """
    filename = f"<generated {name} {next(_COUNT)}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    namespace: dict[str, object] = {"__name__": f"generated.{name}"}
    exec(compile(text, filename, "exec"), namespace)
    namespace.update(captured)
    found = namespace[name]
    assert callable(found)
    return found
