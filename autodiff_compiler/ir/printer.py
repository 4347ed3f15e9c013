"""The IR as text: stable, typed, complete. Golden tests compare it."""

from __future__ import annotations

from collections.abc import Iterable

from autodiff_compiler.ir.types import UNBOUND
from autodiff_compiler.ir.values import (
    Block,
    Call,
    Const,
    Function,
    If,
    Loop,
    Node,
    Op,
    Operand,
    Origin,
    Value,
)
from autodiff_compiler.ir.walk import callees


def print_function(function: Function) -> str:
    """The function as text, preceded by the functions it calls."""
    texts = [_Printer().function(each) for each in (*callees(function), function)]
    return "\n\n".join(texts) + "\n"


class _Printer:
    """Prints one function; holds the names given so far."""

    def __init__(self) -> None:
        self.names: dict[Value, str] = {}
        self.taken: set[str] = set()
        self.lines: list[tuple[str, str]] = []
        self.line = 0

    def function(self, function: Function) -> str:
        params = ", ".join(map(self.define, function.params))
        yields = function.body.yields
        result = f" -> {yields[0].type}" if yields else ""
        late = f"  late {function.late}" if function.late else ""
        comment = ""
        if function.origin.span is not None:
            span = function.origin.span
            comment = f"{span.file.rsplit('/', 1)[-1]}:{span.line}"
            self.line = span.line
        self.put(f"func @{function.name}({params}){result}{late} {{", comment)
        self.block(function.body, "  ", "return")
        self.put("}", "")
        width = min(max((len(text) for text, note in self.lines if note), default=0), 72)
        return "\n".join(
            f"{text.ljust(width)}  // {note}" if note else text for text, note in self.lines
        )

    def put(self, text: str, comment: str) -> None:
        self.lines.append((text, comment))

    def where(self, origin: Origin) -> str:
        """The line of a node, where it differs from the line printed last."""
        if origin.span is None or origin.span.line == self.line:
            return ""
        self.line = origin.span.line
        return f":{self.line}"

    def name(self, value: Value) -> str:
        if value not in self.names:
            stem = value.name or "t"
            name, count = stem, 1
            while name in self.taken:
                count += 1
                name = f"{stem}_{count}"
            self.taken.add(name)
            self.names[value] = name
        return "%" + self.names[value]

    def define(self, value: Value) -> str:
        return f"{self.name(value)}: {value.type}"

    def read(self, operand: Operand) -> str:
        match operand:
            case Value():
                return self.name(operand)
            case Const(value=None):
                return "unbound" if operand.type == UNBOUND else "None"
            case Const():
                return operand.name or repr(operand.value)

    def reads(self, operands: Iterable[Operand]) -> str:
        return ", ".join(map(self.read, operands))

    def block(self, block: Block, indent: str, word: str = "yield") -> None:
        for node in block.nodes:
            self.node(node, indent)
        if block.yields is None:
            self.put(f"{indent}unreachable", "")
        elif block.yields or word == "return":
            self.put(f"{indent}{word} {self.reads(block.yields)}".rstrip(), "")

    def node(self, node: Node, indent: str) -> None:
        where = self.where(node.origin)
        match node:
            case Op():
                attributes = "".join(
                    f" {key}={value!r}" for key, value in sorted(node.attributes.items())
                )
                operands = self.reads(node.operands)
                text = f"{node.operation.name} {operands}".rstrip() + attributes
                self.put(f"{indent}{self.define(node.result)} = {text}", where)
            case Call():
                call = f"call @{node.callee.name}({self.reads(node.operands)})"
                self.put(f"{indent}{self.define(node.result)} = {call}", where)
            case If():
                head = f"if {self.read(node.condition)} {{"
                self.put(f"{indent}{self.results(node.results)}{head}", where)
                self.block(node.then, indent + "  ")
                self.put(f"{indent}}} else {{", "")
                self.block(node.orelse, indent + "  ")
                self.put(f"{indent}}}", "")
            case Loop():
                self.loop(node, indent, where)

    def results(self, results: tuple[Value, ...]) -> str:
        return f"{', '.join(map(self.define, results))} = " if results else ""

    def loop(self, node: Loop, indent: str, where: str) -> None:
        parts = []
        if node.space is not None:
            bounds = self.reads((node.space.start, node.space.stop, node.space.step))
            index = self.define(node.index) + " in " if node.index is not None else ""
            parts.append(f"{index}range({bounds})")
        if node.consumed:
            pairs = zip(node.elements, node.consumed, strict=True)
            inside = ", ".join(f"{self.define(e)} in {self.read(s)}" for e, s in pairs)
            parts.append(f"consume ({inside})")
        if node.args:
            pairs = zip(node.args, node.inits, strict=True)
            inside = ", ".join(f"{self.define(a)} = {self.read(i)}" for a, i in pairs)
            parts.append(f"carry ({inside})")
        results = node.finals + node.sequences
        if node.trips is not None:
            results += (node.trips,)
            parts.append("count")
        head = " ".join(["loop", *(["backwards"] if node.backwards else []), *parts])
        self.put(f"{indent}{self.results(results)}{head} {{", where)
        if node.test is not None:
            self.put(f"{indent}  test {{", "")
            self.block(node.test, indent + "    ")
            self.put(f"{indent}  }}", "")
        inner = indent + "  "
        for inside_node in node.body:
            self.node(inside_node, inner)
        words = []
        if node.nexts:
            words.append(f"next {self.reads(node.nexts)}")
        if node.collects:
            words.append(f"collect {self.reads(node.collects)}")
        if words:
            self.put(inner + "; ".join(words), "")
        self.put(f"{indent}}}", "")
