"""What to write instead, with the user's own code filled in.

A hint looks at the refused node and at the function around it, and never at what is known of the
values. It is read by people: code too long for its line is cut to "...".
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from autodiff_compiler.frontend.names import LAMBDA
from autodiff_compiler.source import FunctionNode

WIDTH = 40
BIT_OPERATORS: dict[type[ast.boolop], ast.operator] = {ast.And: ast.BitAnd(), ast.Or: ast.BitOr()}
Loop = ast.For | ast.AsyncFor | ast.While
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True)
class Site:
    """A refused node, the function that it stands in, and the name of the one that calls all."""

    node: ast.AST
    function: FunctionNode
    entrance: str

    @property
    def name(self) -> str:
        """The function as a hint calls it."""
        return getattr(self.function, "name", LAMBDA)

    @property
    def parent(self) -> ast.AST | None:
        """The node around the refused one."""
        for each in ast.walk(self.function):
            if any(child is self.node for child in ast.iter_child_nodes(each)):
                return each
        return None


Hint = Callable[[Site], str]


def shown(node: ast.AST, width: int = WIDTH) -> str:
    """A node as code on one line, or "..." where that would be too long."""
    text = ast.unparse(node)
    return text if len(text) <= width and "\n" not in text else "..."


# Operators.


def other_operator(op: ast.operator, says: str) -> Hint:
    """The same operands with the operator that was meant; {} in the text is that code."""

    def hint(site: Site) -> str:
        node = site.node
        if isinstance(node, ast.AugAssign):
            return says.format(shown(ast.AugAssign(node.target, op, node.value)))
        assert isinstance(node, ast.BinOp)
        return says.format(shown(ast.BinOp(node.left, op, node.right)))

    return hint


def combined(op: ast.boolop, says: str) -> Hint:
    """`a & b` as a condition."""

    def hint(site: Site) -> str:
        node = site.node
        if isinstance(node, ast.AugAssign):
            both = ast.BoolOp(op, [node.target, node.value])
            return says.format(f"{shown(node.target)} = {shown(both)}")
        assert isinstance(node, ast.BinOp)
        match site.parent:
            case ast.Call(ast.Name("isinstance")):
                return f"write {shown(ast.Tuple([node.left, node.right]))}"
        return says.format(shown(ast.BoolOp(op, [node.left, node.right])))

    return hint


def negated(site: Site) -> str:
    assert isinstance(site.node, ast.UnaryOp)
    return f"to negate a condition, write {shown(ast.UnaryOp(ast.Not(), site.node.operand))}"


def condition_of_array(site: Site) -> str:
    """For an array of bools that stands where one bool is needed."""
    node, parent = site.node, site.parent
    match node, parent:
        case ast.Compare(left, ops, comparators), _ if len(ops) > 1:
            lefts = [left, *comparators]
            pairs: list[ast.expr] = [
                ast.Compare(a, [op], [b]) for a, op, b in zip(lefts, ops, comparators, strict=False)
            ]
            return f"write {shown(_joined(pairs, ast.BitAnd()))}"
        case ast.UnaryOp(ast.Not(), inner), _:
            return f"write {shown(ast.UnaryOp(ast.Invert(), inner))}"
        case _, ast.BoolOp(op, values):
            return f"write {shown(_joined(values, BIT_OPERATORS[type(op)]))}"
    return "choose elements with np.where, or ask for one answer with np.any or np.all"


def _joined(parts: list[ast.expr], op: ast.operator) -> ast.expr:
    whole = parts[0]
    for each in parts[1:]:
        whole = ast.BinOp(whole, op, each)
    return whole


# Leaving loops.


def end_of_loop(site: Site) -> str:
    header = _header_without_exit(site)
    return f"make it a while loop whose condition says when to end: {header}"


def return_after_loop(site: Site) -> str:
    header = _header_without_exit(site)
    return f"end the loop by its condition, as in {header} and return after it"


def rest_of_loop(site: Site) -> str:
    test = _test_before(site)
    if test is None:
        return "put the rest of the loop's body under an if"
    return f"put the rest of the loop's body under if {shown(_not(test))}:"


def _header_without_exit(site: Site) -> str:
    """The header of a while loop that ends where the refused statement leaves it."""
    around = [each for each in ast.walk(site.function) if _is_loop_around(each, site.node)]
    loop, test = around[-1], _test_before(site)
    parts = []
    match loop:
        case ast.While(ast.Constant()):
            pass
        case ast.While(condition):
            parts.append(shown(condition))
        case ast.For(ast.Name(name), ast.Call(ast.Name("range"), [stop], [])):
            parts.append(f"{'k' if name == '_' else name} < {shown(stop)}")
        case _:
            parts.append("...")
    parts.append("not ..." if test is None else shown(_not(test)))
    return f"while {' and '.join(parts)}:"


def _is_loop_around(loop: ast.AST, node: ast.AST) -> bool:
    return isinstance(loop, Loop) and any(each is node for each in ast.walk(loop))


def _test_before(site: Site) -> ast.expr | None:
    """The test under which the refused statement runs, where that is all there is to it."""
    parent = site.parent
    if isinstance(parent, ast.If) and any(each is site.node for each in parent.body):
        return parent.test
    return None


def _not(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)


# Statements.


def moved_up(site: Site) -> str:
    return f"move {shown(site.node)} to the top of the file"


def class_outside(site: Site) -> str:
    assert isinstance(site.node, ast.ClassDef)
    return f"define class {site.node.name} outside of {site.name}"


def left_out(site: Site) -> str:
    assert isinstance(site.node, ast.Delete)
    if all(isinstance(target, ast.Name) for target in site.node.targets):
        return f"leave it out: local variables are gone anyway when {site.name} returns"
    return "leave it out, and go round what it deletes with an if"


def around_call(site: Site) -> str:
    assert isinstance(site.node, ast.With | ast.AsyncWith)
    items = ", ".join(map(ast.unparse, site.node.items))
    header = f"with {items if len(items) <= WIDTH else '...'}:"
    return f"put it around the call of {site.entrance}: {header}"


def local_variable(site: Site) -> str:
    assert isinstance(site.node, ast.Global)
    names = " and ".join(site.node.names)
    return (
        f"pass {names} as an argument and use a local variable, or write where {site.entrance} "
        "is called"
    )


def returned_value(site: Site) -> str:
    assert isinstance(site.node, ast.Nonlocal)
    name = site.node.names[0]
    return f"return the new value, and write {name} = {site.name}(...) where it is called"


def test_beforehand(site: Site) -> str:
    """For `try`: what it catches can mostly be seen coming."""
    assert isinstance(site.node, ast.Try | ast.TryStar)
    names = [name for each in site.node.handlers for name in _exceptions(each.type)]
    around = f"put try around the call of {site.entrance}"
    if not site.node.handlers:
        return f"leave try and finally out, or {around}"
    match names:
        case ["ZeroDivisionError"]:
            return f"test with if whether the divisor is 0, or {around}"
        case [name]:
            return f"test with if what would raise {name}, or {around}"
    return f"test with if what would raise, or {around}"


def _exceptions(caught: ast.expr | None) -> Iterable[str]:
    match caught:
        case ast.Name(name):
            return [name]
        case ast.Tuple(items):
            return [name for item in items for name in _exceptions(item)]
    return []


def if_and_elif(site: Site) -> str:
    match site.node:
        case ast.Match(ast.Name(subject), [ast.match_case(ast.MatchValue(value), None), *_]):
            return f"use if and elif: if {subject} == {shown(value)}:"
    return "use if and elif"


def else_after(site: Site) -> str:
    parent = site.parent
    if isinstance(parent, Loop) and any(isinstance(each, ast.Break) for each in ast.walk(parent)):
        return "say in a variable how the loop ended, and test it with if after the loop"
    return "put its statements after the loop: without break they always run"


# Expressions.


def assigned_first(site: Site) -> str:
    assert isinstance(site.node, ast.NamedExpr)
    statement = f"{site.node.target.id} = {shown(site.node.value)}"
    for each in ast.walk(site.function):
        if isinstance(each, ast.While) and any(n is site.node for n in ast.walk(each.test)):
            return f"write {statement} before the loop and again at the end of its body"
    return f"write {statement} on a line of its own before"


def compared_by_value(site: Site) -> str:
    """For `x is y`."""
    match site.node:
        case ast.Compare(left, [ast.Is()], [right]):
            return f"compare the values: {shown(ast.Compare(left, [ast.Eq()], [right]))}"
        case ast.Compare(left, [ast.IsNot()], [right]):
            return f"compare the values: {shown(ast.Compare(left, [ast.NotEq()], [right]))}"
    return "compare the values, with =="


def compared_one_by_one(site: Site) -> str:
    """For `n in {1, 2}`; of any other set, that it isn't needed."""
    for each in (site.node, site.parent):
        match each:
            case ast.Compare(item, [kind], [ast.Set(options) | ast.Tuple(options)]) if options:
                if isinstance(kind, ast.In):
                    return _one_by_one(item, options, ast.Eq(), ast.Or())
                return _one_by_one(item, options, ast.NotEq(), ast.And())
            case ast.Compare(item, [ast.In()], [options]):
                return (
                    f"compare in a loop: for each in {shown(options)}: "
                    f"found = found or {shown(item)} == each"
                )
    return "use a tuple"


