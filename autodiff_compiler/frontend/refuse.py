"""The Python that is not in the language: what it is called, and what to write instead.

Only nodes that are refused wherever they stand are listed; what depends on types or context is
refused by whoever finds it.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from autodiff_compiler.frontend import hints
from autodiff_compiler.frontend.hints import Hint, Site


@dataclass(frozen=True)
class Refusal:
    """What a report says of a node; the hint may look at the node and what is around it."""

    construct: str
    message: str
    hint: str | Hint

    def hint_at(self, site: Site) -> str:
        return self.hint if isinstance(self.hint, str) else self.hint(site)


ASYNC = "async functions are not supported"
GENERATORS = "generators are not supported"
BITWISE = "bitwise operations are not supported"
IMPORT = Refusal("import", "importing inside the function is not supported", hints.moved_up)
TRY = Refusal("try", "handling exceptions is not supported", hints.test_beforehand)

STATEMENTS: dict[type[ast.AST], Refusal] = {
    ast.AsyncFunctionDef: Refusal("async def", ASYNC, "write def instead of async def"),
    ast.ClassDef: Refusal(
        "class", "defining a class inside the function is not supported", hints.class_outside
    ),
    ast.Delete: Refusal("del", "deleting is not supported", hints.left_out),
    ast.AsyncFor: Refusal("async for", ASYNC, "write for instead of async for"),
    ast.AsyncWith: Refusal("async with", ASYNC, hints.around_call),
    ast.With: Refusal("with", "context managers are not supported", hints.around_call),
    ast.Match: Refusal("match", "pattern matching is not supported", hints.if_and_elif),
    ast.Try: TRY,
    ast.TryStar: TRY,
    ast.Import: IMPORT,
    ast.ImportFrom: IMPORT,
    ast.Global: Refusal(
        "global", "writing a global variable is not supported", hints.local_variable
    ),
    ast.Nonlocal: Refusal(
        "nonlocal",
        "writing a variable of the enclosing function is not supported",
        hints.returned_value,
    ),
    ast.Break: Refusal("break", "leaving a loop early is not supported", hints.end_of_loop),
    ast.Continue: Refusal(
        "continue", "skipping the rest of an iteration is not supported", hints.rest_of_loop
    ),
}

EXPRESSIONS: dict[type[ast.AST], Refusal] = {
    ast.NamedExpr: Refusal(
        "assignment expression",
        "assigning inside an expression is not supported",
        hints.assigned_first,
    ),
    ast.Set: Refusal("set", "sets are not supported", hints.compared_one_by_one),
    ast.ListComp: Refusal(
        "list comprehension", "building a list item by item is not supported", hints.loop_instead
    ),
    ast.SetComp: Refusal("set comprehension", "sets are not supported", hints.loop_instead),
    ast.DictComp: Refusal(
        "dict comprehension",
        "building a dictionary item by item is not supported",
        "write its keys and values out, or append to a list in a loop",
    ),
    ast.GeneratorExp: Refusal("generator expression", GENERATORS, hints.loop_instead),
    ast.Await: Refusal("await", ASYNC, "call a plain function"),
    ast.Yield: Refusal("yield", GENERATORS, "return one value at the end instead"),
    ast.YieldFrom: Refusal("yield from", GENERATORS, "return one value at the end instead"),
    ast.Starred: Refusal("*", "unpacking with * is not supported", hints.names_for_items),
}

OPERATORS: dict[type[ast.AST], Refusal] = {
    ast.MatMult: Refusal(
        "@",
        "a matrix product is of arrays, not of numbers",
        hints.other_operator(ast.Mult(), "for a product of numbers, write {}"),
    ),
    ast.BitXor: Refusal("^", BITWISE, hints.other_operator(ast.Pow(), "for a power, write {}")),
    ast.BitAnd: Refusal("&", BITWISE, hints.combined(ast.And(), "for a condition, write {}")),
    ast.BitOr: Refusal("|", BITWISE, hints.combined(ast.Or(), "for a condition, write {}")),
    ast.LShift: Refusal("<<", BITWISE, "multiply by a power of 2"),
    ast.RShift: Refusal(">>", BITWISE, "divide with // by a power of 2"),
    ast.Invert: Refusal("~", BITWISE, hints.negated),
}

SLICE = Refusal("slice", "slices are not supported", hints.positions)
STAR_PARAMETER = Refusal(
    "* parameter",
    "a function that takes any number of arguments is not supported",
    hints.named_parameters,
)
STAR_ARGUMENT = Refusal(
    "* argument", "unpacking into a call is not supported", "pass the arguments one by one"
)
RETURN_IN_LOOP = Refusal(
    "return", "returning from within a loop is not supported", hints.return_after_loop
)
LOOP_ELSE = Refusal("else", "else after a loop is not supported", hints.else_after)
ITEM_WRITE = Refusal(
    "item assignment", "changing an item in place is not supported", hints.one_item_each
)
ATTRIBUTE_WRITE = Refusal(
    "attribute assignment", "changing an object is not supported", hints.variable_instead
)


def refusal_of(node: ast.AST) -> Refusal:
    """What to say of a node that nothing else claims."""
    for table in (STATEMENTS, EXPRESSIONS, OPERATORS):
        if type(node) in table:
            return table[type(node)]
    return Refusal(type(node).__name__, "this is not supported", "do without it")
