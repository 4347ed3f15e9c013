"""Finding the source of a function, and trusting it.

The text around a function may have changed since the function was made, and several functions
may stand on its line. So nothing found is believed: the text is compiled again, and only what
compiles to the very code object that runs, positions included, is that function's source. A
wrong derivative taken from an edited file is thereby impossible.

Two differences are understood. A function that only moved, because lines above it came or went,
is the same function; its new line numbers are used. And pytest rewrites the asserts of test
modules before it compiles them; there its own rewriter says what the text compiles to.
"""

from __future__ import annotations
import __future__

import ast
import copy
import functools
import inspect
import io
import linecache
import os
import sys
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, MethodType
from typing import Any

from autodiff_compiler.errors import SourceError, display_path
from autodiff_compiler.source.places import (
    FunctionNode,
    FunctionSource,
    first_line,
)
from autodiff_compiler.source.same import equals_within

# Futures change what text compiles to and may reach it from outside: notebook cells share
# theirs. The flag of nested_scopes has come to mean something else in a code object.
FUTURES = ~inspect.CO_NESTED & functools.reduce(
    int.__or__,
    (getattr(__future__, name).compiler_flag for name in __future__.all_feature_names),
)

_known: dict[int, tuple[FunctionNode, tuple[str, ...]]] = {}
_compiling = threading.Lock()


def find(function: Callable[..., object]) -> FunctionSource:
    """The source of a Python function; for a bound method, that of its function.

    Decorators are not looked through: the source is that of the function given, even where it
    wraps another one (`inspect.unwrap` leads there).

    Raises SourceError where the source isn't available or isn't that of the code that runs.
    """
    plain = _plain_function(function)
    code = plain.__code__
    # By identity, for equal code objects may come from different files. An answer stays right
    # when the file changes later: this code object, still running, was compiled from it.
    known = _known.get(id(code))
    if known is None:
        known = _locate(plain)
        _known[id(code)] = known
        weakref.finalize(code, _known.pop, id(code), None).atexit = False
    node, lines = known
    return FunctionSource(plain, code.co_filename, node, lines)


def _plain_function(function: object) -> FunctionType:
    match function:
        case FunctionType():
            return function
        case MethodType():
            return _plain_function(function.__func__)
        case functools.partial():
            name = _name(function.func)
            reason = "functools.partial of it has no source of its own"
            hint = "write the call out: lambda x: f(x, n=3)"
        case type():
            name, reason = _name(function), "it is a class"
            hint = "give a function that makes and uses an instance"
        case _ if not callable(function):
            name, reason = _name(function), "it is not a function"
            hint = "give a function"
        case _ if hasattr(function, "__wrapped__"):
            name = _name(function)
            reason = f"it is an object of type {type(function).__name__} around a function"
            hint = "give the function inside, its __wrapped__"
        case _ if isinstance(type(function).__call__, FunctionType):
            name, reason = _name(function), "it is an object that can be called"
            hint = "give its __call__ method"
        case _:
            name, reason = _name(function), "it is compiled code, without Python source"
            hint = "call it from a Python function"
    raise SourceError(name, reason, hint)


def _name(something: object) -> str:
    name = getattr(something, "__qualname__", None) or getattr(something, "__name__", None)
    return name if isinstance(name, str) else f"a {type(something).__name__} object"


def _locate(function: FunctionType) -> tuple[FunctionNode, tuple[str, ...]]:
    code, lines = function.__code__, _read(function)
    try:
        node = _trusted(function, lines)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise SourceError(
            function.__qualname__,
            f"{display_path(code.co_filename)} no longer compiles: {error}",
            "mend the file and import it again",
        ) from None
    if node is None:
        raise SourceError(
            function.__qualname__,
            f"the text of {display_path(code.co_filename)}, line {code.co_firstlineno}, "
            "does not compile to the code that runs",
            "if the file was edited after it was imported, import it again; "
            "if a decorator or an import hook replaced the code, do without it here",
        )
    return node, lines


def _trusted(function: FunctionType, lines: tuple[str, ...]) -> FunctionNode | None:
    """The node that compiles to the function's code, if the text has one."""
    tree = _parse(lines, function.__code__)
    equals = (equal for reading in _readings(function, tree, lines) for equal in reading)
    nodes = (_node(tree, equal) for equal in equals)
    return next((node for node in nodes if node is not None), None)


def _read(function: FunctionType) -> tuple[str, ...]:
    """The lines, as they are now, of the file that the function says it comes from."""
    file = function.__code__.co_filename
    if os.path.exists(file):  # else checkcache drops text registered under a made-up name
        linecache.checkcache(file)
    lines = linecache.getlines(file, function.__globals__)
    try:
        if not lines:  # inspect knows where the interpreter hides the text of `python -c`
            lines, _ = inspect.findsource(function)
    except (OSError, TypeError, IndexError):
        raise SourceError(
            function.__qualname__,
            f"nothing is known of the text of {display_path(file)}",
            "write the function in a file or a notebook cell; text given to exec can be "
            "registered first, under the name it is compiled with: "
            "linecache.cache[name] = len(text), None, text.splitlines(True), name",
        ) from None
    # Whoever registered the text may have split it at more than the compiler's line breaks.
    return tuple(io.StringIO("".join(lines), newline=None))


