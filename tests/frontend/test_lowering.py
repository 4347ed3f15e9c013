"""What `lower` gives besides the graph's nodes: the function's frame, guards, origins, names."""

from __future__ import annotations

import math
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autodiff_compiler.errors import SourceError, UnsupportedError
from autodiff_compiler.frontend import Guard, Static, lower
from autodiff_compiler.ir.printer import print_function
from autodiff_compiler.ir.types import (
    FLOAT,
    INT,
    NOTHING,
    OPAQUE,
    TEXT,
    SequenceType,
    TupleType,
)
from autodiff_compiler.ir.values import Const, If, Loop, Op, results_of
from autodiff_compiler.ir.verifier import verify
from autodiff_compiler.ir.walk import all_nodes
from tests.frontend import helpers

RATE = 0.5
HALF_PI = math.pi
TABLE = (1.0, (2, "x"))
config = types.ModuleType("config")
config.RATE = 0.25  # type: ignore[attr-defined]


class Settings:
    rate = 4.0


def nodes_of(function: Callable[..., Any], **arguments: Any) -> list[Any]:
    ir = lower(function, arguments).function
    verify(ir)
    return list(all_nodes(ir.body.nodes))


def constants_of(function: Callable[..., Any], **arguments: Any) -> list[tuple[object, object]]:
    return [
        (operand.value, operand.name)
        for node in nodes_of(function, **arguments)
        for operand in node.operands
        if isinstance(operand, Const)
    ]


def guards_of(function: Callable[..., Any], **arguments: Any) -> set[tuple[str, str]]:
    return {(guard.access, guard.key) for guard in lower(function, arguments).guards}


def test_params_defaults_and_keyword_only() -> None:
    def named(x, n=3, *, scale=0.5, mode=None, g=math.sin):
        return x * n * scale

    arguments = {
        "x": FLOAT,
        "n": INT,
        "scale": FLOAT,
        "mode": Static(None),
        "g": Static(math.sin),
    }
    ir = lower(named, arguments).function
    assert ir.name == "named"
    assert [(p.name, p.type) for p in ir.params] == [
        ("x", FLOAT),
        ("n", INT),
        ("scale", FLOAT),
        ("mode", NOTHING),
        ("g", OPAQUE),
    ]
    assert ir.defaults == {
        "n": Const(3, INT),
        "scale": Const(0.5, FLOAT),
        "mode": Const(None, NOTHING),
        "g": Const(None, NOTHING),  # a function: it is known, and read nowhere
    }
    assert ir.keyword_only == {"scale", "mode", "g"}
    assert ir.origin.span is not None
    assert ir.origin.span.file == __file__


def test_static_text_is_typed_as_text() -> None:
    ir = lower(lambda x, mode: x, {"x": FLOAT, "mode": Static("fast")}).function
    assert ir.name == "lambda_"
    assert [p.type for p in ir.params] == [FLOAT, TEXT]


def test_constants_have_the_names_of_the_source() -> None:
    def f(x):
        return x * RATE + HALF_PI - np.pi * config.RATE + Settings.rate * TABLE[0] + math.inf

    assert constants_of(f, x=FLOAT) == [
        (0.5, "RATE"),
        (math.pi, "math.pi"),
        (np.pi, "np.pi"),
        (0.25, "RATE"),
        (4.0, "rate"),
        (1.0, None),
        (math.inf, "math.inf"),
    ]


def test_guards() -> None:
    k = 3.0

    def f(x):
        return abs(x) * RATE + k - config.RATE * helpers.cube(x) + math.sin(np.pi) * Settings.rate

    assert guards_of(f, x=FLOAT) == {
        ("absent", "abs"),
        ("global", "RATE"),
        ("cell", "k"),
        ("global", "config"),
        ("attribute", "RATE"),
        ("global", "helpers"),
        ("attribute", "cube"),
        ("attribute", "__code__"),
        ("attribute", "__defaults__"),
        ("attribute", "__kwdefaults__"),
        ("global", "math"),
        ("global", "np"),
        ("global", "Settings"),
        ("attribute", "rate"),
    }


def test_a_guard_names_its_holder() -> None:
    def f(x):
        return x * RATE

    assert lower(f, {"x": FLOAT}).guards == (Guard("global", globals(), "RATE", RATE),)


def test_every_node_has_an_origin_of_order_0() -> None:
    def f(p, xs, n):
        a, b = xs
        s = sum(p) if n else a
        for i, x in enumerate(xs):
            if x > 0:
                s = s + p[i] if n > i else max(p)
        while s > b:
            s = s / 2
        return helpers.scaled(s), p

    kinds = set()
    arguments = {"p": TupleType((FLOAT, FLOAT)), "xs": SequenceType(FLOAT), "n": INT}
    for node in nodes_of(f, **arguments):
        kinds.add(type(node))
        assert node.origin.order == 0
        assert node.origin.span is not None
        if isinstance(node, Op) and node.operation.name == "item":
            continue  # a parameter taken apart, which no statement does
        assert node.origin.statement is not None
        assert node.origin.statement.text
    assert kinds == {Op, If, Loop}


def test_values_have_the_names_of_variables() -> None:
    def f(x, n):
        a = b = x * 2
        c, (d, e) = x + 1, (x - 1, a)
        pair = x * 3, x * 4
        for k in range(n):
            c = c * k
        if c > d:
            d = x * 5
        return a + b + c + d + e + pair[0] + pair[1]

    names = {
        result.name
        for node in nodes_of(f, x=FLOAT, n=INT)
        for result in results_of(node)
        if result.name is not None
    }
    assert names == {"a", "c", "d", "pair_0", "pair_1"}


