"""Counting the statements of a function, to compare derivatives by length."""

import ast
import textwrap


def count_statements(source: str) -> int:
    """Number of statements in the bodies of the functions that `source` defines.

    `source` is the text of one function, or of a module. Docstrings and comments do
    not count, nor do imports and assignments outside functions, nor decorators. A
    compound statement counts one plus the statements of its bodies; `else` counts
    nothing, `elif` one, since it is an `if` of its own. A function defined inside
    another counts one plus its body.

    Raises ValueError where `source` defines no function.
    """
    module = ast.parse(textwrap.dedent(source))
    functions = [node for node in module.body if isinstance(node, FUNCTIONS)]
    if not functions:
        raise ValueError("the source defines no function")
    return sum(_statements(function) - 1 for function in functions)


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _statements(root: ast.stmt) -> int:
    nodes = list(ast.walk(root))
    docstrings = sum(
        isinstance(node, FUNCTIONS) and ast.get_docstring(node) is not None
        for node in nodes
    )
    return sum(isinstance(node, ast.stmt) for node in nodes) - docstrings
