"""What to say of a call of something that is neither the user's own nor supported."""

from __future__ import annotations

import ast
import functools
import math
import sys
from collections.abc import Iterable
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType

import numpy as np

from autodiff_compiler.frontend import hints
from autodiff_compiler.frontend.values import Meaning, Structure, describe_object
from autodiff_compiler.ir.types import ArrayType
from autodiff_compiler.ir.values import Const, Value

_COMPILED = type(np.random.default_rng)  # functions that Cython makes
OURS = __name__.partition(".")[0]
OUTSIDE = "call it outside, and pass its result as an argument"
FORMULA = "write its formula out, with operators and functions of math"
BY_NAME = "looking things up by name is not supported"
FUNCTION = "this function is not supported"
TEXT = "making text of numbers is not supported"

# What people reach for, and what serves instead; {0} and {1} are the arguments.
INSTEAD: dict[object, tuple[str, str]] = {
    eval: ("running text as code is not supported", "write the code itself"),
    exec: ("running text as code is not supported", "write the code itself"),
    getattr: (BY_NAME, "write the attribute out, as in math.sin"),
    hasattr: (BY_NAME, "decide before the call, and pass what was found"),
    setattr: ("changing an object is not supported", "use a variable"),
    globals: (BY_NAME, "write the name itself"),
    locals: (BY_NAME, "write the name itself"),
    vars: (BY_NAME, "write the attribute out"),
    sorted: ("sorting is not supported", "of two numbers, min and max give the order"),
    map: (FUNCTION, "use a for loop: for each in {1}: ... {0}(each)"),
    filter: (FUNCTION, "use a for loop: for each in {1}: if {0}(each): ..."),
    any: (FUNCTION, "join the conditions by or"),
    all: (FUNCTION, "join the conditions by and"),
    iter: (FUNCTION, "use a for loop"),
    next: (FUNCTION, "use a for loop"),
    divmod: (FUNCTION, "use // and %"),
    hash: ("a hash has no derivative", "leave it out"),
    id: ("an identity has no derivative", "leave it out"),
    str: (TEXT, 'show the number in an f-string: f"{{{0}}}"'),
    repr: (TEXT, 'show the number in an f-string: f"{{{0}!r}}"'),
    format: (TEXT, 'show the number in an f-string: f"{{{0}:.3f}}"'),
    input: ("reading input is not supported", "read it outside, and pass it as an argument"),
    open: ("reading files is not supported", "read them outside, and pass what is in them"),
    type: ("asking for a type is not supported", "write isinstance({0}, float)"),
    complex: ("complex numbers are not supported", "keep real and imaginary part in two floats"),
    dict: ("making one by a call is not supported", 'write {{"a": ..., "b": ...}}'),
    set: ("sets are not supported", "use a tuple"),
    frozenset: ("sets are not supported", "use a tuple"),
    super: (FUNCTION, "call the method of the class by its full name"),
    math.fsum: (FUNCTION, "write sum({0})"),
    math.prod: (FUNCTION, "multiply in a loop: for each in {0}: product *= each"),
    math.dist: (FUNCTION, "take math.sqrt of the sum of squares"),
    math.modf: (FUNCTION, "write {0} - math.trunc({0}) and math.trunc({0})"),
    math.frexp: (FUNCTION, "the exponent is math.floor(math.log2(abs({0}))) + 1"),
}
# Python's functions of things to loop over, for arrays.
OF_ARRAYS = {
    id(function): name
    for function, name in (
        (sorted, "np.sort"),
        (any, "np.any"),
        (all, "np.all"),
        (math.fsum, "np.sum"),
        (math.prod, "np.prod"),
    )
}
NOT_FOR_ARRAYS = "this function is not supported for arrays"
NUMPY = "this function of NumPy is not supported"
OTHERS = "write it with functions that are, or call it outside and pass its result as an argument"
OF_NUMPY: dict[str, str] = {
    "delete": "join what remains, with np.concatenate and slices",
    "insert": "join the parts, with np.concatenate and slices",
    "copyto": "write {0}[...] = ...",
    "put": "write {0}[i] = ..., in a loop",
    "place": "write {0}[mask] = ...",
    "putmask": "write {0}[mask] = ...",
    "fill_diagonal": "write {0}[k, k] = ..., in a loop",
    "nonzero": "use a mask, as in x[x > 0]",
    "flatnonzero": "use a mask, as in x[x > 0]",
    "argwhere": "use a mask, as in x[x > 0]",
    "vectorize": "use functions that take arrays, such as np.sin, or a loop",
    "frompyfunc": "use functions that take arrays, such as np.sin, or a loop",
    "apply_along_axis": "use the function's own axis=, or a loop over the rows",
    "matrix": "write np.array({0}), and @ for products",
    "asmatrix": "write np.asarray({0}), and @ for products",
}
BY_ID = {id(function): said for function, said in INSTEAD.items()}


