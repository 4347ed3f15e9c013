"""Random statements: branches, loops, helpers, and blocks of all statements."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import replace as changed

from .choices import pick, weighted
from .expressions import ASSIGNED_BOUND, LOOP_BOUND, Helper, Scope, Variable, tidy
from .simple import INDENT, Block, Context, SimpleStatements, Written, kind_of


def indented(lines: Sequence[str]) -> list[str]:
    return textwrap.indent("\n".join(lines), INDENT).split("\n")


class Statements(SimpleStatements):
    """Writes blocks of statements."""

    # Blocks

    def block(self, scope: Scope, context: Context, budget: int) -> Block:
        lines: list[str] = []
        while budget > 0:
            budget -= 1
            statement = weighted(self.choices, self._statements(scope, context))
            written, ends = statement(scope, context)
            lines += written
            if ends:
                return Block(lines, True)
        return Block(lines, False)

    def body(self, scope: Scope, context: Context, largest: int = 3) -> Block:
        """The indented block of a compound statement; at least one statement."""
        inner = changed(context, nesting=context.nesting + 1)
        budget = self.choices.integer(1, max(1, largest - context.nesting))
        block = self.block(scope, inner, budget)
        if not block.lines:
            return Block(["pass"], block.ends)
        return block

    def _statements(
        self, scope: Scope, context: Context
    ) -> list[tuple[int, Callable[[Scope, Context], Written]]]:
        reals = bool(scope.reals())
        shallow = context.nesting < 3
        existing = bool(self.assignable(scope, context, "float", "num"))
        table: list[tuple[int, Callable[[Scope, Context], Written]]] = [
            (22, self._assign),
            (16 if existing else 0, self._reassign),
            (18 if existing else 0, self._augment),
            (6 if existing else 0, self._augment_int),
            (5, self._unpack),
            (5 if existing else 0, self._swap),
            (4, self._assign_int),
            (3, self._assign_bool),
            (2, self._chain_assign),
            (3, self._sequence),
            (4, self._print),
            (3, self._assert),
            (1, self._pass),
            (16 if shallow else 0, self._if),
            (4 if shallow else 0, self._partly_bound),
            (16 if shallow and context.loops < 2 else 5 if shallow else 0, self._for),
            (8 if shallow and context.loops < 2 else 0, self._while),
            (3 if reals else 0, self._raise),
            (5 if reals and context.loops == 0 else 0, self._early_return),
            (4 if context.helper_depth < 2 else 0, self._lambda),
            (3 if context.helper_depth < 1 and context.nesting < 2 else 0, self._nested_def),
        ]
        return table

    # Branches

    def _if(self, scope: Scope, context: Context) -> Written:
        self.tag("if")
        style = weighted(self.choices, [(35, 0), (40, 1), (15, 2), (10, 3)])
        lines: list[str] = []
        arms: list[tuple[Scope, bool]] = []
        for arm in range(1 + max(style - 1, 0)):
            keyword = "if" if arm == 0 else "elif"
            if arm:
                self.tag("elif")
            inner = scope.copy()
            test = tidy(self.condition(scope, 2))
            block = self.body(inner, context)
            single = len(block.lines) == 1 and not block.lines[0].startswith(("#", "if", "for"))
            if single and ":" not in block.lines[0] and self.flag(10) and style == 0:
                lines.append(f"{keyword} {test}: {block.lines[0]}")
            else:
                lines += [f"{keyword} {test}:", *indented(_substantial(block.lines))]
            arms.append((inner, block.ends))
        if style == 0:
            arms.append((scope.copy(), False))
        else:
            self.tag("else")
            inner = scope.copy()
            block = self.body(inner, context)
            lines += ["else:", *indented(_substantial(block.lines))]
            arms.append((inner, block.ends))
        self._merge(scope, [arm for arm, ends in arms if not ends])
        if all(ends for _, ends in arms):
            return lines, True
        return lines, False

    def _merge(self, scope: Scope, arms: Sequence[Scope]) -> None:
        """After a branch: what every arm that goes on has bound."""
        if not arms:
            return
        names = set.intersection(*(set(arm.variables) for arm in arms))
        if any(set(arm.variables) != names for arm in arms):
            self.tag("bound in some branches")
        merged: dict[str, Variable] = {}
        # In the order of the arms' dictionaries, so that equal choices give equal programs.
        for name in arms[0].variables:
            if name not in names:
                continue
            found = [arm.variables[name] for arm in arms]
            kinds = {variable.kind for variable in found}
            bound = max(variable.bound for variable in found)
            length = min(variable.length for variable in found)
            if len(kinds) == 1:
                merged[name] = changed(found[0], bound=bound, length=length)
            elif kinds <= {"float", "int", "num"}:
                merged[name] = Variable("num", bound)
                self.tag("int to join floats")
        scope.variables = merged
        scope.updated |= {name for arm in arms for name in arm.updated} & set(merged)

    def _partly_bound(self, scope: Scope, context: Context) -> Written:
        """A name bound under a flag and read under the same flag; or bound anew before use."""
        flag_name = self.fresh(scope, context, "bool")
        test = tidy(self.condition(scope, 1))
        self.bind(scope, context, flag_name, "bool", 1.0)
        name = self.fresh(scope, context)
        value = self.fitted(scope, context, 2)
        lines = [f"{flag_name} = {test}", f"if {flag_name}:", f"{INDENT}{name} = {value.text}"]
        self.tag("bound in some branches")
        if self.flag(50):
            inner = scope.copy()
            inner.variables[name] = Variable(kind_of(value), value.bound)
            use = self.fitted(inner, context, 2)
            target = self.fresh(scope, context)
            while target == name:
                target += "_2"
            base = self.fitted(scope, context, 1)
            kind = "num" if base.whole or use.whole else "float"
            self.bind(scope, context, target, kind, max(base.bound, use.bound))
            lines += [f"{target} = {base.text}", f"if {flag_name}:"]
            lines += [f"{INDENT}{target} = {use.text}"]
            self.tag("bound and read under one flag")
        else:
            value = self.fitted(scope, context, 1)
            self.bind(scope, context, name, kind_of(value), value.bound)
            lines.append(f"{name} = {value.text}")
        return lines, False

    def _early_return(self, scope: Scope, context: Context) -> Written:
        lines: list[str] = []
        self.tag("early return")
        several = self.flag(25)
        if several:
            self.tag("early returns in sequence")
        for _ in range(2 if several else 1):
            test = tidy(self.condition(scope, 1))
            inner = scope.copy()
            block = Block([], False)
            if self.flag(40):
                block = self.body(inner, context, 2)
            ending = [] if block.ends else [f"return {self.returned(inner, context)}"]
            lines += [f"if {test}:", *indented(_substantial([*block.lines, *ending]))]
        return lines, False

    def returned(self, scope: Scope, context: Context) -> str:
        """What follows `return`."""
        if context.pair:
            parts = [self.real(scope, 2, LOOP_BOUND) for _ in range(2)]
            return ", ".join(tidy(part.text) for part in parts)
        if context.main and self.flag(9):
            # An int here is joined with floats elsewhere.
            text = pick(self.choices, ["0.0", "1.0", "0"])
            self.tag("constant returned")
            return text
        limit = 1e6 if context.main else LOOP_BOUND
        return tidy(self.real(scope, self.choices.integer(0, 3), limit).text)

    # Loops

    def _trips(self, scope: Scope, context: Context) -> tuple[str, float, bool]:
        """A range's text, a bound for its values, and whether it surely runs."""
        style = weighted(
            self.choices,
            [(30, "constant"), (20, "int"), (10, "two"), (10, "step"), (12, "down"), (9, "zero"),
             (6, "data")],
        )  # fmt: skip
        top = 3 if context.loops else 5
        match style:
            case "constant":
                count = self.choices.integer(1, top)
                return f"range({count})", float(count), True
            case "int":
                names = [n for n in scope.names("int") if scope.variables[n].bound <= 8]
                names = [n for n in names if n not in scope.updated and context.loops < 2]
                if names and self.flag(80):
                    name = pick(self.choices, names)
                    if self.flag(20):
                        return f"range({name} + 1)", 9.0, False
                    return f"range({name})", 8.0, False
                return f"range({tidy(self.small_int(scope, 3).text)})", 3.0, False
            case "two":
                start, count = self.choices.integer(0, 2), self.choices.integer(1, 3)
                self.tag("range with start")
                return f"range({start}, {start + count})", 5.0, True
            case "step":
                step, stop = self.choices.integer(2, 3), self.choices.integer(3, 8)
                self.tag("range with step")
                return f"range(1, {stop}, {step})", 8.0, True
            case "down":
                self.tag("range downwards")
                if self.flag(40):
                    bound = self.small_int(scope, 4)
                    return f"range({tidy(bound.text)}, 0, -1)", 4.0, False
                start, step = self.choices.integer(2, 5), -self.choices.integer(1, 2)
                stop = pick(self.choices, [0, -1, 1])
                return f"range({start}, {stop}, {step})", 5.0, True
            case "zero":
                self.tag("zero-trip loop")
                text = pick(
                    self.choices, ["range(0)", "range(3, 3)", "range(2, 5, -1)", "range(4, 1)"]
                )
                return text, 5.0, False
            case _:
                inner = self.real(scope, 1, ASSIGNED_BOUND)
                self.tag("range from a float")
                return f"range({tidy(f'int(abs({inner.text})) % 4')})", 4.0, False

    def _for(self, scope: Scope, context: Context) -> Written:
        sequences = scope.names("list", "tuple")
        style = weighted(
            self.choices,
            [(50, "range"), (14, "literal"), (30 if sequences else 0, "sequence"),
             (14 if sequences else 0, "enumerate"), (12, "zip")],
        )  # fmt: skip
        inner = scope.copy()
        inside = changed(context, loops=context.loops + 1)
        runs = False
        targets: list[tuple[str, str, float]] = []
        self.tag("for", "nested loop" if context.loops else "for")
        match style:
            case "range":
                header, bound, runs = self._trips(scope, context)
                unused = self.flag(15)
                name = "_" if unused and self.may_assign(scope, context, "_", "int") else ""
                name = name or self._target(scope, context, "int")
                targets = [(name, "int", bound)]
                text = name
                self.tag("for over range")
            case "literal":
                count = self.choices.integer(1, 4)
                items = [
                    self.fitted(scope, context, self.choices.integer(0, 1)) for _ in range(count)
                ]
                bound = max(item.bound for item in items)
                joined = ", ".join(item.text for item in items)
                header = f"[{joined}]" if self.flag(50) else f"({joined},)"
                text = self._target(scope, context, "num")
                targets = [(text, "num", bound)]
                runs = True
                self.tag("for over a literal")
            case "sequence":
                header = pick(self.choices, sequences)
                text = self._target(scope, context, "float")
                kind = "num" if scope.variables[header].whole else "float"
                targets = [(text, kind, scope.variables[header].bound)]
                runs = scope.variables[header].length > 0
                self.tag("for over a sequence")
            case "enumerate":
                sequence = pick(self.choices, sequences)
                index, item = (
                    self._target(scope, context, "int"),
                    self._target(scope, context, "float"),
                )
                start = pick(self.choices, ["", "", ", 1", ", start=1"])
                header, text = f"enumerate({sequence}{start})", f"{index}, {item}"
                targets = [(index, "int", 6.0), (item, "num", scope.variables[sequence].bound)]
                runs = scope.variables[sequence].length > 0
                self.tag("enumerate")
            case _:
                header, text, targets = self._zip(scope, context)
        for name, kind, bound in targets:
            inner.variables[name] = Variable(kind, bound)
            if not self.flag(12):
                inner.protected.add(name)
        # What the loop updates is larger from the second trip on, so reads allow for it.
        inner.updated |= set(self.assignable(scope, context, "float", "num"))
        block = self.body(inner, inside, 4)
        lines = [f"for {text} in {header}:", *indented(_substantial(block.lines))]
        self._leave(scope, inner, runs)
        return lines, False

    def _target(self, scope: Scope, context: Context, kind: str) -> str:
        existing = [
            name
            for name in scope.names("int" if kind == "int" else "num", "float")
            if name not in self.captured
            and name not in scope.protected
            and not scope.variables[name].is_global
            and (context.loops == 0 or kind != "int")
        ]
        if existing and self.flag(8) and kind != "int":
            self.tag("loop variable bound before")
            return pick(self.choices, existing)
        return self.fresh(scope, context, "int" if kind == "int" else "float")

    def _zip(self, scope: Scope, context: Context) -> tuple[str, str, list[tuple[str, str, float]]]:
        sides = []
        bound = 0.0
        lengths = []
        for _ in range(2):
            names = scope.names("list", "tuple")
            if names and self.flag(60):
                name = pick(self.choices, names)
                sides.append(name)
                bound = max(bound, scope.variables[name].bound)
                lengths.append(-1)
                continue
            count = self.choices.integer(1, 4)
            items = [self.fitted(scope, context, 0) for _ in range(count)]
            bound = max(bound, *(item.bound for item in items))
            joined = ", ".join(item.text for item in items)
            sides.append(f"[{joined}]" if self.flag(50) else f"({joined},)")
            lengths.append(count)
        self.tag("zip")
        if len(set(lengths)) > 1:
            self.tag("zip of unequal lengths")
        first, second = self._target(scope, context, "num"), self._target(scope, context, "num")
        while second == first:
            second += "_2"
        targets = [(first, "num", bound), (second, "num", bound)]
        zipped = f"zip({', '.join(sides)})"
        if not self.flag(35):
            return zipped, f"{first}, {second}", targets
        index = self._target(scope, context, "int")
        self.tag("enumerate of zip", "enumerate")
        return f"enumerate({zipped})", f"{index}, ({first}, {second})", [
            (index, "int", 6.0),
            *targets,
        ]  # fmt: skip

    def _leave(self, scope: Scope, inner: Scope, runs: bool) -> None:
        """After a loop: old variables as they were or as the body left them, new ones if it ran."""
        for name, variable in list(inner.variables.items()):
            old = scope.variables.get(name)
            if old is not None:
                kinds = {old.kind, variable.kind}
                kind = old.kind if len(kinds) == 1 else "num"
                if not kinds <= {"float", "int", "num"} and len(kinds) > 1:
                    del scope.variables[name]
                    continue
                grown = variable.bound > old.bound
                bound = max(LOOP_BOUND, variable.bound) if grown else old.bound
                scope.variables[name] = changed(variable, kind=kind, bound=bound)
            elif runs:
                scope.variables[name] = changed(
                    variable, bound=max(variable.bound, 1.0), sure=False
                )

    def _while(self, scope: Scope, context: Context) -> Written:
        self.tag("while", "nested loop" if context.loops else "while")
        inside = changed(context, loops=context.loops + 1)
        style = weighted(self.choices, [(55, "up"), (20, "down"), (25, "float")])
        kind = "float" if style == "float" else "int"
        counter = self.fresh(scope, context, kind)
        top = self.choices.integer(1, 3 if context.loops else 6)
        match style:
            case "up":
                start, test, step = f"{counter} = 0", f"{counter} < {top}", f"{counter} += 1"
            case "down":
                start, test, step = f"{counter} = {top}", f"{counter} > 0", f"{counter} -= 1"
                if self.flag(20):
                    test = counter
            case _:
                start, test = f"{counter} = 0.0", f"{counter} < {top * 0.35:.2f}"
                step = f"{counter} += {pick(self.choices, ['0.3', '0.25', '0.5'])}"
        extended = scope.copy()
        extended.variables[counter] = Variable(kind, float(top + 1))
        extended.protected.add(counter)
        extended.updated |= set(self.assignable(scope, context, "float", "num"))
        if self.flag(60) and scope.reals():
            extra = f"({self.condition(extended, 1)})"
            test = f"{test} and {extra}" if self.flag(70) else f"{extra} and {test}"
            self.tag("while on data")
        block = self.body(extended, inside, 3)
        body = list(block.lines)
        if self.flag(20):
            body.insert(0, step)
        else:
            body.append(step)
        lines = [start, f"while {tidy(test)}:", *indented(body)]
        self.bind(scope, context, counter, kind, float(top + 1))
        self._leave(scope, extended, False)
        return lines, False

    # Helpers

    def _lambda(self, scope: Scope, context: Context) -> Written:
        if not self.helper_names:
            return self._assign(scope, context)
        name = self.helper_names.pop(0)
        parameters = self._parameters(scope, self.choices.integer(1, 2))
        inner = self._captured_scope(scope, parameters)
        body = self.real(inner, 2, LOOP_BOUND)
        kinds = ("float",) * len(parameters)
        scope.helpers[name] = Helper(name, parameters, 0, body.bound, tag="lambda", kinds=kinds)
        self.tag("lambda")
        self._capture(scope, body.text, parameters)
        text = tidy(f"lambda {', '.join(parameters)}: {body.text}")
        return [f"{name} = {text}"], False

    def _nested_def(self, scope: Scope, context: Context) -> Written:
        if not self.helper_names:
            return self._assign(scope, context)
        self.tag("nested def")
        lines, helper = self.function(scope, context, "nested def")
        scope.helpers[helper.name] = helper
        return lines, False

    def _parameters(self, scope: Scope, count: int) -> tuple[str, ...]:
        pool = ["t", "u", "v", "a", "b", "z", "x_bar", "s_bar", "q", "r", "w"]
        shadowable = [name for name in scope.reals() if not scope.variables[name].is_global]
        names: list[str] = []
        for _ in range(count):
            free = [name for name in pool if name not in names and name not in scope.helpers]
            if shadowable and self.flag(20):
                name = pick(self.choices, shadowable)
                if name not in names:
                    names.append(name)
                    self.tag("shadowed name")
                    continue
            unshadowed = [name for name in free if name not in scope.variables] or free
            names.append(pick(self.choices, unshadowed))
        return tuple(names)

    def _captured_scope(
        self, scope: Scope, parameters: Sequence[str], kinds: Sequence[str] = ()
    ) -> Scope:
        """What the body of a function defined here may read: its parameters, outer floats."""
        visible = {
            name: variable
            for name, variable in scope.variables.items()
            if (variable.is_real and (variable.sure or self.flag(5))) or variable.is_global
        }
        visible = {name: changed(v, kind="num") if v.is_real else v for name, v in visible.items()}
        taken = set(visible) | set(scope.helpers) | set(scope.taken)
        kinds = kinds or ("float",) * len(parameters)
        for parameter, kind in zip(parameters, kinds, strict=True):
            visible.pop(parameter, None)
            taken.discard(parameter)
            bound = 4.0 if kind == "int" else ASSIGNED_BOUND
            visible[parameter] = Variable("int" if kind == "int" else "num", bound)
        helpers = {n: h for n, h in scope.helpers.items() if n not in parameters}
        return Scope(visible, helpers, set(), set(scope.updated) - set(parameters), taken)

    def _capture(self, scope: Scope, text: str, parameters: Sequence[str]) -> None:
        words = set(_words(text)) - set(parameters)
        for name, variable in scope.variables.items():
            if variable.is_real and not variable.is_global and name in words:
                self.captured.add(name)
                self.tag("closure over a local")

    def function(
        self, scope: Scope, context: Context, tag: str, pair: bool | None = None
    ) -> tuple[list[str], Helper]:
        """A helper's definition; its body may branch, loop and return early."""
        name = self.helper_names.pop(0)
        pair = self.flag(22) if pair is None else pair
        count = self.choices.integer(1, 3)
        parameters = self._parameters(scope, count)
        defaults = self.choices.integer(0, count - 1) if self.flag(40) else 0
        kinds = ["float"] * count
        if count > 1 and not defaults and self.flag(25):
            kinds[-1] = "int"
        inner = self._captured_scope(scope, parameters, kinds)
        inside = Context(
            loops=0, nesting=1, pair=pair, main=False, helper_depth=context.helper_depth + 1
        )
        captured, self.captured = self.captured, set()
        outer_locals = set(inner.variables) - set(parameters)
        # Names of the outer function are read only: assigning them here would make them local.
        inner.protected |= outer_locals
        block = self.block(inner, inside, self.choices.integer(0, 3))
        self.captured = captured
        lines = list(block.lines)
        if not block.ends:
            lines.append(f"return {self.returned(inner, inside)}")
        header = []
        for position, parameter in enumerate(parameters):
            if position >= count - defaults:
                default = pick(self.choices, ["0.5", "1.0", "2", "-0.25"])
                header.append(f"{parameter}={default}")
                self.tag("default of a helper")
            else:
                header.append(parameter)
        if pair:
            self.tag("helper returning a tuple")
        if any(line.lstrip().startswith("return") for line in lines[:-1]):
            self.tag("early return in a helper")
        if any(line.lstrip().startswith(("for ", "while ")) for line in lines):
            self.tag("loop in a helper")
        definition = [f"def {name}({', '.join(header)}):", *indented(_substantial(lines))]
        self._capture(scope, "\n".join(lines), parameters)
        helper = Helper(
            name, parameters, defaults, LOOP_BOUND, pair=pair, tag=tag, kinds=tuple(kinds)
        )
        return definition, helper


def _substantial(lines: list[str]) -> list[str]:
    """A block can't consist of comments alone."""
    if all(line.lstrip().startswith("#") for line in lines):
        return [*lines, "pass"]
    return lines


def _words(text: str) -> list[str]:
    return "".join(c if c.isalnum() or c == "_" else " " for c in text).split()
