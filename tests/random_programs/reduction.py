"""Makes a failing program small: it deletes and simplifies as long as the same check fails.

# before                                   # after
def f(x, n):                               def f(x):
    s = 0                                      s = 0
    for i in range(n): s += math.sin(x) * i    for i in range(2):
    print(s)                                       s += x
    return s if s > 0.3 else x                 return s
"""

from __future__ import annotations

import ast
import copy
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from .generator import Program
from .oracles import Point

Fails = Callable[[Program], bool]


def reduced(program: Program, fails: Fails, seconds: float = 60.0) -> Program:
    """A smaller program for which `fails` still holds; the same one where none is found.

    Candidates may be anything that parses, so `fails` must bear programs that raise, read unbound
    names, or don't terminate.
    """
    deadline = time.monotonic() + seconds
    current = program
    shrinking = True
    while shrinking and time.monotonic() < deadline:
        shrinking = False
        for candidates in (_fewer_points, _simpler_source, _fewer_parameters, _simpler_numbers):
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
    if len(program.argnums) > 1:
        for argnum in program.argnums:
            yield replace(program, argnums=(argnum,))


# Statements and expressions


def _simpler_source(program: Program) -> Iterator[Program]:
    """The larger deletions first. Each candidate is one edit away from the program."""
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


def _bodies(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for field in ("body", "orelse"):
            body = getattr(node, field, None)
            if isinstance(body, list) and body:
                yield body


def _without_statement(tree: ast.Module, name: str) -> Iterator[ast.Module]:
    for which, body in enumerate(_bodies(tree)):
        for index, statement in enumerate(body):
            if isinstance(statement, ast.FunctionDef) and statement.name == name:
                continue
            changed = copy.deepcopy(tree)
            there = list(_bodies(changed))[which]
            del there[index]
            if not there and not _is_orelse(changed, there):
                there.append(ast.Pass())
            if len(body) > 1 or not isinstance(statement, ast.Pass):
                yield changed


def _is_orelse(tree: ast.AST, body: list[ast.stmt]) -> bool:
    return any(getattr(node, "orelse", None) is body for node in ast.walk(tree))


def _unwrapped(tree: ast.Module, name: str) -> Iterator[ast.Module]:
    """A branch or loop replaced by one of its blocks."""
    for which, body in enumerate(_bodies(tree)):
        for index, statement in enumerate(body):
            if not isinstance(statement, ast.If | ast.For | ast.While):
                continue
            for field in ("body", "orelse"):
                block = getattr(statement, field)
                if block:
                    changed = copy.deepcopy(tree)
                    there = list(_bodies(changed))[which]
                    there[index : index + 1] = copy.deepcopy(block)
                    yield changed


def _simpler_expression(tree: ast.Module, name: str) -> Iterator[ast.Module]:
    """An expression replaced by a part of itself, or by a number."""
    count = len(_places(tree))
    for which in range(count):
        parent, field, index = _places(tree)[which]
        node = _at(parent, field, index)
        for simpler in _simpler(node):
            changed = copy.deepcopy(tree)
            there = _places(changed)[which]
            _put(*there, copy.deepcopy(simpler))
            yield changed


def _places(tree: ast.AST) -> list[tuple[ast.AST, str, int | None]]:
    """Where expressions that are read stand, outer ones first."""
    found: list[tuple[ast.AST, str, int | None]] = []
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            if isinstance(value, ast.expr) and not _written(value):
                found.append((parent, field, None))
            elif isinstance(value, list):
                found += [
                    (parent, field, index)
                    for index, item in enumerate(value)
                    if isinstance(item, ast.expr) and not _written(item)
                ]
    return found


def _written(node: ast.expr) -> bool:
    return isinstance(getattr(node, "ctx", None), ast.Store | ast.Del)


def _at(parent: ast.AST, field: str, index: int | None) -> Any:
    value = getattr(parent, field)
    return value if index is None else value[index]


def _put(parent: ast.AST, field: str, index: int | None, node: ast.expr) -> None:
    if index is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node


def _simpler(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Constant(value) if isinstance(value, float) and value not in (1.0, 0.5):
            yield ast.Constant(1.0)
            yield ast.Constant(round(value, 1))
        case ast.Constant() | ast.Name() | ast.Attribute() | ast.Lambda() | ast.JoinedStr():
            return
        case ast.Call():
            yield from node.args
            yield from (keyword.value for keyword in node.keywords)
            yield ast.Constant(1.0)
        case _:
            yield from (
                child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)
            )
            if isinstance(node, ast.BinOp | ast.UnaryOp | ast.IfExp | ast.Subscript):
                yield ast.Constant(1.0)
            if isinstance(node, ast.Compare | ast.BoolOp):
                yield ast.Constant(True)
                yield ast.Constant(False)


# Parameters and arguments


def _fewer_parameters(program: Program) -> Iterator[Program]:
    """Without a parameter that the function doesn't read."""
    tree = ast.parse(program.source)
    function = next(
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name == program.name
    )
    read = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    for index, parameter in enumerate(function.args.args):
        if parameter.arg in read or len(function.args.args) == 1 or index in program.argnums:
            continue
        changed = copy.deepcopy(tree)
        there = next(
            node
            for node in changed.body
            if isinstance(node, ast.FunctionDef) and node.name == program.name
        )
        first_default = len(there.args.args) - len(there.args.defaults)
        if index >= first_default:
            del there.args.defaults[index - first_default]
        del there.args.args[index]
        points = tuple(
            Point(
                (*point.args[:index], *point.args[index + 1 :]),
                {name: v for name, v in point.kwargs.items() if name != parameter.arg},
            )
            for point in program.points
        )
        argnums = tuple(k - (k > index) for k in program.argnums)
        source = ast.unparse(changed) + "\n"
        yield replace(program, source=source, points=points, argnums=argnums)
    for index, parameter in enumerate(function.args.kwonlyargs):
        if parameter.arg not in read:
            changed = copy.deepcopy(tree)
            there = next(
                node
                for node in changed.body
                if isinstance(node, ast.FunctionDef) and node.name == program.name
            )
            del there.args.kwonlyargs[index]
            del there.args.kw_defaults[index]
            points = tuple(
                Point(p.args, {k: v for k, v in p.kwargs.items() if k != parameter.arg})
                for p in program.points
            )
            yield replace(program, source=ast.unparse(changed) + "\n", points=points)


def _simpler_numbers(program: Program) -> Iterator[Program]:
    for which, point in enumerate(program.points):
        for index, arg in enumerate(point.args):
            for simpler in _simpler_values(arg):
                args = (*point.args[:index], simpler, *point.args[index + 1 :])
                points = list(program.points)
                points[which] = Point(args, point.kwargs)
                yield replace(program, points=tuple(points))


def _simpler_values(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for index in range(len(value)):
            yield [*value[:index], *value[index + 1 :]]
    elif isinstance(value, float):
        for simpler in (1.0, 2.0, 0.5, round(float(value), 1)):
            if len(repr(simpler)) < len(repr(float(value))):
                yield simpler
    elif isinstance(value, int) and value > 1:
        yield value - 1
