"""The Python that is not in the language: what it is called, and what to write instead.

Only nodes that are refused wherever they stand are listed; what depends on types or context is
refused by whoever finds it.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    construct: str
    message: str
    hint: str = ""


MUTATION = "writing into an object is not supported"
ONE_EXIT = "make it a while loop whose condition says when to stop"

STATEMENTS: dict[type[ast.AST], Refusal] = {
    ast.AsyncFunctionDef: Refusal("async def", "coroutines are not supported", "use a plain def"),
    ast.ClassDef: Refusal(
        "class", "a class inside the function is not supported", "move it to module level"
    ),
    ast.Delete: Refusal("del", "deleting is not supported", "leave it out"),
    ast.AsyncFor: Refusal("async for", "coroutines are not supported", "use a plain for"),
    ast.AsyncWith: Refusal("async with", "coroutines are not supported"),
    ast.With: Refusal(
        "with", "context managers are not supported", "enter it around the call instead"
    ),
    ast.Match: Refusal("match", "pattern matching is not supported", "use if, elif and else"),
    ast.Try: Refusal(
        "try",
        "handling exceptions is not supported",
        "test with if for what would raise, or catch it around the call",
    ),
    ast.TryStar: Refusal("try", "handling exceptions is not supported", "test with if instead"),
    ast.Import: Refusal(
        "import", "importing inside the function is not supported", "import at module level"
    ),
    ast.ImportFrom: Refusal(
        "import", "importing inside the function is not supported", "import at module level"
    ),
    ast.Global: Refusal(
        "global",
        "writing a global variable is not supported",
        "pass it as a parameter and return its new value",
    ),
    ast.Nonlocal: Refusal(
        "nonlocal",
        "writing a variable of the enclosing function is not supported",
        "return the new value and assign it there",
    ),
    ast.Break: Refusal("break", "leaving a loop early is not supported", ONE_EXIT),
    ast.Continue: Refusal(
        "continue",
        "skipping the rest of an iteration is not supported",
        "put the rest of the body under an if",
    ),
}

EXPRESSIONS: dict[type[ast.AST], Refusal] = {
    ast.NamedExpr: Refusal(
        "assignment expression", ":= is not supported", "assign in a statement of its own"
    ),
    ast.Dict: Refusal("dict", "dictionaries are not supported", "use separate variables"),
    ast.Set: Refusal("set", "sets are not supported", "compare one by one, joined by or"),
    ast.ListComp: Refusal(
        "list comprehension", "building a list is not supported", "use a for loop"
    ),
    ast.SetComp: Refusal("set comprehension", "building a set is not supported", "use a for loop"),
    ast.DictComp: Refusal(
        "dict comprehension", "building a dictionary is not supported", "use a for loop"
    ),
    ast.GeneratorExp: Refusal(
        "generator expression", "generators are not supported", "use a for loop"
    ),
    ast.Await: Refusal("await", "coroutines are not supported"),
    ast.Yield: Refusal(
        "yield", "generators are not supported", "compute all values and return a tuple"
    ),
    ast.YieldFrom: Refusal(
        "yield from", "generators are not supported", "compute all values and return a tuple"
    ),
    ast.Starred: Refusal("*", "unpacking with * is not supported", "write the items out"),
    ast.Slice: Refusal("slice", "slices are not supported", "loop over range and index"),
}

OPERATORS: dict[type[ast.AST], Refusal] = {
    ast.MatMult: Refusal(
        "@", "matrix products are not supported", "multiply and add numbers in a loop"
    ),
    ast.BitXor: Refusal("^", "bitwise operations are not supported", "a power is written **"),
    ast.BitAnd: Refusal(
        "&", "bitwise operations are not supported", "to combine conditions use and"
    ),
    ast.BitOr: Refusal("|", "bitwise operations are not supported", "to combine conditions use or"),
    ast.LShift: Refusal("<<", "bitwise operations are not supported", "multiply by a power of 2"),
    ast.RShift: Refusal(">>", "bitwise operations are not supported", "use // with a power of 2"),
    ast.Invert: Refusal(
        "~", "bitwise operations are not supported", "to negate a condition use not"
    ),
}

STAR_PARAMETER = Refusal(
    "* parameter",
    "a function that takes any number of arguments is not supported",
    "name the parameters, or take one list",
)
STAR_ARGUMENT = Refusal(
    "* argument", "unpacking into a call is not supported", "pass the arguments one by one"
)


def refusal_of(node: ast.AST) -> Refusal:
    """What to say of a node that nothing else claims."""
    for table in (STATEMENTS, EXPRESSIONS, OPERATORS):
        if type(node) in table:
            return table[type(node)]
    return Refusal(type(node).__name__, "this is not supported")