def _one_by_one(
    item: ast.expr, options: list[ast.expr], sign: ast.cmpop, joined: ast.boolop
) -> str:
    tests: list[ast.expr] = [ast.Compare(item, [sign], [option]) for option in options]
    whole = tests[0] if len(tests) == 1 else ast.BoolOp(joined, tests)
    return f"compare one by one: {shown(whole, 2 * WIDTH)}"


def loop_instead(site: Site) -> str:
    """For comprehensions: a loop, which adds up where that is what becomes of the items."""
    node, parent = site.node, site.parent
    assert isinstance(node, COMPREHENSIONS)
    first = node.generators[0]
    header = f"for {shown(first.target)} in {shown(first.iter)}:"
    if len(node.generators) > 1 or isinstance(node, ast.DictComp):
        return f"use each value as it comes, in a for loop: {header}"
    for test in first.ifs:
        header += f" if {shown(test)}:"
    if isinstance(node, ast.ListComp) and not first.ifs and not _is_reduced(parent):
        return f"append to a list in a loop: {header} items.append({shown(node.elt)})"
    match parent:
        case ast.Call(ast.Name("sum")):
            return f"add up in a loop: {header} total += {shown(node.elt)}"
        case ast.Call(ast.Name("min" | "max" as name)):
            return f"compare in a loop: {header} best = {name}(best, {shown(node.elt)})"
    return f"use each value as it comes, in a for loop: {header}"