def test_scratch_variables_are_not_carried() -> None:
    def f(xs):
        s = 0.0
        for x in xs:
            t = x * x
            if t > 1:
                u = t * 2
                s = s + u
        return s

    (loop,) = (n for n in nodes_of(f, xs=SequenceType(FLOAT)) if isinstance(n, Loop))
    assert [arg.name for arg in loop.args] == ["s"]
    (branch,) = (n for n in loop.body if isinstance(n, If))
    assert [result.name for result in branch.results] == ["s"]


def test_unchanged_names_are_not_carried() -> None:
    def f(x, n):
        a = b = x
        for _ in range(n):
            if n < 0:
                b = b
            a = a
            x = x + a * b
        return x

    (loop,) = (n for n in nodes_of(f, x=FLOAT, n=INT) if isinstance(n, Loop))
    assert [arg.name for arg in loop.args] == ["x"]


def test_a_static_branch_leaves_nothing_behind() -> None:
    def f(x, mode):
        if mode == "a":
            return x
        return x * 2

    assert nodes_of(f, x=FLOAT, mode=Static("a")) == []


def test_a_structure_is_packed_once_outside_loops() -> None:
    def f(p, n):
        s = 0.0
        for i in range(n):
            for j in range(n):
                s += p[i] * p[j]
        return s

    ir = lower(f, {"p": TupleType((FLOAT, FLOAT)), "n": INT}).function
    packs = [node for node in all_nodes(ir.body.nodes) if isinstance(node, Op)]
    assert sum(node.operation.name == "pack" for node in packs) == 1
    assert any(n.operation.name == "pack" for n in ir.body.nodes if isinstance(n, Op))


def test_nested_loops_are_lowered_a_few_times_only() -> None:
    """Rounds add up along the nesting; they don't multiply."""
    depth = 12
    lines = ["def f(x, n):", "    s = 0"]
    for level in range(depth):
        lines.append("    " * (level + 1) + f"for i{level} in range(n):")
    lines.append("    " * (depth + 1) + "s = s + x")
    lines.append("    return s")
    text = "\n".join(lines) + "\n"
    assert (
        print_function(lower(compiled(text), {"x": FLOAT, "n": INT}).function).count("loop")
        == depth
    )


def compiled(text: str) -> Callable[..., Any]:
    """The function f of a text that only linecache knows."""
    import linecache

    file = f"<lowering test {hash(text)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    space: dict[str, Any] = {}
    exec(compile(text, file, "exec"), space)
    return space["f"]  # type: ignore[no-any-return]


def test_many_statements_don_t_exhaust_the_stack() -> None:
    returns = "".join(f"    if k == {i}:\n        return x * {i}\n" for i in range(100))
    chain = "".join(f"    elif k == {i}:\n        y = {i}\n" for i in range(100))
    total = " + ".join(["x"] * 500)
    text = f"def f(x, k):\n{returns}    if k < 0:\n        y = x\n{chain}    return {total} + y\n"
    verify(lower(compiled(text), {"x": FLOAT, "k": INT}).function)


def test_early_returns_are_not_copied() -> None:
    checks = "".join(
        f"    if x > {i}:\n        if y > {i}:\n            return x * {i}\n        y = y * x\n"
        for i in range(30)
    )
    text = f"def f(x, y):\n{checks}    return x + y\n"
    ir = lower(compiled(text), {"x": FLOAT, "y": FLOAT}).function
    verify(ir)
    assert sum(1 for _ in all_nodes(ir.body.nodes)) < 30 * 12


def test_too_many_calls_are_one_problem() -> None:
    helpers_text = "def h0(x):\n    return x * x\n" + "".join(
        f"def h{i}(x):\n    return h{i - 1}(x) + h{i - 1}(x * 2)\n" for i in range(1, 14)
    )
    with pytest.raises(UnsupportedError) as caught:
        lower(compiled(f"{helpers_text}def f(x):\n    return h13(x)\n"), {"x": FLOAT})
    assert len(caught.value.problems) == 1


def test_a_helper_without_source_is_a_problem_at_its_call() -> None:
    space: dict[str, Any] = {}
    exec("def hidden(x):\n    return x", space)
    hidden = space["hidden"]

    def f(x):
        return hidden(x) + hidden(2.0)

    with pytest.raises(UnsupportedError) as caught:
        lower(f, {"x": FLOAT})
    assert [p.construct for p in caught.value.problems] == ["call of hidden"] * 2
    with pytest.raises(SourceError):
        lower(hidden, {"x": FLOAT})


def test_problems_of_a_helper_are_reported_once() -> None:
    def helper(x):
        return x @ x

    def f(x):
        for _ in range(3):
            x = helper(x) + helper(x * 2)
        return x

    with pytest.raises(UnsupportedError) as caught:
        lower(f, {"x": FLOAT})
    (problem,) = caught.value.problems
    assert problem.construct == "@"
    assert len(problem.notes) == 1  # the call that led to it


def test_printing_is_deterministic() -> None:
    def f(x, y, z, n):
        for i in range(n):
            a, b, c = x, y, z
            x, y, z = c, a, b
            if x > y:
                p, q, r = x, y, z
        for i in range(2):
            u, v, w = x, y, z
        return x, y, z, p, q, r, u, v, w

    arguments = {"x": FLOAT, "y": FLOAT, "z": FLOAT, "n": INT}
    texts = {print_function(lower(f, arguments).function) for _ in range(3)}
    assert len(texts) == 1
    assert "carry (%x_2: float = %x, %y_2: float = %y, %z_2: float = %z, " in texts.pop()