def is_library(function: object) -> bool:
    """Whether it comes with Python, NumPy or this package."""
    return is_of_library(module_of(function))


def is_of_library(module: str) -> bool:
    package = module.partition(".")[0]
    return package in sys.stdlib_module_names or package in ("numpy", OURS)


def module_of(function: object) -> str:
    """Where something that can be called comes from."""
    owner = getattr(function, "__self__", None)
    if isinstance(function, MethodType | BuiltinFunctionType):
        if owner is not None and not isinstance(owner, ModuleType):
            function = owner if isinstance(owner, type) else type(owner)
    elif not isinstance(function, FunctionType | type | np.ufunc | _COMPILED):
        function = type(function)
    module = getattr(function, "__module__", None)
    if isinstance(function, np.ufunc):
        special = sys.modules.get("scipy.special")
        return "scipy.special" if hasattr(special, function.__name__) else "numpy"
    return module if isinstance(module, str) else ""


def _is_array(meaning: Meaning) -> bool:
    return isinstance(meaning, Value | Const) and isinstance(meaning.type, ArrayType)


def refused(function: object, node: ast.Call, arguments: Iterable[Meaning]) -> tuple[str, str]:
    """Why it isn't supported, and what to do about it."""
    if id(function) in OF_ARRAYS and any(map(_is_array, arguments)):
        first = hints.shown(node.args[0]) if node.args else "..."
        return NOT_FOR_ARRAYS, f"write {OF_ARRAYS[id(function)]}({first})"
    if id(function) in BY_ID:
        said, hint = BY_ID[id(function)]
        return said, hint.format(*map(hints.shown, node.args), "...", "...")
    module = module_of(function)
    package = module.partition(".")[0]
    if package == OURS:
        return (
            "taking a derivative inside a differentiated function is not supported yet",
            "write that derivative out as a formula",
        )
    if package in ("random", "secrets") or module.startswith("numpy.random"):
        return "random numbers are not supported", "draw them outside, and pass them as arguments"
    if package == "numpy":
        name = getattr(function, "__name__", "")
        first = hints.shown(node.args[0]) if node.args else "a"
        return NUMPY, OF_NUMPY.get(name, OTHERS).format(first)
    if package == "scipy":
        return "this function of SciPy is not supported", FORMULA
    if isinstance(function, type):
        if issubclass(function, BaseException):
            return "exceptions can only be raised", f"write raise {hints.shown(node)}"
        return "making an object is not supported", "use variables, or a tuple"
    if isinstance(function, functools.partial):
        return "functools.partial is not supported", "write the call out in a function of its own"
    if hasattr(function, "__wrapped__"):
        return (
            "calling a function through a wrapper is not supported",
            "take off what is wrapped around it, such as a decorator",
        )
    hint = FORMULA if any(isinstance(each, Value | Structure) for each in arguments) else OUTSIDE
    if package == "math":
        return FUNCTION, FORMULA
    if is_library(function):
        return "only math, NumPy and Python's own functions of numbers are supported", hint
    hint = "make a function of its __call__, and pass what the object holds as arguments"
    return f"calling {describe_object(function)} is not supported", hint