def _is_reduced(parent: ast.AST | None) -> bool:
    """Whether it is an argument of sum, min or max."""
    match parent:
        case ast.Call(ast.Name("sum" | "min" | "max")):
            return True
    return False


def names_for_items(site: Site) -> str:
    assert isinstance(site.node, ast.Starred)
    if isinstance(site.node.ctx, ast.Store):
        return "give every item a name: first, second, third = ..."
    return "write the items out"


def positions(site: Site) -> str:
    """For a slice, the loop over its positions."""
    match site.node:
        case ast.Subscript(ast.Name(name), ast.Slice(lower, upper, None)):
            start = lower or ast.Constant(0)
            stop = upper or ast.Call(ast.Name("len"), [ast.Name(name)], [])
            if _counts_from_start(start) and _counts_from_start(stop):
                bounds = [stop] if lower is None else [start, stop]
                counted = ast.Call(ast.Name("range"), bounds, [])
                return f"loop over positions: for k in {shown(counted)}: ... {name}[k]"
    return "loop over positions, with range, and take one item at a time"


def _counts_from_start(bound: ast.expr) -> bool:
    return not isinstance(bound, ast.UnaryOp)


def named_parameters(site: Site) -> str:
    assert isinstance(site.node, ast.arg)
    if site.node is site.function.args.vararg:
        return f"take one list instead: {site.node.arg}, without the star"
    return f"give every option that {site.name} takes a parameter of its own"


RUNNING = "keep running values in variables instead of a list"
# The methods that people use on numbers and lists, with what serves instead; {} is the object.
ATTRIBUTES: dict[str, str] = {
    "float.is_integer": "write {} % 1 == 0",
    "float.real": "a float is real: write {}",
    "float.imag": "a float is real: write 0.0",
    "float.conjugate": "a float is real: write {}",
    "int.real": "an int is real: write {}",
    "list.copy": "leave it out: lists are not changed here",
    "list.extend": "append its items one by one",
    "list.insert": "append, to a list that starts empty",
    "list.pop": "keep the item in a variable",
    "list.index": "look for it in a loop: for k in range(len({})): ...",
    "tuple.index": "look for it in a loop: for k in range(len({})): ...",
    "list.count": "count in a loop: for each in {}: ...",
    "tuple.count": "count in a loop: for each in {}: ...",
    "np.float64.item": "write float({})",
}


def instead_of_attribute(site: Site, kind: str) -> str:
    """For `x.real`, `terms.append(x)` and the like."""
    assert isinstance(site.node, ast.Attribute)
    known = ATTRIBUTES.get(f"{kind}.{site.node.attr}")
    if known is not None:
        return known.format(shown(site.node.value))
    match kind, site.node.attr, site.parent:
        case "list", "append", ast.Call(_, [item], []):
            return f"keep a running value instead of a list: total += {shown(item)}"
        case "list", _, _:
            return RUNNING
        case "tuple", _, _:
            return "take its items one by one"
        case "str", _, _:
            return "prepare the text outside, and pass it as an argument"
    return "use operators and the functions of math"


def multiplied(site: Site) -> str:
    """For a number that is called: perhaps a * is missing."""
    match site.node:
        case ast.Call(called, [factor], []):
            product = ast.BinOp(called, ast.Mult(), factor)
            return f"if a product is meant, write {shown(product)}"
    return "call a function"


def one_item_each(site: Site) -> str:
    """For `xs[k] = v`."""
    match site.node:
        case ast.Subscript(ast.Name(name), ast.Constant(int() as place)) if place >= 0:
            return f"use a variable, such as {name}_{place}, or a new list: {name} = [...]"
        case ast.Subscript(ast.Name(name), _):
            return f"use variables, or a new list: {name} = [...]"
    return "use variables"


def variable_instead(site: Site) -> str:
    """For `thing.value = v`."""
    assert isinstance(site.node, ast.Attribute)
    return f"use a variable of its own, such as {site.node.attr}"
