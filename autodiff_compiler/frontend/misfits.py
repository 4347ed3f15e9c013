"""What is said of operands that don't fit an operation, in the words of users.

An operation's record says what it expected in terms of types. Here that becomes what a report says,
and what to do about it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from autodiff_compiler.frontend.values import describe, instead_of
from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import KIND_OF_DTYPE
from autodiff_compiler.ir.values import Operand

_DTYPES = "|".join(KIND_OF_DTYPE)
_ARRAY = re.compile(rf"\b({_DTYPES})\[([^\]]*)\]")
# "said: use this instead", and "write this: reason"
_ADVICE = re.compile(
    r"(?P<said>.*?)(?:; |: )(?P<hint>(?:use|write|pass|name|leave|reshape|call|stack|ravel) .*)"
)
_WRITE = re.compile(r"(?P<hint>(?:write|leave|for) [^:]*)(?:: | where )(?P<said>.*)")

DTYPES = "use float64 or float32"
# What errors say, and what helps.
HINTS: tuple[tuple[str, str], ...] = (
    (r"axis .* out of bounds.* (\d+)$", "{0}"),
    (r"index .* out of bounds", "it counts from 0, or from the end with -1"),
    (r"inner dimensions", "look at both shapes: one may have to be transposed, by .T"),
    (r"could not be broadcast", "make the sizes equal or 1, counted from the last dimension"),
    (r"broadcast|fit together", "make the sizes equal or 1, counted from the last dimension"),
    (r"too many indices", "give one index for each dimension, or use None to add one"),
    (r"an array without dimensions", "it holds one number: use it as it is"),
    (r"should be the same", "give them one shape, or cut the longer ones"),
    (r"expected an int as axis", "write the axis as an int, or as a tuple of ints"),
    (r"expected a matrix", "give it two dimensions, with reshape or [:, None]"),
    (r"square", "look at its shape; np.linalg.lstsq takes others"),
)
BITS = {
    "&": "put comparisons in parentheses: (a > 0) & (b > 0)",
    "|": "put comparisons in parentheses: (a > 0) | (b > 0)",
    "^": "for a power, write **",
    "~": "to negate a number, write -; of a condition, put it in parentheses: ~(a > 0)",
}
WHERE = "write np.where(condition, a, b); to pick elements, index with the mask itself"


def misfit(operands: Sequence[Operand], error: OperandError, label: str) -> tuple[str, str]:
    """What doesn't fit an operation, and what to do about it."""
    said, hint = _separated(_without_prefix(str(error), label))
    if (found := re.match(r"cannot take [^:]*: (.*)", said)) is not None:
        return _refused_by_numpy(operands, found[1], label)
    if (found := re.match(r"gives (\w+)\b.*, which has no type here", said)) is not None:
        return f"numbers and arrays of {found[1]} are not supported", DTYPES
    expected, _, got = said.partition(", got ")
    for operand in operands:
        if str(operand.type) == got:
            said = f"{expected}, got {describe(operand)}"
            if not hint:
                whole = expected.startswith("expected an int")
                hint = "int(...) makes one of a float" if whole else instead_of(operand)
    said = _in_words(said.replace("operand", "argument"))
    return said, hint or _hint_for(said, label)


def _without_prefix(text: str, label: str) -> str:
    """The text without the name of the function that begins it, which the label tells."""
    name, colon, rest = text.partition(": ")
    is_name = name.isidentifier() and (not label.startswith("call of ") or label.endswith(name))
    return rest if colon and is_name else text


def _separated(text: str) -> tuple[str, str]:
    for pattern in (_WRITE, _ADVICE):
        found = pattern.fullmatch(text)
        if found is not None:
            return found["said"], found["hint"]
    return text, ""


def _in_words(text: str) -> str:
    def array(found: re.Match[str]) -> str:
        rank = found[2].count(",") + 1 if found[2] else 0
        return f"an array of {found[1]} with {rank} dimensions"

    return re.sub(r"\b1 dimensions", "1 dimension", _ARRAY.sub(array, text))


def _refused_by_numpy(operands: Sequence[Operand], why: str, label: str) -> tuple[str, str]:
    """What NumPy has no loop for."""
    got = " and ".join(dict.fromkeys(map(describe, operands)))
    if re.search(r"'(bitwise_\w+|invert|\w+_shift)' not supported", why):
        advice = BITS.get(label, "use ints or bools")
        return f"only ints and bools have bits, got {got}", advice
    if "boolean subtract" in why:
        return "bools are not subtracted", "write !=, or convert with .astype(float) before"
    if "boolean negative" in why:
        return "a bool has no negative", "write ~ to negate a condition"
    return f"it can't take {got}", "convert with .astype(float) before"


def _hint_for(said: str, label: str) -> str:
    if label.endswith(".where") and said.startswith("expected"):
        return WHERE
    for pattern, hint in HINTS:
        found = re.search(pattern, said)
        if found is not None:
            return hint.format(*map(_axes, found.groups()))
    name = label.removeprefix("call of ")
    if name == label:
        return "look at the shapes and types of both sides"
    module, dot, last = name.rpartition(".")
    known = not dot or module.split(".")[0] in ("np", "numpy", "math", "scipy")
    return f"see help({name if known else f'np.ndarray.{last}'}) for what it takes"


def _axes(rank: str) -> str:
    last = int(rank) - 1
    if last < 0:
        return "an array without dimensions has no axes"
    return f"its axes are 0 to {last}" if last else "its only axis is 0"