def _readings(
    function: FunctionType, tree: ast.Module, lines: tuple[str, ...]
) -> Iterator[list[CodeType]]:
    """What the text compiles to that equals the function's code.

    The most literal reading comes first, and later ones cost nothing unless asked for.
    """
    code, hook = function.__code__, _assertion_rewriting(function)
    near = _excerpt(tree, code.co_firstlineno)
    yield equals_within(_compile(near, code), code, moved=False)
    if hook is not None:
        rewritten = _compile(_rewritten(lines, code.co_filename, hook), code)
        yield equals_within(rewritten, code, moved=False)
    yield equals_within(_compile(tree, code), code, moved=True)
    if hook is not None:
        yield equals_within(rewritten, code, moved=True)


def _excerpt(tree: ast.Module, line: int) -> ast.Module:
    """The top-level statements around a line, which compile as they do in their file but faster.

    Imports come along, bare or in blocks, because calls of an imported module's functions compile
    differently. Should anything else in a file matter too, the whole of it is compiled in the end.
    """
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    simple = (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Assert, ast.Delete)
    return ast.Module(
        [
            node
            for node in tree.body
            if not isinstance(node, functions + simple)
            or first_line(node) <= line <= (node.end_lineno or 0)
        ],
        [],
    )


def _parse(lines: tuple[str, ...], code: CodeType) -> ast.Module:
    """The tree of a file, or of the fenced block around the function if it is Markdown."""
    flags = code.co_flags & FUTURES
    try:
        return _parse_lines(lines, code.co_filename, flags)
    except SyntaxError:
        block = _fenced(lines, code.co_firstlineno)
        if not block:
            raise
        return _parse_lines(block, code.co_filename, flags)


@functools.lru_cache(maxsize=16)
def _parse_lines(lines: tuple[str, ...], file: str, flags: int) -> ast.Module:
    tree = _compile_quietly("".join(lines), file, flags | ast.PyCF_ONLY_AST)
    assert isinstance(tree, ast.Module)
    return tree


def _fenced(lines: tuple[str, ...], line: int) -> tuple[str, ...]:
    """The lines, blank outside the fenced block around `line`; nothing if there is none.

    Whoever runs the examples in a document compiles them so that line numbers are right.
    """
    fences = [n for n, text in enumerate(lines, start=1) if text.startswith(("```", "~~~"))]
    above = max((n for n in fences if n < line), default=0)
    below = min((n for n in fences if n > line), default=0)
    if not (above and below):
        return ()
    return ("\n",) * above + lines[above : below - 1]


def _compile(tree: ast.Module, code: CodeType) -> CodeType:
    # A notebook cell may await at its top, which changes nothing inside its functions.
    flags = code.co_flags & FUTURES | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    compiled = _compile_quietly(tree, code.co_filename, flags)
    assert isinstance(compiled, CodeType)
    return compiled


def _compile_quietly(text: str | ast.Module, file: str, flags: int) -> object:
    """Compile without the warnings that the user saw when the module was imported."""
    with _compiling, warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        return compile(text, file, "exec", flags=flags, dont_inherit=True)


def _assertion_rewriting(function: FunctionType) -> Any:
    """pytest's import hook where it made the function's module, else None."""
    rewriter = sys.modules.get("_pytest.assertion.rewrite")
    loader = getattr(function.__globals__.get("__spec__"), "loader", None)
    if rewriter is None or not isinstance(loader, rewriter.AssertionRewritingHook):
        return None
    return loader


@functools.lru_cache(maxsize=4)
def _rewritten(lines: tuple[str, ...], file: str, hook: Any) -> ast.Module:
    """The tree that pytest compiles; not the shared one, since the rewriter changes its own."""
    tree = ast.parse("".join(lines), file)
    rewriter = sys.modules["_pytest.assertion.rewrite"]
    rewriter.rewrite_asserts(tree, "".join(lines).encode(), file, hook.config)
    return tree


def _node(tree: ast.Module, code: CodeType) -> FunctionNode | None:
    """The node that compiles to this code."""
    nodes = _nodes_at(tree, code.co_name, code.co_firstlineno)
    if len(nodes) < 2:
        return nodes[0] if nodes else None
    # Several lambdas begin on the line, and what they compile to needn't tell their columns. So
    # each in turn, the inner ones first, is moved far down, where it can't be mistaken for
    # another. (Two of the same code, compiled without columns, do the same: either will do.)
    line, copies = code.co_firstlineno, dict[int, ast.AST]()
    statements = copy.deepcopy(_excerpt(tree, line), copies)
    far = 1 + max(node.end_lineno or 0 for node in tree.body)
    for node in reversed(nodes):
        ast.increment_lineno(copies[id(node)], far)
        equals = equals_within(_compile(statements, code), code, moved=True)
        ast.increment_lineno(copies[id(node)], -far)
        if any(equal.co_firstlineno == line + far for equal in equals):
            return node
    return None


def _nodes_at(tree: ast.Module, name: str, line: int) -> list[FunctionNode]:
    """The functions of a name that begin on a line, outer ones before those inside."""
    found, pending = list[FunctionNode](), list[ast.AST]([tree])
    while pending:
        for child in ast.iter_child_nodes(pending.pop()):
            last_line = getattr(child, "end_lineno", None)
            if last_line is not None and not first_line(child) <= line <= last_line:
                continue
            pending.append(child)
            if (
                isinstance(child, FunctionNode)
                and first_line(child) == line
                and getattr(child, "name", "<lambda>") == name
            ):
                found.append(child)
    return found
