"""Makes a failing array program small: deletes and simplifies as long as the same check fails."""

from __future__ import annotations

import ast
import copy
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from ..reduction import _at as _node_at
from ..reduction import _places, _put, _unwrapped, _without_statement
from .generator import Program

Fails = Callable[[Program], bool]


def reduced(program: Program, fails: Fails, seconds: float = 60.0) -> Program:
    """A smaller program for which `fails` still holds; the same one where none is found."""
    deadline = time.monotonic() + seconds
    current, shrinking = program, True
    while shrinking and time.monotonic() < deadline:
        shrinking = False
        for candidates in (_fewer_points, _simpler_source, _fewer_parameters, _simpler_arguments):
            while time.monotonic() < deadline:
                smaller = _first(candidates(current), current, fails, deadline)
                if smaller is None:
                    break
                current, shrinking = smaller, True
    return current


def _first(
    candidates: Iterator[Program], current: Program, fails: Fails, deadline: float
) -> Program | None:
    for candidate in candidates:
        if time.monotonic() > deadline:
            return None
        if candidate != current and fails(candidate):
            return candidate
    return None


def _fewer_points(program: Program) -> Iterator[Program]:
    if len(program.points) > 1:
        for point in program.points:
            yield replace(program, points=(point,))
        yield replace(program, points=program.points[:-1])
    if len(program.argnums) > 1:
        for argnum in program.argnums:
            yield replace(program, argnums=(argnum,))


def _simpler_source(program: Program) -> Iterator[Program]:
    tree = ast.parse(program.source)
    size = len(ast.unparse(tree))
    seen = set()
    for edit in (_without_statement, _unwrapped, _simpler_expression):
        for changed in edit(tree, program.name):
            try:
                text = ast.unparse(ast.fix_missing_locations(changed)) + "\n"
                ast.parse(text)
            except (SyntaxError, ValueError):
                continue
            if len(text) <= size and text not in seen:
                seen.add(text)
                yield replace(program, source=text)


def _simpler_expression(tree: ast.Module, name: str) -> Iterator[ast.Module]:
    """An expression replaced by a part of itself, or by a number."""
    for which in range(len(_places(tree))):
        node = _node_at(*_places(tree)[which])
        for simpler in _simpler(node):
            changed = copy.deepcopy(tree)
            _put(*_places(changed)[which], copy.deepcopy(simpler))
            yield changed


def _simpler(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Constant(value):
            if isinstance(value, float) and value not in (1.0, 2.0):
                yield ast.Constant(2.0)
        case ast.Name() | ast.Lambda() | ast.Slice():
            return
        case ast.Attribute(value=ast.Name(id="np")):
            return
        case ast.Call(func=function, args=args, keywords=keywords):
            yield from args
            if isinstance(function, ast.Attribute):
                if not (isinstance(function.value, ast.Name) and function.value.id == "np"):
                    yield function.value
            for index in range(len(keywords)):
                rest = [*keywords[:index], *keywords[index + 1 :]]
                yield ast.Call(func=function, args=args, keywords=rest)
            yield ast.Constant(2.0)
        case ast.Tuple(elts=items) | ast.List(elts=items):
            yield from items
            for index in range(len(items)):
                if len(items) > 1:
                    rest = [*items[:index], *items[index + 1 :]]
                    yield type(node)(elts=rest, ctx=ast.Load())
        case _:
            yield from (
                child for child in ast.iter_child_nodes(node)
                if isinstance(child, ast.expr) and not isinstance(child, ast.Slice)
            )  # fmt: skip
            if isinstance(node, ast.BinOp | ast.UnaryOp | ast.IfExp | ast.Subscript):
                yield ast.Constant(2.0)
            if isinstance(node, ast.Compare | ast.BoolOp):
                yield ast.Constant(True)


def _fewer_parameters(program: Program) -> Iterator[Program]:
    tree = ast.parse(program.source)
    function = _main(tree, program.name)
    read = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    for index, parameter in enumerate(function.args.args):
        alone = program.argnums == (index,)
        if parameter.arg in read or len(function.args.args) == 1 or alone:
            continue
        changed = copy.deepcopy(tree)
        del _main(changed, program.name).args.args[index]
        points = tuple((*each[:index], *each[index + 1 :]) for each in program.points)
        argnums = tuple(k - (k > index) for k in program.argnums if k != index)
        source = ast.unparse(changed) + "\n"
        yield replace(program, source=source, points=points, argnums=argnums)


def _main(tree: ast.Module, name: str) -> ast.FunctionDef:
    return next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name)


def _simpler_arguments(program: Program) -> Iterator[Program]:
    for which, point in enumerate(program.points):
        for index, text in enumerate(point):
            for simpler in _simpler_texts(text):
                arguments = (*point[:index], simpler, *point[index + 1 :])
                points = [*program.points]
                points[which] = arguments
                yield replace(program, points=tuple(points))


def _simpler_texts(text: str) -> Iterator[str]:
    for suffix in (".T", "[..., ::2]", "[::-1]", "[1:]", ", dtype=np.float32"):
        if suffix in text:
            yield text.replace(suffix, "", 1)
    if text.startswith("np.float64("):
        yield text[len("np.float64(") : -1]
    # An element or a row less.
    for found in re.finditer(r", (-?[\d.e-]+|\[[^\[\]]*\])(?=[\],])", text):
        yield text[: found.start()] + text[found.end() :]
    for number in dict.fromkeys(re.findall(r"-?\d+\.\d{2,}", text)):
        for simpler in ("1.0", f"{float(number):.1f}"):
            yield text.replace(number, simpler, 1)
